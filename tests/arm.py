"""Bodies of a GET on a container group, in the shapes that Azure was seen to answer with."""

from typing import Any

from scheduler.identity import group_name, tags
from scheduler.view import View
from tests.calendars import JOB, at

type Json = dict[str, Any]

GROUP = group_name("acct/Jobs", JOB, at("10:00"), 1)
OURS = tags("acct/Jobs", JOB, at("10:00"), 1)
DIGEST = "sha256:" + "ab" * 32


def event(name: str, message: str, kind: str = "Normal") -> Json:
    stamp = "2026-11-22T10:00:09Z"
    return {
        "count": 1, "firstTimestamp": stamp, "lastTimestamp": stamp, "name": name, "message": message, "type": kind,
    }  # fmt: skip


PULLING = event("Pulling", f'pulling image "registry.example/weather@{DIGEST}"')
PULLED = event("Pulled", f'Successfully pulled image "registry.example/weather@{DIGEST}"')
STARTED = event("Started", "Started container")


def running(started: str = "10:00:18") -> Json:
    return {"state": "Running", "startTime": f"2026-11-22T{started}.1234567Z", "detailStatus": ""}


def ended(code: int, started: str = "10:00:18", finished: str = "10:05:00") -> Json:
    return {
        "state": "Terminated",
        "startTime": f"2026-11-22T{started}.1234567Z",
        "exitCode": code,
        "finishTime": f"2026-11-22T{finished}Z",
        "detailStatus": "Error" if code else "Completed",
    }


def stopped(finished: str = "10:05:00") -> Json:
    """What a container shows after a stop: no exit code, no start time."""
    return {
        "state": "Terminated",
        "finishTime": f"2026-11-22T{finished}Z",
        "detailStatus": "Container stopped per client request",
    }


def waiting(detail: str = "") -> Json:
    return {"state": "Waiting", "detailStatus": detail}


def body(
    current: Json | None = None,
    previous: Json | None = None,
    *,
    name: str = GROUP,
    tagged: dict[str, str] | None = None,
    provisioning: str = "Succeeded",
    state: str = "Running",
    policy: str = "Never",
    events: list[Json] | None = None,
    restarts: int = 0,
) -> Json:
    """A whole answer; without `current` the container has no instanceView, as before the first pull."""
    inside: Json = {
        "image": "registry.example/weather:1",
        "ports": [],
        "environmentVariables": [{"name": "WATERMARK", "value": "2026-11-21"}],
        "resources": {"requests": {"memoryInGB": 1.5, "cpu": 1.0}},
    }
    if current is not None:
        inside["instanceView"] = {"restartCount": restarts, "currentState": current, "events": events or []}
        if previous is not None:
            inside["instanceView"]["previousState"] = previous
    return {
        "id": f"/subscriptions/1/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/{name}",
        "name": name,
        "type": "Microsoft.ContainerInstance/containerGroups",
        "location": "westeurope",
        "tags": OURS if tagged is None else tagged,
        "properties": {
            "sku": "Standard",
            "provisioningState": provisioning,
            "containers": [{"name": "job", "properties": inside}],
            "initContainers": [],
            "restartPolicy": policy,
            "osType": "Linux",
            "instanceView": {"events": events or [] if current is None else [], "state": state},
        },
    }


def seen(*args: Any, **kwargs: Any) -> View:
    return View.from_arm(body(*args, **kwargs))
