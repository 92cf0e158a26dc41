"""The shapes, headers and refusals that every resource provider shares (ARM: Azure Resource Manager)."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

type Json = dict[str, Any]

PROVIDER = "Microsoft.ContainerInstance"

API_VERSIONS = (
    "2018-02-01-preview",
    "2018-04-01",
    "2018-06-01",
    "2018-09-01",
    "2018-10-01",
    "2019-12-01",
    "2020-11-01",
    "2021-03-01",
    "2021-07-01",
    "2021-09-01",
    "2021-10-01",
    "2022-09-01",
    "2022-10-01-preview",
    "2023-05-01",
    "2024-05-01-preview",
    "2024-09-01-preview",
    "2024-10-01-preview",
    "2024-11-01-preview",
    "2025-09-01",
    "2026-05-01",
)

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a request's body; Azure Resource Manager takes 4 MB."""

SENTENCE_LIMIT = 1_500
"""Characters of a refusal's sentence: what a client sent is repeated in it, but not without end."""

DIGITS = 1_000
"""Digits of a whole number; Python reads few more."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class ArmError(Exception):
    """A refusal in ARM's shape: an HTTP status, a code for programs and a sentence for people."""

    def __init__(
        self, status: int, code: str, message: str, *, gateway: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        cut = message if len(message) <= SENTENCE_LIMIT else f"{message[:SENTENCE_LIMIT]}..."
        super().__init__(f"{code}: {cut}")
        self.status = status
        self.code = code
        self.message = cut
        self._headers = {"x-ms-failure-cause": "gateway"} if gateway else {}
        self._headers |= headers or {}

    def body(self) -> Json:
        """Return the body of the answer."""
        return {"error": {"code": self.code, "message": self.message}}

    def headers(self) -> dict[str, str]:
        """Return the headers of this refusal: `x-ms-failure-cause: gateway` when the provider was never asked."""
        return self._headers


@dataclass(frozen=True)
class Answer:
    """A response before it becomes HTTP; `body` None means that there is none.

    `effect`: what the request changed, in one word for the journal; empty when it changed nothing.
    """

    status: int
    body: Json | list[Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    effect: str = ""


def check_version(version: str | None, kind: str) -> None:
    """Refuse a request without `api-version`, or with one that the resource type `kind` does not know."""
    if not version:
        sentence = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", sentence, gateway=True)
    if version.lower() not in API_VERSIONS:
        sentence = (
            f"No registered resource provider found for API version '{version}' for type '{kind}'. "
            f"The supported api-versions are '{', '.join(API_VERSIONS)}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", sentence, gateway=True)


def read_json(text: bytes) -> Json:
    """Return the JSON object in `text`, or refuse it as InvalidRequestContent."""
    value = read_value(text)
    if not isinstance(value, dict):
        raise undeserialisable(f"a JSON object is expected, not {_kind(value)}")
    return value


def read_value(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value in `text`, or refuse it as InvalidRequestContent.

    Refused too is what JSON can say but no answer could repeat: numbers without end and halves of characters.
    """
    try:
        value = json.loads(text.decode(), parse_constant=_no_number, parse_float=_finite, parse_int=_short)
        json.dumps(value)
    except UnicodeDecodeError as fault:
        raise undeserialisable(f"the body is not UTF-8 from byte {fault.start} on") from None
    except RecursionError:
        raise undeserialisable("objects and arrays are nested too deep") from None
    except ValueError as fault:
        raise undeserialisable(str(fault)) from None
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise undeserialisable("a string holds half of a surrogate pair")
    return value


def undeserialisable(reason: str) -> ArmError:
    """Return the refusal of a body that is not what the operation takes."""
    sentence = f"The request content was invalid and could not be deserialized: '{reason}'."
    return ArmError(400, "InvalidRequestContent", sentence)


def not_found(kind: str, resource_group: str, name: str) -> ArmError:
    """Return ARM's 404 for the resource `name` of type `kind`."""
    sentence = (
        f"The Resource '{PROVIDER}/{kind}/{name}' under resource group '{resource_group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return ArmError(404, "ResourceNotFound", sentence)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _short(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"the number {text[:40]} has too many digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
