"""One day of weather, made trustworthy from a row of the source or a line of the store. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from weather.faults import shown

WEATHERS = ("drizzle", "fog", "rain", "snow", "sun")
COLUMNS = ("date", "precipitation", "temp_max", "temp_min", "wind", "weather")
NUMBER = re.compile(r"[+-]?[0-9]{1,6}(\.[0-9]{1,6})?")
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True)
class Observation:
    """The weather of one day: precipitation in mm, temperatures in degrees Celsius, wind in m/s."""

    day: date
    precipitation: float
    temp_max: float
    temp_min: float
    wind: float
    weather: str

    @property
    def month(self) -> str:
        """The month it belongs to, as `2012-01`."""
        return month_of(self.day)

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> "Observation":
        """Read COLUMNS from text or numbers; ValueError says which column is wrong and why."""
        missing = [column for column in COLUMNS if row.get(column) is None]
        if missing:
            raise ValueError(f"has no {', '.join(missing)}; needed are {', '.join(COLUMNS)}")
        return cls(
            day=_column_day(row),
            precipitation=_number(row, "precipitation", least=0),
            temp_max=_number(row, "temp_max"),
            temp_min=_number(row, "temp_min"),
            wind=_number(row, "wind", least=0),
            weather=_weather(row),
        )

    @classmethod
    def from_line(cls, line: str) -> "Observation":
        """Read what `line` wrote; ValueError says what is wrong with the text."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"holds {shown(line)}, which is not JSON") from error
        if not isinstance(row, dict):
            raise ValueError(f"holds {shown(line)}, which is not a JSON object")  # noqa: TRY004  one kind of error for bad text
        return cls.from_row(row)

    def line(self) -> str:
        """Return the observation as one line of JSON: the same observation, the same bytes."""
        return json.dumps(
            {
                "date": self.day.isoformat(),
                "precipitation": self.precipitation,
                "temp_max": self.temp_max,
                "temp_min": self.temp_min,
                "wind": self.wind,
                "weather": self.weather,
            }
        )


def month_of(day: date) -> str:
    """Return the month of `day`, as `2012-01`."""
    return f"{day.year:04}-{day.month:02}"


def parse_day(text: str) -> date:
    """Read `2012-01-31`; ValueError for anything else, other ISO spellings included."""
    match = DAY.fullmatch(text)
    if match is None:
        raise ValueError("is not a day such as 2012-01-31")
    return date(*(int(part) for part in match.groups()))


def _column_day(row: Mapping[str, object]) -> date:
    text = str(row["date"]).strip()
    try:
        return parse_day(text.replace("/", "-"))
    except ValueError as error:
        raise ValueError(f"has date {shown(text)}: a day such as 2012-01-31 or 2012/01/31 is allowed") from error


def _number(row: Mapping[str, object], column: str, *, least: float | None = None) -> float:
    text = str(row[column]).strip()
    allowed = "a decimal number is allowed" if least is None else f"a decimal number from {least} is allowed"
    if NUMBER.fullmatch(text) is None or (least is not None and float(text) < least):
        raise ValueError(f"has {column} {shown(text)}: {allowed}")
    return float(text)


def _weather(row: Mapping[str, object]) -> str:
    text = str(row["weather"]).strip()
    if text not in WEATHERS:
        raise ValueError(f"has weather {shown(text)}: {', '.join(WEATHERS)} are allowed")
    return text
