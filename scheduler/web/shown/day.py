"""A day on the wall of a zone: where it begins and ends, its hours, and where on its line an instant lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.wall import midnight

#: An hour line is labelled when its hour is a multiple of this.
_LABELLED = 3


@dataclass(frozen=True)
class Hour:
    """One hour line: where it lies in per cent, and its label, '' for the lines between."""

    x: float
    label: str


@dataclass(frozen=True)
class Day:
    """A day of a zone. It has 23 or 25 hours where the clock changes."""

    date: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """Its first instant."""
        return midnight(self.date, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant of the next day."""
        return midnight(self.date + timedelta(days=1), self.zone)

    def x(self, moment: datetime) -> float:
        """Give where an instant lies, in per cent of the day, no further than its ends."""
        share = (moment - self.begin) / (self.end - self.begin)
        return 100 * min(max(share, 0.0), 1.0)

    def holds(self, moment: datetime) -> bool:
        """Say whether an instant is within it."""
        return self.begin <= moment < self.end

    @property
    def hours(self) -> Sequence[Hour]:
        """Give its hour lines; the hours that the clock leaps over have none, those that it repeats have two."""
        count = (self.end - self.begin) // timedelta(hours=1)
        moments = [self.begin + timedelta(hours=number) for number in range(count + 1)]
        walls = [moment.astimezone(self.zone) for moment in moments]
        return [
            Hour(self.x(moment), f"{wall:%H:%M}" if wall.hour % _LABELLED == 0 and wall.minute == 0 else "")
            for moment, wall in zip(moments, walls, strict=True)
        ]

    def clock(self, moment: datetime) -> str:
        """Write an instant as its zone's clock shows it; the date too when it is another day's."""
        wall = moment.astimezone(self.zone)
        return f"{wall:%H:%M}" if wall.date() == self.date else f"{wall:%Y-%m-%d %H:%M}"
