"""What a run asks of ACI, as people may see it: the whole body of its PUT, without any secret's value. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from scheduler.covered import covered, unhidden
from scheduler.identity import tags
from scheduler.job import Job
from scheduler.run import Run
from scheduler.settings import Settings
from scheduler.spec import CONTAINER, body, told

#: The longest body that is kept with a run, in characters; a longer one is told from the job row as it is now.
MOST_KEPT = 8_000
_COMPACT = json.JSONEncoder(separators=(",", ":"))


def asked(job: Job, run: Run, settings: Settings) -> Mapping[str, Any]:
    """Write the body as it is sent for a run: references to Key Vault as they were typed, other secrets as stars."""
    shown: Mapping[str, Any] = covered(_whole(job, run, settings))
    return shown


def _whole(job: Job, run: Run, settings: Settings) -> Mapping[str, Any]:
    """Write the body with whatever the row holds: not to be shown yet."""
    whole = dict(body(job, None, settings, location=run.location, commit=run.commit))
    whole["tags"] = tags(settings.installation, run.job, run.due, run.attempt)
    properties = whole["properties"]
    ours = [{"name": name, "value": value} for name, value in told(run).items()]
    containers = [_told(one, ours) if one["name"] == CONTAINER else one for one in properties["containers"]]
    return {**whole, "properties": {**properties, "containers": containers}}


def kept(job: Job, run: Run, settings: Settings) -> str:
    """Write the body for the run's row; '' when it is too long for that."""
    whole = _whole(job, run, settings)
    text = _COMPACT.encode(whole)
    if not unhidden(text):
        text = _COMPACT.encode(covered(whole))
    return text if len(text) <= MOST_KEPT else ""


def _told(container: Mapping[str, Any], ours: list[dict[str, str]]) -> Mapping[str, Any]:
    inside = container["properties"]
    variables = [*inside.get("environmentVariables", []), *ours]
    return {**container, "properties": {**inside, "environmentVariables": variables}}
