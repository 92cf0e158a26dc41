"""The table of observations that is loaded: a CSV file, or the same behind http:// or https://."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from weather.faults import BadSettingError, WeatherError, shown
from weather.observation import COLUMNS, Observation

TIMEOUT_SECONDS = 30
LARGEST_BYTES = 64 * 1024 * 1024


def read_source(place: str) -> list[Observation]:
    """Return every observation at `place` (an address or a path), in order of days.

    The whole table is read and checked before anything is returned: a fault in its last row stores no row.
    Raises WeatherError for a source that cannot be read or is malformed, naming the line; BadSettingError for
    an address of another kind.
    """
    data = _fetch(place) if "://" in place else _read_file(place)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WeatherError(f"The source {_named(place)} is not UTF-8 text at byte {error.start}.") from error
    days: dict[date, Observation] = {}
    for line, observation in _rows(text, place):
        if observation.day in days:
            raise WeatherError(f"Line {line} of the source {_named(place)} repeats {observation.day}: one row a day.")
        days[observation.day] = observation
    return [days[day] for day in sorted(days)]


def _rows(text: str, place: str) -> Iterator[tuple[int, Observation]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise WeatherError(
                f"The source {_named(place)} has no column {', '.join(missing)}: its first line must name "
                f"{', '.join(COLUMNS)}."
            )
        for row in reader:
            if None in row:
                raise ValueError(f"has more fields than its {len(reader.fieldnames or ())} columns")  # noqa: TRY301  one place adds the line
            yield reader.line_num, Observation.from_row(row)
    except csv.Error as error:
        raise WeatherError(f"The source {_named(place)} is not CSV after line {reader.line_num}: {error}.") from error
    except ValueError as error:
        raise WeatherError(f"Line {reader.line_num} of the source {_named(place)} {error}.") from error


def _read_file(place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WeatherError(
            f"The source {_named(place)} cannot be read: {why}; a CSV file or http(s):// is allowed."
        ) from error


def _fetch(place: str) -> bytes:
    if not place.lower().startswith(("http://", "https://")):
        raise BadSettingError(
            f"The source {_named(place)} is of no known kind: http://, https:// or a file's path is allowed."
        )
    try:
        with urlopen(place, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  the scheme was checked above
            return _body(response, place)
    except HTTPError as error:
        error.close()
        raise WeatherError(f"The source {_named(place)} cannot be read: it answered HTTP {error.code}.") from error
    except OSError as error:
        raise WeatherError(f"The source {_named(place)} cannot be read: {getattr(error, 'reason', error)}.") from error
    except (HTTPException, ValueError) as error:
        raise WeatherError(f"The source {_named(place)} cannot be read: {type(error).__name__}.") from error


def _body(response: HTTPResponse, place: str) -> bytes:
    """Return the whole body.

    A connection that breaks midway makes a bounded read() return early without an error: the end of the table
    would be missing and look like the end of the data. What the server still owed tells the two apart.
    """
    data = response.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise WeatherError(f"The source {_named(place)} is larger than the {LARGEST_BYTES} bytes allowed.")
    if response.length:
        raise WeatherError(
            f"The source {_named(place)} cannot be read: the answer ended {response.length} bytes too early."
        )
    return data


def _named(place: str) -> str:
    """Return `place` fit for a log: no user and no query, where keys and signatures travel."""
    if "://" not in place:
        return shown(place)
    try:
        parts = urlsplit(place)
    except ValueError:
        return shown(place.split("://", 1)[0] + "://...")
    return shown(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
