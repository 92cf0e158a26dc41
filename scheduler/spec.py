"""The container group that a run asks ACI for, and whether the settings allow it.

Pure: (job, run, settings) -> the body of the PUT, in ARM's own words.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from scheduler import cell
from scheduler.identity import tags
from scheduler.job import Job
from scheduler.row import iso
from scheduler.run import Run
from scheduler.settings import Settings

type Body = Mapping[str, Any]

#: The name of the one container in a group that we make.
CONTAINER = "job"


def told(run: Run) -> dict[str, str]:
    """Give the variables by which a run learns what it is and how far the data has come."""
    start, end = run.interval or (None, None)
    return {
        "WATERMARK": run.watermark,
        "RUN_ID": run.run_id,
        "JOB": "/".join(run.job),
        "DUE": iso(run.due),
        "ATTEMPT": str(run.attempt),
        "INTERVAL_START": iso(start) if start else "",
        "INTERVAL_END": iso(end) if end else "",
    }


def body(job: Job, run: Run | None, settings: Settings) -> Body:
    """Build the PUT's body; without a run, the part that the allow-lists look at."""
    properties: dict[str, Any] = {
        "osType": "Linux",
        "restartPolicy": "Never",
        "containers": [{"name": CONTAINER, "properties": _container(job, run)}],
    }
    identities = list(job.identities)
    if settings.registry and job.image.startswith(f"{settings.registry}/") and settings.pull_identity:
        properties["imageRegistryCredentials"] = [
            {"server": settings.registry, "identity": settings.pull_identity},
        ]
        identities.append(settings.pull_identity)
    if settings.subnet:
        properties["subnetIds"] = [{"id": settings.subnet}]
    whole: dict[str, Any] = {"location": settings.location, "properties": properties}
    if run:
        whole["tags"] = tags(settings.installation, run.job, run.due, run.attempt)
    if identities:
        whole["identity"] = {
            "type": "UserAssigned",
            "userAssignedIdentities": {identity: {} for identity in identities},
        }
    return whole


def _container(job: Job, run: Run | None) -> dict[str, Any]:
    variables = dict(job.env) | (told(run) if run else {})
    asked: dict[str, Any] = {
        "image": job.image,
        "resources": {"requests": {"cpu": job.cpu, "memoryInGB": job.memory}},
        "environmentVariables": [{"name": name, "value": value} for name, value in variables.items()],
    }
    if job.command:
        asked["command"] = list(job.command)
    return asked


def refused(job: Job, settings: Settings) -> tuple[str, ...]:
    """Say what of a job the settings' allow-lists forbid: checked on the body that would be sent."""
    if job.group:
        return _outside("ContainerGroup", [job.group], "ALLOWED_GROUPS", settings.allowed_groups)
    if not (settings.allowed_images or settings.allowed_identities):
        return ()
    asked = body(job, None, settings)
    images = [one["properties"]["image"] for one in asked["properties"]["containers"]]
    own = [
        name for name in asked.get("identity", {}).get("userAssignedIdentities", {}) if name != settings.pull_identity
    ]
    return (
        *_outside("Image", images, "ALLOWED_IMAGES", settings.allowed_images),
        *_outside("Identity", own, "ALLOWED_IDENTITIES", settings.allowed_identities),
    )


def _outside(column: str, asked: Sequence[str], setting: str, globs: str) -> tuple[str, ...]:
    allowed = [glob.strip() for glob in globs.split(",") if glob.strip()]
    if not allowed:
        return ()
    return tuple(
        f"{column} is {cell.shown(one)}: the setting {setting} allows only {', '.join(allowed)}."
        for one in asked
        if not any(fnmatchcase(one.lower(), glob.lower()) for glob in allowed)
    )
