"""The function app's settings, gathered as its host gathers them: a file, and the environment over it."""

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.needs import ROOT, RefusalError
from local.options import Options
from scheduler.settings import SETTINGS, Settings, SettingsError

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
DEFAULT_EMULATOR = f"http://127.0.0.1:{Options.emulator_port}"
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account key that every Azurite has; it is published in Azurite's own documentation."""
_SECRET = frozenset({"web_key", "viewer_key", "context_key", "alert_webhook", "telemetry"})
"""Fields of Settings that open something: hardly a command needs them, and a printed line is seen over a shoulder."""


def from_file(folder: Path = ROOT) -> dict[str, str]:
    """Read `Values` of local.settings.json, or of the example when there is none. Raises RefusalError."""
    path = folder / "local.settings.json"
    if not path.exists():
        path = folder / "local.settings.example.json"
    try:
        values = json.loads(path.read_text())["Values"]
        return {str(name): _text(value) for name, value in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusalError(
            f"{path.name} cannot be read as settings ({error}): it must be JSON with an object named Values, "
            "as in local.settings.example.json."
        ) from error


def environment(options: Options, values: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the function app and of the commands that share its world.

    What the person set outside beats the file. The two defaults that name a port follow the ports
    chosen; a storage account or an endpoint of the person's own is left alone.
    """
    env = dict(values) | dict(outside)
    if env.get("AzureWebJobsStorage", DEVELOPMENT_STORAGE) == DEVELOPMENT_STORAGE:
        env["AzureWebJobsStorage"] = azurite_connection(options.azurite_port)
    if env.get("ARM_ENDPOINT", DEFAULT_EMULATOR) == DEFAULT_EMULATOR:
        env["ARM_ENDPOINT"] = _emulator(options)
    programs = str(Path(sys.executable).parent)
    env["PATH"] = os.pathsep.join(filter(None, (programs, outside.get("PATH", ""))))
    env["PYTHONUNBUFFERED"] = "1"
    return env


def refuse_another_runs(options: Options, outside: Mapping[str, str]) -> None:
    """Refuse the `export` line of another `make run`, and say how to be rid of it. Raises RefusalError.

    Scenario: it was typed here for the commands, and now the next `make run` is typed here. With that line obeyed
    it would be a second scheduler on the first one's tables or, the first one stopped, tick against nothing.
    """
    port = _printed(outside.get("AzureWebJobsStorage", ""))
    endpoint = outside.get("ARM_ENDPOINT", DEFAULT_EMULATOR)
    ours = endpoint in (DEFAULT_EMULATOR, _emulator(options)) or not endpoint.startswith("http://127.0.0.1:")
    if port is None or (port == options.azurite_port and ours):
        return
    names = " ".join(name for name in SETTINGS.values() if name in outside)
    raise RefusalError(
        f"This terminal holds the `export` line of another `make run` (tables on port {port + 2}, ARM_ENDPOINT "
        f"{endpoint}), which are not the ones that this run starts: use another terminal, or say first\nunset {names}"
    )


def check(env: Mapping[str, str]) -> None:
    """Refuse what the scheduler would refuse, before anything is started. Raises RefusalError."""
    try:
        Settings.read(env)
    except SettingsError as wrong:
        raise RefusalError(str(wrong)) from wrong


def is_ours(env: Mapping[str, str], options: Options) -> bool:
    """Whether the tables are Azurite's of this run, and not an account the person pointed us to."""
    return env["AzureWebJobsStorage"] == azurite_connection(options.azurite_port)


def is_emulated(env: Mapping[str, str], options: Options) -> bool:
    """Whether container groups live in the emulator of this run, and not where the person pointed us to."""
    return env["ARM_ENDPOINT"] == _emulator(options)


def export_line(options: Options, env: Mapping[str, str]) -> str:
    """The shell's line that points `python -m scheduler` to these ports; '' when it finds them by itself.

    It holds every setting that is not the default, but for those that open something: with a connection given, the
    scheduler reads no file.
    """
    if (options.azurite_port, options.emulator_port) == (Options.azurite_port, Options.emulator_port):
        return ""
    default = vars(Settings())
    told = [
        f"{name}={shlex.quote(env[name])}"
        for field, name in SETTINGS.items()
        if field not in _SECRET and env.get(name) and env[name] != default[field]
    ]
    return f"export {' '.join(told)}" if is_ours(env, options) else ""


def azurite_connection(port: int) -> str:
    """The connection string of an Azurite whose blobs are on `port`, queues and tables on the next two."""
    endpoints = "".join(
        f"{kind}Endpoint=http://127.0.0.1:{port + n}/{AZURITE_ACCOUNT};"
        for n, kind in enumerate(("Blob", "Queue", "Table"))
    )
    return f"DefaultEndpointsProtocol=http;AccountName={AZURITE_ACCOUNT};AccountKey={AZURITE_KEY};{endpoints}"


def _printed(connection: str) -> int | None:
    """The first port of the Azurite that `azurite_connection` wrote this text for; None when it did not."""
    told = re.search(r"BlobEndpoint=http://127\.0\.0\.1:(\d{1,5})/", connection)
    return int(told[1]) if told and connection == azurite_connection(int(told[1])) else None


def _emulator(options: Options) -> str:
    return f"http://127.0.0.1:{options.emulator_port}"


def _text(value: Any) -> str:  # noqa: ANN401  whatever JSON holds
    return value if isinstance(value, str) else json.dumps(value)
