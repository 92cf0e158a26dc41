"""What may be chosen on the command line of `python -m local`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from local.needs import LAST_PORT, ROOT, any_free

AZURITE_PORTS = 3
"""Blobs, queues, tables: in this order, side by side."""


@dataclass(frozen=True)
class Options:
    """Everything chosen. A port of 0 means: any free one."""

    port: int = 7071
    azurite_port: int = 10000
    emulator_port: int = 10010
    weather_port: int = 10020
    host: str = "auto"
    data: Path = ROOT / ".local"
    stop_with_parent: bool = False

    def settled(self) -> "Options":
        """Replace each 0 by a free port, one beside the other."""
        if all((self.port, self.azurite_port, self.emulator_port, self.weather_port)):
            return self
        first = any_free(AZURITE_PORTS + 3)
        return replace(
            self,
            azurite_port=self.azurite_port or first,
            port=self.port or first + AZURITE_PORTS,
            emulator_port=self.emulator_port or first + AZURITE_PORTS + 1,
            weather_port=self.weather_port or first + AZURITE_PORTS + 2,
        )

    def ports(self) -> dict[int, tuple[str, str]]:
        """Every port needed: who needs it, and the option that moves it."""
        azurite = {
            self.azurite_port + n: (f"Azurite's {what}", "--azurite-port")
            for n, what in enumerate(("blobs", "queues", "tables"))
        }
        return {
            self.port: ("the function app", "--port"),
            **azurite,
            self.emulator_port: ("the ACI emulator", "--emulator-port"),
            self.weather_port: ("the example's source", "--weather-port"),
        }


def read(words: Sequence[str] | None = None) -> Options:
    """Read the command line; a wrong one ends the process with exit code 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Run Azurite, the ACI emulator and the function app on this machine until Ctrl-C.",
        epilog="Exit codes: 130 after Ctrl-C, 143 after SIGTERM, 129 when the terminal closed, "
        "1 when a part ended by itself, 2 when something is missing or taken. "
        "A port of 0 means any free one.",
    )
    parser.add_argument("--port", type=_port, default=Options.port, help="the function app (default %(default)s)")
    parser.add_argument(
        "--azurite-port",
        type=_azurite_port,
        default=Options.azurite_port,
        help="Azurite's blobs; queues and tables get the next two (default %(default)s)",
    )
    parser.add_argument(
        "--emulator-port",
        type=_port,
        default=Options.emulator_port,
        help="the ACI emulator (default %(default)s)",
    )
    parser.add_argument(
        "--weather-port",
        type=_port,
        default=Options.weather_port,
        help="the example's source (default %(default)s)",
    )
    parser.add_argument(
        "--host",
        choices=("auto", "func", "small"),
        default=Options.host,
        help="func: Azure's own; small: the one in local/; auto: func if it is on PATH (default %(default)s)",
    )
    parser.add_argument("--data", type=_folder, default=Options.data, help="where everything is kept")
    parser.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    options = Options(**vars(parser.parse_args(words)))
    _refuse_twice(parser, options)
    return options


def _refuse_twice(parser: argparse.ArgumentParser, options: Options) -> None:
    ports = [options.port, options.emulator_port, options.weather_port, options.azurite_port]
    if options.azurite_port:
        ports += [options.azurite_port + 1, options.azurite_port + 2]
    chosen = [port for port in ports if port]
    twice = sorted({port for port in chosen if chosen.count(port) > 1})
    if twice:
        parser.error(f"port {twice[0]} is chosen twice; Azurite takes three, from --azurite-port on")


def _port(text: str, last: int = LAST_PORT) -> int:
    if not text.isdecimal() or int(text) > last:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a number from 1 to {last}, or 0 for any free one")
    return int(text)


def _azurite_port(text: str) -> int:
    return _port(text, LAST_PORT - AZURITE_PORTS + 1)


def _folder(text: str) -> Path:
    return Path(text).resolve()
