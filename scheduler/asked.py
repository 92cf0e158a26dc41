"""What a run asks of ACI, as people may see it: the whole body of its PUT, without any secret's value. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from scheduler.arm import SECRETS, is_reference, secret_texts
from scheduler.identity import tags
from scheduler.job import Job
from scheduler.mask import STARS, Mask
from scheduler.run import Run
from scheduler.settings import Settings
from scheduler.spec import CONTAINER, body, told

#: Objects of ARM's that it never shows again, whatever stands in them.
_HIDDEN = ("protectedSettings",)
#: The longest body that is kept with a run, in characters; a longer one is told from the job row as it is now.
MOST_KEPT = 8_000


def asked(job: Job, run: Run, settings: Settings) -> Mapping[str, Any]:
    """Write the body as it is sent for a run: references to Key Vault as they were typed, other secrets as stars."""
    whole = dict(body(job, None, settings, location=run.location, commit=run.commit))
    whole["tags"] = tags(settings.installation, run.job, run.due, run.attempt)
    properties = whole["properties"]
    ours = [{"name": name, "value": value} for name, value in told(run).items()]
    containers = [_told(one, ours) if one["name"] == CONTAINER else one for one in properties["containers"]]
    whole = {**whole, "properties": {**properties, "containers": containers}}
    typed = [text for text in secret_texts(whole) if not is_reference(text)]
    shown: Mapping[str, Any] = _masked(whole)
    # Scenario: somebody typed a password where one belongs, and once more into the command that uses it.
    return json.loads(Mask(typed)(json.dumps(shown))) if typed else shown


def kept(job: Job, run: Run, settings: Settings) -> str:
    """Write the body for the run's row; '' when it is too long for that."""
    text = json.dumps(asked(job, run, settings), separators=(",", ":"))
    return text if len(text) <= MOST_KEPT else ""


def _told(container: Mapping[str, Any], ours: list[dict[str, str]]) -> Mapping[str, Any]:
    inside = container["properties"]
    variables = [*inside.get("environmentVariables", []), *ours]
    return {**container, "properties": {**inside, "environmentVariables": variables}}


def _masked(tree: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON value, and the same kind back
    """Put stars where ARM takes a secret that is no reference."""
    if isinstance(tree, list | tuple):
        return [_masked(item, name) for item in tree]
    if isinstance(tree, Mapping) and name == "secret":
        return {file: _hidden(value) for file, value in tree.items()}
    if isinstance(tree, Mapping):
        return {inner: STARS if inner in _HIDDEN else _masked(value, inner) for inner, value in tree.items()}
    if name == "repository" and "@" in str(tree).partition("://")[2].partition("/")[0]:
        return STARS
    return _hidden(tree) if name in SECRETS else tree


def _hidden(value: object) -> object:
    return value if isinstance(value, str) and is_reference(value) else STARS
