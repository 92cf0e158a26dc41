"""How the pages write things: instants with their age, durations, shares, and any text so that it is harmless.

Plain functions that the templates use as filters; the present is an argument.
"""

from datetime import UTC, datetime, timedelta

from scheduler import row
from scheduler.desk import harmless
from scheduler.row import iso

#: What stands where there is no figure.
NOTHING = "\u2013"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def plain(value: object) -> object:
    """Make any text that is printed harmless; None is '', and what is no text stays as it is."""
    if value is None:
        return ""
    return harmless.text(value) if type(value) is str and not value.isprintable() else value


def lasted(seconds: float | None) -> str:
    """Write a duration in at most two units: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h; a dash for none."""
    return NOTHING if seconds is None else row.lasted(seconds)


def apart(moment: datetime, now: datetime) -> str:
    """Say how far an instant is from now, in one unit: 'now', '3 min ago', 'in 2 h'."""
    away = (moment - now).total_seconds()
    size = rough(abs(away))
    if size == "now":
        return size
    return f"in {size}" if away > 0 else f"{size} ago"


def rough(seconds: float) -> str:
    """Write a distance in time in one unit, cut: 'now', '40 s', '3 min', '2 h', '5 d'."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit * (2 if name == "d" else 1):
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds)} s" if seconds >= 5 else "now"  # noqa: PLR2004 - nobody acts on less


def short(moment: datetime, now: datetime) -> str:
    """Write an instant in UTC as short as it stays clear: 09:03:00 today, 21 Nov 09:03 this year, else the date."""
    there, here = moment.astimezone(UTC), now.astimezone(UTC)
    if there.date() == here.date():
        return f"{there:%H:%M:%S}"
    if abs(there - here) < timedelta(days=300):
        return f"{there.day} {there:%b %H:%M}"
    return f"{there:%Y-%m-%d %H:%M}"


def instant(moment: datetime) -> str:
    """Write an instant for a machine, and for a title."""
    return iso(moment)


def percent(share: float | None) -> str:
    """Write a share, never rounding a failure away: 99.6 % is not 100 %."""
    if share is None:
        return NOTHING
    if 0 < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.{0 if 1 <= share * 100 <= 99 else 1}f} %"  # noqa: PLR2004
    return f"{share * 100:.0f} %"


def trimmed(text: str, room: int) -> str:
    """Cut a text to so many characters, with a sign that it was cut."""
    return text if len(text) <= room else f"{text[: max(room - 1, 0)].rstrip()}…"
