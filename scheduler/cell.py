"""What a person may type into a cell: each reader takes any type and gives a value or a `Fault`.

Storage Explorer defaults to text, scripts send numbers and Booleans, imports turn dates into text. So
`2`, `2.0` and `"2"` are the same number, `True`, `"yes"` and `1` the same flag, wherever one is meant.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Never
from zoneinfo import ZoneInfo

from scheduler.row import Value, iso

#: How much of a wrong value a sentence repeats.
_SHOWN = 60
_FLAGS = {
    "true": True,
    "yes": True,
    "1": True,
    "on": True,
    "false": False,
    "no": False,
    "0": False,
    "off": False,
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: What a variable's name must look like.
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_STEP = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(seconds?|sec|minutes?|min|hours?|days?|s|m|h|d)", re.IGNORECASE)


#: Columns in which a secret or a password may stand where none should: no sentence repeats what they hold.
SECRET = ("SecureEnv", "Volumes", "Spec", "GitRepo", "AlertTo")


class Fault(ValueError):
    """A cell is wrong: the column, the value it holds and what is allowed."""

    def __init__(self, column: str, value: object, allowed: str) -> None:
        super().__init__(f"{column} is {'refused' if column in SECRET else shown(value)}: {allowed}")


def shown(value: object) -> str:
    """Quote a value for a sentence, cut so that a huge cell gives a short sentence."""
    text = value if isinstance(value, str) else iso(value) if isinstance(value, datetime) else repr(value)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def text(column: str, value: Value) -> str:
    """Take any value where text is meant: 5 is '5', a date is its ISO text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes):
        raise Fault(column, value, "it must be text, and is of type Binary.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def number(column: str, value: Value, low: float, high: float) -> float:
    """Take a number from `low` to `high`."""
    try:
        read = float(value) if not isinstance(value, bool | datetime | bytes) else None
    except ValueError:
        read = None
    if read is None or not low <= read <= high:
        raise Fault(column, value, f"it must be a number from {low:g} to {high:g}.")
    return read


def whole(column: str, value: Value, low: int, high: int) -> int:
    """Take a whole number from `low` to `high`."""
    read = number(column, value, low, high)
    if not read.is_integer():
        raise Fault(column, value, f"it must be a whole number from {low} to {high}.")
    return int(read)


def flag(column: str, value: Value) -> bool:
    """Take yes or no in any of the usual spellings."""
    read = _FLAGS.get(text(column, value).lower())
    if read is None:
        raise Fault(column, value, "it must be true or false.")
    return read


def choice(column: str, value: Value, words: Sequence[str]) -> str:
    """Take one of several words, in any case."""
    read = text(column, value).lower()
    if read not in words:
        *most, last = words
        raise Fault(column, value, f"it must be {', '.join(most)}{' or ' if most else ''}{last}.")
    return read


def duration(column: str, value: Value, longest: timedelta, least: timedelta = timedelta(seconds=1)) -> timedelta:
    """Take a length of time with its unit: 90s, 15m, 1h30m, 2 days; 0 needs none, where it is allowed."""
    allowed = f"it must be a length of time such as 90s, 15m or 1h30m, from {length(least)} to {length(longest)}."
    written = re.sub(r"[\s,]+", " ", text(column, value)).strip()
    if written == "0" and not least:
        return least
    steps = _STEP.findall(written)
    if not steps or _STEP.sub("", written).strip():
        raise Fault(column, value, allowed)
    seconds = sum(float(count) * _UNITS[unit[0].lower()] for count, unit in steps)
    if not least.total_seconds() <= seconds <= longest.total_seconds():
        raise Fault(column, value, allowed)
    return timedelta(seconds=seconds)


def length(lasting: timedelta) -> str:
    """Write a length of time as a person types it, in the largest unit that gives a whole number."""
    seconds = round(lasting.total_seconds())
    unit = next((unit for unit in ("d", "h", "m") if seconds and seconds % _UNITS[unit] == 0), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


def moment(column: str, value: Value, zone: str) -> datetime:
    """Take an instant: a DateTime cell, or ISO text, which without an offset is in the row's zone."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(text(column, value))
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(zone))
        return read.astimezone(UTC)
    except (ValueError, OverflowError, OSError, KeyError) as error:
        raise Fault(column, value, "it must be an instant such as 2026-11-22T09:00:00Z.") from error


def variables(column: str, value: Value, most_bytes: int, reserved: Sequence[str]) -> Mapping[str, str]:
    """Take environment variables: a JSON object, or NAME=VALUE, one a line."""
    written = text(column, value)
    size = len(written.encode(errors="replace"))
    if size > most_bytes:
        raise Fault(
            column,
            value,
            f"it has {size:,} bytes, and at most {most_bytes:,} are allowed: a file or blob holds more.",
        )
    read = _object(column, value, written) if written.startswith("{") else _lines(column, value, written)
    for name in read:
        if not VARIABLE.fullmatch(name):
            raise Fault(column, name, "a variable's name has 1 to 63 letters, digits and _, and no digit first.")
        if name in reserved:
            raise Fault(column, name, f"the scheduler tells the run {', '.join(reserved)}: choose another name.")
    return read


def _object(column: str, value: Value, written: str) -> dict[str, str]:
    allowed = 'it must be a JSON object of texts, such as {"MODE": "full"}.'
    read = json_value(column, value, written, allowed)
    if not isinstance(read, dict) or any(isinstance(inner, dict | list | None) for inner in read.values()):
        raise Fault(column, value, allowed)
    return {name: inner if isinstance(inner, str) else json.dumps(inner) for name, inner in read.items()}


def _lines(column: str, value: Value, written: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in written.splitlines() if line.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise Fault(column, value, "it must be a JSON object, or NAME=VALUE, one a line.")
    return {name.strip(): inner.strip() for name, _, inner in pairs}


def json_value(column: str, value: Value, written: str, allowed: str) -> object:
    """Parse JSON; depth and NaN included, whatever the parser refuses is a fault of the cell."""
    try:
        read: object = json.loads(written, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Fault(column, value, f"{allowed} {str(error)[:80]}") from error
    return read


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name[:20]} is not JSON")


def _finite(digits: str) -> float:
    """Read a number as JSON has it; 1e999 would become an infinity, which JSON has not."""
    number = float(digits)
    return number if isfinite(number) else _no_constant(digits)


def words(column: str, value: Value) -> tuple[str, ...]:
    """Take several texts: a JSON list, or separated by commas."""
    written = text(column, value)
    if not written.startswith("["):
        return tuple(word.strip() for word in written.split(",") if word.strip())
    read = json_value(column, value, written, 'it must be a list such as ["a", "b"].')
    if not isinstance(read, list) or not all(isinstance(word, str) for word in read):
        raise Fault(column, value, 'it must be a list of texts such as ["a", "b"].')
    return tuple(read)


class Faults(list[str]):
    """Collects the faults of a whole row, so that a person sees all of them at once."""

    def take[T](self, read: Callable[[], T], otherwise: T) -> T:
        """Give what `read` gives; note its fault and give `otherwise` when it has one."""
        try:
            return read()
        except Fault as fault:
            self.append(str(fault))
            return otherwise
