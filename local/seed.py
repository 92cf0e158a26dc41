"""What the demo needs in an empty world: three job rows, the images they name, and one container group.

The rows go in through the scheduler's own command line, as a person's would. The group stands for
what infra/ provisions in Azure: the job `weather/summarise` starts it and never creates it.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.needs import ROOT, RefusalError
from local.options import Options

GROUP = "weather-summarise"
EXTRACT = "weather/extract"
API_VERSION = "2023-05-01"
MADE_OF = "made-of"
"""The tag that tells what the group was made of: the emulator keeps groups, and the next start may have other ports."""
WEATHER = ROOT / "examples" / "weather"
SOURCE_FILE = "seattle-weather.csv"
NOT_FOUND, CONFLICT, TOO_MANY = 404, 409, 429
RATIONS = ("creates-hour", "creates-5min")
"""The emulator's limits on how many groups are created in a while."""
STILL_STARTING = 0.1
"""Seconds until a group that is being created is asked again to stop."""

type Json = dict[str, Any]


class RationedError(RefusalError):
    """No more groups are created for a while."""


def write_images(options: Options) -> Path:
    """Add what the demo's jobs name to the emulator's images file; returns the file. Makes their folders, too.

    Lines that are there stay as they are. RefusalError when the file is no JSON object: it is left alone.
    """
    for folder in (store(options), state(options)):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.data / "images.json"
    present = _read_images(path)
    if missing := {name: image for name, image in _images(options).items() if name not in present}:
        lines = [f"  {json.dumps(name)}: {json.dumps(image)}" for name, image in (present | missing).items()]
        draft = path.with_suffix(".draft")
        draft.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        draft.replace(path)
    return path


def _images(options: Options) -> Json:
    """The demo's images. In the checkout their folder is relative, so that the checkout may be moved."""
    inside = options.data.is_relative_to(ROOT)
    folder = os.path.relpath(WEATHER, options.data) if inside else str(WEATHER)
    return {
        "crontable/weather*": {"command": ["python", "-m", "weather"], "folder": folder},
        "crontable/hello*": {"command": ["python", "-c", "print('Hello from a container')"]},
    }


def _read_images(path: Path) -> Json:
    try:
        present = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise RefusalError(
            f"{path} cannot be read as JSON ({error}): mend it, or remove it and it is made anew."
        ) from error
    if not isinstance(present, dict):
        raise RefusalError(f'{path} must hold a JSON object, {{"IMAGE": {{"command": [...]}}}}: mend it, or remove it.')
    return present


def store(options: Options) -> Path:
    """The folder into which the example loads its days."""
    return options.data / "weather"


def state(options: Options) -> Path:
    """The folder in which the emulator keeps its groups."""
    return options.data / "groups"


def rows(options: Options) -> dict[str, dict[str, str]]:
    """The example jobs, as columns of the Jobs table; those that can, are asked to run at once."""
    env = {
        "WEATHER_SOURCE": _source(options),
        "WEATHER_STORE": str(store(options)),
    }
    return {
        EXTRACT: {
            "Schedule": "every 1 minute",
            "Image": "crontable/weather",
            "Command": json.dumps(["python", "-m", "weather", "extract"]),
            "Env": json.dumps(env),
            "Description": "Loads the days newer than its watermark.",
            "Request": "run",
        },
        "weather/summarise": {
            "Schedule": "every 2 minutes",
            "ContainerGroup": GROUP,
            "Description": "Starts the container group that was provisioned for it.",
        },
        "demo/hello": {
            "Schedule": "every 2 minutes",
            "Image": "crontable/hello",
            "Description": "Prints a line.",
            "Request": "run",
        },
    }


