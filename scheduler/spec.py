"""The container group that a run asks ACI for, and whether the settings allow it.

Pure: (job, run, settings) -> the body of the PUT, in ARM's own words. The row's columns are written first, Spec is
laid over them, and what is ours (tags, what a run is told, `Never`) stands last.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from math import fsum
from typing import Any, NamedTuple

from scheduler import arm, cell
from scheduler.columns.clash import CODE
from scheduler.columns.spec import CONTAINER
from scheduler.columns.where import NONE
from scheduler.identity import tags
from scheduler.job import Job
from scheduler.row import iso
from scheduler.run import Run
from scheduler.settings import Settings

__all__ = ["CONTAINER", "Body", "Totals", "body", "refused", "requested", "told", "totals"]

type Body = Mapping[str, Any]

#: The name of the volume that holds GitRepo's code; those of Volumes are volume-1, volume-2, ... in their order.
CODE_VOLUME = "volume-code"
#: Secrets that were not asked for.
_NO_SECRETS: Mapping[str, str] = {}


#: The least of cores, and of GB, that ACI gives a group.
LEAST = 1


class Totals(NamedTuple):
    """What a group's containers request together: cores, GB, and whether it is a Spot group. It is what is billed."""

    cpu: float
    memory: float
    spot: bool


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


def body(
    job: Job,
    run: Run | None,
    settings: Settings,
    *,
    location: str = "",
    secrets: Mapping[str, str] = _NO_SECRETS,
    commit: str = "",
) -> Body:
    """Build the PUT's body; without a run, what can be known of it before: references in place of secrets.

    `location` is where the group is made ('' = the job's first, or the setting's), `secrets` the values of
    `job.references` by reference as typed (KeyError names one that lacks), `commit` what GitRevision means now.
    The values are secret: a body is sent, and never written, logged or shown.
    """
    whole = _group(job, settings, commit)
    whole["location"] = location or (*job.locations, settings.location)[0]
    if run is None:
        return whole
    whole["tags"] = tags(settings.installation, run.job, run.due, run.attempt)
    container = next(one for one in whole["properties"]["containers"] if one["name"] == CONTAINER)
    container["properties"]["environmentVariables"] += [
        {"name": name, "value": value} for name, value in told(run).items()
    ]
    resolved: Body = arm.resolved(whole, secrets)
    return resolved


def totals(body: Body) -> Totals:
    """Add up what the containers of a body request; init containers request nothing of their own."""
    properties = body["properties"]
    requests = [one["properties"]["resources"]["requests"] for one in properties["containers"]]
    return Totals(
        fsum(one["cpu"] for one in requests),
        fsum(one["memoryInGB"] for one in requests),
        str(properties.get("priority")).lower() == "spot",
    )


def requested(job: Job, settings: Settings) -> Totals:
    """Add up what a job's containers request: without Spec there is one, and its columns say it."""
    return totals(_group(job, settings)) if job.spec else Totals(job.cpu, job.memory, job.spot)


def _group(job: Job, settings: Settings, commit: str = "") -> dict[str, Any]:
    """Write the group without what only a run knows."""
    whole = arm.laid_over({"properties": _properties(job, settings, commit)}, job.spec)
    properties = whole["properties"]
    properties["restartPolicy"] = "Never"
    theirs = properties.get("imageRegistryCredentials", [])
    servers = [one["server"].lower() for one in theirs]
    ours = [one for one in _credentials(job, settings, arm.images(whole)) if one["server"].lower() not in servers]
    if ours or theirs:
        properties["imageRegistryCredentials"] = [*ours, *theirs]
    identity = _identity(job, whole, [one["identity"] for one in [*ours, *theirs] if one.get("identity")])
    whole.pop("identity", None)
    return whole | identity


def _properties(job: Job, settings: Settings, commit: str) -> dict[str, Any]:
    """Write what the row's simple columns say."""
    properties: dict[str, Any] = {
        "osType": "Linux",
        "restartPolicy": "Never",
        "containers": [{"name": CONTAINER, "properties": _container(job)}],
    }
    if volumes := _volumes(job, commit):
        properties["volumes"] = volumes
    if subnet := "" if job.subnet == NONE else job.subnet or settings.subnet:
        properties["subnetIds"] = [{"id": subnet}]
    if job.spot:
        properties["priority"] = "Spot"
    return properties


def _container(job: Job) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "image": job.image,
        "resources": {"requests": {"cpu": job.cpu, "memoryInGB": job.memory}},
        "environmentVariables": [
            *({"name": name, "value": value} for name, value in job.env),
            *({"name": name, "secureValue": reference} for name, reference in job.secure_env),
        ],
    }
    if job.command:
        asked["command"] = list(job.command)
    mounts: list[dict[str, Any]] = [
        {"name": f"volume-{number}", "mountPath": volume.path} | ({"readOnly": True} if volume.read_only else {})
        for number, volume in enumerate(job.volumes, 1)
    ]
    if job.git_repo:
        mounts.append({"name": CODE_VOLUME, "mountPath": CODE})
    if mounts:
        asked["volumeMounts"] = mounts
    return asked


