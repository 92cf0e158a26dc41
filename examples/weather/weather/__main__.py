"""`python -m weather extract|summarise|verify`: exit 0 done, 1 a fault was found, 2 it was set up wrongly."""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from datetime import date
from types import FrameType
from typing import NoReturn

from weather.crontable import day_or_none, note, setting
from weather.extract import extract
from weather.faults import BadSettingError, WeatherError, shown
from weather.source import read_source
from weather.store import Store
from weather.summarise import summarise
from weather.verify import Verification


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and return the exit code; SystemExit 2, with usage, for a command that is not one."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "verify":
            return _verify(asked, environment)
        (extract if asked.command == "extract" else summarise)(environment)
    except WeatherError as fault:
        print(f"weather {asked.command}: {fault}", file=sys.stderr, flush=True)
        return fault.exit_code
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m weather", description="Daily weather, loaded and summarised.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="extract|summarise|verify")
    commands.add_parser("extract", help="load the days newer than WATERMARK from WEATHER_SOURCE into WEATHER_STORE")
    commands.add_parser("summarise", help="rewrite the monthly summaries of days newer than the watermark")
    verify = commands.add_parser("verify", help="compare the store with the source; exit 1 on any difference")
    verify.add_argument("--source", metavar="S", help="a CSV file or http(s):// address (default: WEATHER_SOURCE)")
    verify.add_argument("--store", metavar="DIR", help="the folder (default: WEATHER_STORE)")
    verify.add_argument("--watermark", metavar="DAY", help="compare up to this day (default: the newest in the store)")
    return parser


def _verify(asked: Namespace, environment: Mapping[str, str]) -> int:
    """Print each fault on a line and return 1, or print the verdict and return 0."""
    given = {"WEATHER_SOURCE": asked.source, "WEATHER_STORE": asked.store}
    values = {**environment, **{name: value for name, value in given.items() if value is not None}}
    store = Store(setting(values, "WEATHER_STORE", "--store with the path of an existing folder"))
    source = read_source(setting(values, "WEATHER_SOURCE", "--source with a CSV file or an http(s):// address"))
    verification = Verification(source, store, _option_day(asked.watermark))
    for fault in verification.faults:
        note(fault)
    if not verification.faults:
        note(verification.verdict())
    return 1 if verification.faults else 0


def _option_day(text: str | None) -> date | None:
    try:
        return day_or_none(text or "")
    except ValueError as error:
        raise BadSettingError(f"--watermark is {shown(text)}: a day such as 2012-01-31 is allowed.") from error


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End when the platform asks: a container's first process ignores SIGTERM unless told otherwise."""
    print("weather: stopped by SIGTERM before it was done.", file=sys.stderr, flush=True)
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:], os.environ))