def moved(options: Options, cell: object) -> str | None:
    """The extractor's Env with the source's present port; None when it stands there, or a source of the person's own.

    Scenario: `--weather-port 0` took another free port than the last time; the row would name the old one for ever.
    """
    try:
        env = json.loads(str(cell))
        source = str(env["WEATHER_SOURCE"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if source == _source(options) or not re.fullmatch(rf"http://127\.0\.0\.1:\d+/{re.escape(SOURCE_FILE)}", source):
        return None
    return json.dumps(env | {"WEATHER_SOURCE": _source(options)})


def _source(options: Options) -> str:
    return f"http://127.0.0.1:{options.weather_port}/{SOURCE_FILE}"


def group(options: Options, env: Mapping[str, str]) -> Json:
    """The body of the PUT that provisions the group: it runs once and asks the scheduler for its context."""
    variables: list[Json] = [
        {"name": "CRONTABLE_URL", "value": f"http://127.0.0.1:{options.port}"},
        {"name": "CRONTABLE_JOB", "value": "weather/summarise"},
        {"name": "CRONTABLE_KEY", "secureValue": env.get("CONTEXT_KEY", "")},
        {"name": "WEATHER_STORE", "value": str(store(options))},
    ]
    container: Json = {
        "image": "crontable/weather",
        "command": ["python", "-m", "weather", "summarise"],
        "environmentVariables": variables,
        "resources": {"requests": {"cpu": 1, "memoryInGB": 1}},
    }
    properties = {
        "osType": "Linux",
        "restartPolicy": "Never",
        "containers": [{"name": "summarise", "properties": container}],
    }
    digest = hashlib.sha256(json.dumps(properties).encode()).hexdigest()
    location = env.get("ACI_LOCATION", "westeurope")
    return {"location": location, "tags": {MADE_OF: digest}, "properties": properties}


async def provision(options: Options, env: Mapping[str, str]) -> None:
    """Create the group in the emulator, and stop it, when it is not there, or was made for other ports or keys.

    It is stopped because a PUT starts a group: a run that nobody asked for would keep the job's own from starting.
    Raises RefusalError with the emulator's answer when that is another than yes.
    """
    place = (
        f"http://127.0.0.1:{options.emulator_port}/subscriptions/{quote(env['AZURE_SUBSCRIPTION_ID'])}"
        f"/resourceGroups/{quote(env['ACI_RESOURCE_GROUP'])}/providers/Microsoft.ContainerInstance"
        f"/containerGroups/{GROUP}"
    )
    wanted = group(options, env)
    _, present = await asyncio.to_thread(_call, "GET", place)
    if present.get("tags") == wanted["tags"]:
        return
    try:
        await _until_taken("PUT", place, wanted)
    except RationedError:
        async with _unrationed(options):
            await _until_taken("PUT", place, wanted)
    await _until_taken("POST", f"{place}/stop")


@contextlib.asynccontextmanager
async def _unrationed(options: Options) -> AsyncIterator[None]:
    """Let the emulator create groups beyond Azure's ration meanwhile.

    Scenario: 300 groups were created within the hour, and `make run` is started again on other ports. What infra/
    provisioned long ago needs no creation; that it does here must keep nobody from starting.
    """
    limits = f"http://127.0.0.1:{options.emulator_port}/_emulator/limits"
    _, before = await asyncio.to_thread(_call, "GET", limits)
    await asyncio.to_thread(_call, "POST", limits, dict.fromkeys(RATIONS, "none"))
    try:
        yield
    finally:
        await asyncio.to_thread(_call, "POST", limits, {name: before[name] for name in RATIONS})


async def _until_taken(method: str, place: str, body: Json | None = None) -> None:
    """Ask until the group is in no transition."""
    while (await asyncio.to_thread(_call, method, place, body))[0] == CONFLICT:  # noqa: ASYNC110  HTTP gives no event
        await asyncio.sleep(STILL_STARTING)


def _call(method: str, place: str, body: Json | None = None) -> tuple[int, Json]:
    """Ask the emulator; returns status and body when it is yes, or the one no that `method` must expect."""
    request = urllib.request.Request(  # noqa: S310  the address is our own loopback
        f"{place}?api-version={API_VERSION}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer local", "Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  likewise
            content = answer.read()
            return answer.status, json.loads(content) if content else {}
    except urllib.error.HTTPError as error:
        if error.code == {"GET": NOT_FOUND}.get(method, CONFLICT):
            return error.code, {}
        kind = RationedError if error.code == TOO_MANY else RefusalError
        raise kind(f"The emulator refused the group {GROUP}: {error.code} {error.read().decode()}") from error
    except OSError as error:
        raise RefusalError(f"The emulator did not answer: {error}") from error
