"""The job's side of the contract with the scheduler: what a run is told, and the lines it answers with."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from weather.context import active_run
from weather.faults import BadSettingError, WeatherError, shown
from weather.observation import parse_day


@dataclass(frozen=True)
class Told:
    """What the scheduler says about this run: how far the data is processed, and the run's name."""

    watermark: date | None
    run_id: str


def ask(environment: Mapping[str, str]) -> Told | None:
    """Return what this run is told, or None when it runs in a group that nobody asked to run.

    From WATERMARK and RUN_ID; or, where CRONTABLE_URL and CRONTABLE_JOB are set, from the scheduler itself.
    """
    place = [name for name in ("CRONTABLE_URL", "CRONTABLE_JOB") if environment.get(name, "").strip()]
    if not place:
        return Told(_setting_day(environment, "WATERMARK"), environment.get("RUN_ID", ""))
    if len(place) == 1:
        raise BadSettingError(
            f"Only {place[0]} is set: CRONTABLE_URL and CRONTABLE_JOB together, or neither, is allowed."
        )
    run = active_run(environment)
    if run is None:
        return None
    try:
        return Told(day_or_none("" if run["watermark"] is None else run["watermark"]), str(run.get("run_id", "")))
    except ValueError as error:
        raise WeatherError(
            f"The watermark in the scheduler's answer is {shown(run['watermark'])}: it {error}."
        ) from error


def day_or_none(text: object) -> date | None:
    """Read a watermark: a day, or nothing yet; ValueError for anything else."""
    stripped = str(text).strip()
    return parse_day(stripped) if stripped else None


def answer_watermark(day: date | None) -> None:
    """Answer how far the data is processed. Print it last, when all of it is safely stored."""
    if day is not None:
        _say(f"::watermark::{day}")


def answer_metric(name: str, value: int) -> None:
    """Answer a number that the run's row will show."""
    _say(f"::metric {name}::{value}")


def answer_progress(done: int, total: int, what: str) -> None:
    """Answer how far the run is, once for each whole percent."""
    if done * 100 // total > (done - 1) * 100 // total:
        _say(f"::progress::{done * 100 // total} {what}")


def note(sentence: str) -> None:
    """Write one line for the person who reads the log."""
    _say(sentence)


def setting(environment: Mapping[str, str], name: str, example: str) -> str:
    """Return a variable that must be set; BadSettingError with an example if it is not."""
    value = environment.get(name, "").strip()
    if not value:
        raise BadSettingError(f"{name} is not set: {example} is allowed.")
    return value


def setting_count(environment: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number from 1; BadSettingError for anything else."""
    text = environment.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):  # noqa: PLR2004  nine digits are plenty
        raise BadSettingError(f"{name} is {shown(text)}: a whole number from 1 to 999999999 is allowed.")
    return int(text)


def setting_seconds(environment: Mapping[str, str], name: str) -> float:
    """Return a pause in seconds, 0 when not set; BadSettingError for anything but 0 to 3600."""
    text = environment.get(name, "").strip() or "0"
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:  # noqa: PLR2004  an hour, said in the sentence
        raise BadSettingError(f"{name} is {shown(text)}: a number of seconds from 0 to 3600 is allowed.")
    return seconds


def _setting_day(environment: Mapping[str, str], name: str) -> date | None:
    text = environment.get(name, "")
    try:
        return day_or_none(text)
    except ValueError as error:
        raise BadSettingError(f"{name} is {shown(text)}: a day such as 2012-01-31, or nothing, is allowed.") from error


def _say(line: str) -> None:
    """Print at once: a line still in a buffer is lost when the run is killed."""
    print(line, flush=True)
