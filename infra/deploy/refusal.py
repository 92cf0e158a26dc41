"""What az writes when Azure refuses, read into codes and sentences.

az has five ways of saying it (seen in azure-cli 2.91): the service's JSON, also followed by `Inner Errors:` and more
JSON; `Code - sentence`, one line each, for a template that failed its preflight; `(Code) sentence`, with further ones
below `Exception Details:`; the reason of the HTTP answer with its body in brackets, from `az rest`; and, when ARM
refuses a deployment at once, a traceback of its own, in the midst of which the third form stands. ARM itself wraps:
`DeploymentFailed` and its kin hold what happened in `details`, or as JSON inside `message`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """One reason. `code` is '' where only a sentence is known; `target` is a resource's id or name, or ''."""

    code: str
    message: str
    target: str = ""


_DASHED = re.compile(r"^(?:ERROR: )?(\w+) - (.+)$", re.MULTILINE)
_BEFORE = r"(?:ERROR: |[\w.]+Error: |Exception Details:|\s)*"
_BRACKETED = re.compile(rf"^{_BEFORE}\((\w+)\) (.+)$", re.MULTILINE)
_BICEP = re.compile(
    r"^.*?([\w.-]+\.bicep(?:param)?)\((\d+),\d+\) : Error (\w+): (.+?)(?: \[https:.*\])?$", re.MULTILINE
)
_LOGIN = re.compile(r"(AADSTS\d+)[^\n]*|az login|az logout")
_TRACEBACK = "The command failed with an unexpected error."
#: Codes that only wrap others.
_WRAPS = {"DeploymentFailed", "InvalidTemplateDeployment", "ResourceDeploymentFailure", "MultipleErrorsOccurred"}


def read(text: str) -> list[Refusal]:
    """Read every reason, the wrapping left out, each once. Never empty: the worst case is the text's last line."""
    found = [*_json(text)] or [*_lines(text)]
    if not found and _LOGIN.search(text):
        found = [Refusal("LoginRequired", _first(text))]
    inner = [refusal for refusal in found if refusal.code not in _WRAPS]
    return list(dict.fromkeys(inner or found)) or [Refusal("", _first(text))]


def _lines(text: str) -> Iterator[Refusal]:
    for file, line, code, message in _BICEP.findall(text):
        yield Refusal(code, f"{message} ({file}, line {line})")
    for code, message in (*_DASHED.findall(text), *_BRACKETED.findall(text)):
        yield Refusal(code, message.strip())


def _json(text: str) -> Iterator[Refusal]:
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            at += 1
            continue
        yield from _leaves(value)
        at = end


def _leaves(value: Any) -> Iterator[Refusal]:  # noqa: ANN401  it is any JSON
    """Walk to the errors that hold no others."""
    if not isinstance(value, dict):
        return
    error = value.get("error", value)
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        return
    code, message, target = error["code"], str(error.get("message") or ""), str(error.get("target") or "")
    inner = [leaf for detail in error.get("details") or () for leaf in _leaves(detail)] or [*_json(message)]
    yield from inner or [Refusal(code, " ".join(message.split()), target)]


def _first(text: str) -> str:
    """The first line that says something."""
    lines = (line.removeprefix("ERROR: ").strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith(_TRACEBACK)), "It ended without a word.")