def _volumes(job: Job, commit: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"name": f"volume-{number}", **volume.source} for number, volume in enumerate(job.volumes, 1)
    ]
    if job.git_repo:
        # Into the volume itself: git would else make a folder in it, named like the repository.
        clone = {"repository": job.git_repo, "directory": ".", "revision": commit or job.git_revision}
        made.append({"name": CODE_VOLUME, "gitRepo": {name: value for name, value in clone.items() if value}})
    return made


def _credentials(job: Job, settings: Settings, images: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Say with whose identity the images are pulled: the row's registry, and the settings' where an image is its."""
    if job.registry == NONE:
        return []
    found = {}
    if settings.registry and settings.pull_identity:
        server = settings.registry
        if any(arm.pulled_from(server, image) for _, image in images):
            found[server.lower()] = {"server": server, "identity": settings.pull_identity}
    if job.registry and (identity := settings.pull_identity or next(iter(job.identities), "")):
        found[job.registry] = {"server": job.registry, "identity": identity}
    return list(found.values())


def _identity(job: Job, whole: Body, pulling: Sequence[str]) -> dict[str, Any]:
    """Name every identity that the group has: the row's, Spec's, and those that pull, which ACI wants here too."""
    said = whole.get("identity", {})
    users: dict[str, tuple[str, Any]] = {}
    for name, value in [
        *((one, {}) for one in job.identities),
        *said.get("userAssignedIdentities", {}).items(),
        *((one, {}) for one in pulling),
    ]:
        users.setdefault(name.lower(), (name, value))
    kinds = ["SystemAssigned"] if "systemassigned" in said.get("type", "").lower() else []
    if users:
        named = {"userAssignedIdentities": dict(users.values())}
        return {"identity": {"type": ", ".join([*kinds, "UserAssigned"]), **named}}
    return {"identity": {"type": kinds[0]}} if kinds else {}


def refused(job: Job, settings: Settings) -> tuple[str, ...]:
    """Say what of a job cannot be under these settings: the allow-lists hold for the body that would be sent."""
    if job.group:
        return tuple(_outside("ContainerGroup", [job.group], "ALLOWED_GROUPS", settings.allowed_groups))
    whole = _group(job, settings)
    return (*_forbidden(job, whole, settings), *_impossible(job, whole, settings), *_too_small(job, whole))


def _forbidden(job: Job, whole: Body, settings: Settings) -> Iterator[str]:
    """Hold every image and every identity of the group against the allow-lists.

    The pull identity is the installation's own: where Crontable names it, it needs no leave.
    """
    for name, image in arm.images(whole):
        column = "Image" if (name, image) == (CONTAINER, job.image) else f"Spec's image of container {name}"
        yield from _outside(column, [image], "ALLOWED_IMAGES", settings.allowed_images)
    globs = settings.allowed_identities
    yield from _outside("Identity", job.identities, "ALLOWED_IDENTITIES", globs)
    yield from _outside("Spec's identity", arm.identities(job.spec), "ALLOWED_IDENTITIES", globs)


def _impossible(job: Job, whole: Body, settings: Settings) -> Iterator[str]:
    """Say what only the settings make impossible."""
    properties = whole["properties"]
    pulled = [one["server"].lower() for one in properties.get("imageRegistryCredentials", [])]
    if job.registry not in ("", NONE, *pulled):
        yield (
            f"Registry is {cell.shown(job.registry)} and Identity is empty: an identity must pull from there; fill "
            "Identity, or the setting ACI_PULL_IDENTITY."
        )
    if job.spot and not job.subnet and settings.subnet and properties.get("subnetIds"):
        yield (
            "Spot is 'true' and the setting ACI_SUBNET_ID puts every group in a subnet, where ACI has no Spot group: "
            f"let Subnet be {NONE}."
        )


def _too_small(job: Job, whole: Body) -> Iterator[str]:
    """Say when all containers together ask for less than ACI makes a group of (aci.md, 5): no run would start."""
    asked = totals(whole)
    for column, value, sum_, unit in (
        ("Cpu", job.cpu, asked.cpu, "core"),
        ("MemoryGb", job.memory, asked.memory, "GB"),
    ):
        if sum_ < LEAST:
            yield f"{column} is {value:g}: ACI makes no container group below 1 {unit}; it must be 1 or more."


def _outside(column: str, asked: Sequence[str], setting: str, globs: str) -> Iterator[str]:
    allowed = [glob.strip() for glob in globs.split(",") if glob.strip()]
    for one in asked if allowed else ():
        if not any(fnmatchcase(one.lower(), glob.lower()) for glob in allowed):
            yield f"{column} is {cell.shown(one)}: the setting {setting} allows only {', '.join(allowed)}."
