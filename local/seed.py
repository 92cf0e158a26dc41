"""What the demo needs in an empty world: three job rows, the images they name, and one container group.

The rows go in through the scheduler's own command line, as a person's would. The group stands for
what infra/ provisions in Azure: the job `weather/summarise` starts it and never creates it.
"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.needs import ROOT, RefusalError
from local.options import Options

GROUP = "weather-summarise"
API_VERSION = "2023-05-01"
WEATHER = ROOT / "examples" / "weather"
SOURCE_FILE = "seattle-weather.csv"
NOT_FOUND = 404

type Json = dict[str, Any]


def write_images(options: Options) -> Path:
    """Write the emulator's images file and make the folders that the containers use; returns the file."""
    for folder in (store(options), containers(options)):
        folder.mkdir(parents=True, exist_ok=True)
    images: Json = {
        "crontable/weather*": {"command": ["python", "-m", "weather"], "folder": str(WEATHER)},
        "crontable/hello*": {"command": ["python", "-c", "print('Hello from a container')"]},
    }
    path = options.data / "images.json"
    path.write_text(json.dumps(images, indent=2) + "\n")
    return path


def store(options: Options) -> Path:
    """The folder into which the example loads its days."""
    return options.data / "weather"


def containers(options: Options) -> Path:
    """The folder in which the emulator makes a working folder for each container."""
    return options.data / "containers"


def rows(options: Options) -> dict[str, dict[str, str]]:
    """The example jobs, as columns of the Jobs table; those that can, are asked to run at once."""
    env = {
        "WEATHER_SOURCE": f"http://127.0.0.1:{options.weather_port}/{SOURCE_FILE}",
        "WEATHER_STORE": str(store(options)),
    }
    return {
        "weather/extract": {
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
    return {
        "location": env.get("ACI_LOCATION", "westeurope"),
        "properties": {
            "osType": "Linux",
            "restartPolicy": "Never",
            "containers": [{"name": "summarise", "properties": container}],
        },
    }


async def provision(options: Options, env: Mapping[str, str]) -> None:
    """Create the group in the emulator when it is not there.

    Raises RefusalError with the emulator's answer when that is another than yes.
    """
    address = (
        f"http://127.0.0.1:{options.emulator_port}/subscriptions/{quote(env['AZURE_SUBSCRIPTION_ID'])}"
        f"/resourceGroups/{quote(env['ACI_RESOURCE_GROUP'])}/providers/Microsoft.ContainerInstance"
        f"/containerGroups/{GROUP}?api-version={API_VERSION}"
    )
    if await asyncio.to_thread(_call, address) == NOT_FOUND:
        await asyncio.to_thread(_call, address, group(options, env))


def _call(address: str, body: Json | None = None) -> int:
    request = urllib.request.Request(  # noqa: S310  the address is our own loopback
        address,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer local", "Content-Type": "application/json"},
        method="GET" if body is None else "PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  likewise
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        if error.code == NOT_FOUND and body is None:
            return NOT_FOUND
        raise RefusalError(f"The emulator refused the group {GROUP}: {error.code} {error.read().decode()}") from error
    except OSError as error:
        raise RefusalError(f"The emulator did not answer: {error}") from error
