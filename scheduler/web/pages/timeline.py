"""Timeline: a day of all jobs as a Gantt chart, what ran and what is planned, under ACI's line."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from scheduler.desk import timeline
from scheduler.desk.faults import Wrong
from scheduler.desk.timeline import Lane
from scheduler.schedule import Refused
from scheduler.wall import zone_named
from scheduler.web.shown.band import band
from scheduler.web.shown.day import Day
from scheduler.web.shown.gantt import Line, chart, stretches
from scheduler.web.site import Site, Visit

#: The most rows of a page. Where there are more, its groups are folded, and one of them is shown in pages.
MOST_ROWS = 150
#: The most sentences about what is left out.
_MOST_NOTES = 5
#: Zones that are offered beside those of the jobs.
ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/timeline", show)


def show(visit: Visit) -> Response:
    """Show the day that is asked for, by default today; what cannot be read is told beside its field."""
    typed = {name: visit.query.get(name, "").strip() for name in ("day", "zone", "group")}
    try:
        return visit.show("timeline.html", **_shown(visit, typed))
    except Wrong as wrong:
        values = {"fault": str(wrong), "field": wrong.field, "typed": typed, "zones": ZONES, "day": None}
        return visit.show("timeline.html", 400, **values)


def _shown(visit: Visit, typed: dict[str, str]) -> dict[str, Any]:
    zone, group = typed["zone"] or "UTC", typed["group"]
    asked = _date(typed["day"], zone, visit.now)
    found = timeline.day(visit.world, visit.now, asked, zone, group)
    day = Day(found.date, zone_named(found.zone))
    busy = [lane for lane in found.lanes if _busy(lane, day)]
    names = sorted({lane.line.group for lane in found.lanes}, key=str.lower)
    folded = len(busy) > MOST_ROWS and not group
    first = _first(visit, len(busy)) if group else 0
    rows = sorted(busy, key=lambda lane: (lane.line.key[1].lower(), lane.line.key))[first:]
    drawn = [] if folded else (rows[:MOST_ROWS] if group else busy)
    made = chart(stretches(drawn), day, visit.now)
    address = {"zone": found.zone} if found.zone != "UTC" else {}
    inside = address | ({"group": group} if group else {})
    return {
        "fault": "",
        "field": "",
        "typed": {"day": found.date.isoformat(), "zone": found.zone, "group": group},
        "zones": _zones(found.lanes),
        "day": day,
        "found": found,
        "chart": made,
        "band": band(found.levels, day, found.most, found.aci),
        "peak_at": next((level.at for level in found.levels if level.groups == found.peak), None),
        "idle": len(found.lanes) - len(busy),
        "busy": len(busy),
        "folds": _folds(busy, address, found.date) if folded else [],
        "names": names,
        "notes": [*found.notes, *_notes(drawn)],
        "first": first,
        "more": _address(found.date, inside | {"first": str(first + MOST_ROWS)}) if rows[MOST_ROWS:] and group else "",
        "earlier": _address(found.date, inside | {"first": str(max(0, first - MOST_ROWS))}) if first else "",
        "before": _address(found.date - timedelta(days=1), inside),
        "after": _address(found.date + timedelta(days=1), inside),
        "today": f"/timeline?{urlencode(inside)}" if inside else "/timeline",
        "is_today": found.begin <= visit.now < found.end,
        "marks": _marks(made.groups.values()),
    }


def _busy(lane: Lane, day: Day) -> bool:
    """Say whether a job has anything that day; what is due next counts though no more due times can be planned."""
    due = lane.line.next_due
    planned = due is not None and day.holds(due) and not lane.line.paused and not lane.line.invalid
    return bool(lane.bars or lane.planned or planned)


def _date(typed: str, zone: str, now: datetime) -> date:
    """Read the day, by default the one that it is in the zone now."""
    if not typed:
        try:
            return now.astimezone(zone_named(zone)).date()
        except Refused:
            return now.astimezone(UTC).date()  # the desk says what is wrong with the zone
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Wrong(f"day is {typed[:40]!r}: it must be a date such as {now:%Y-%m-%d}.", "day") from None


def _first(visit: Visit, many: int) -> int:
    said = visit.query.get("first", "").strip()
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0  # noqa: PLR2004 - of at most a million jobs
    return number if number < many else 0


def _address(day: date, more: dict[str, str]) -> str:
    return f"/timeline?{urlencode({'day': day.isoformat(), **more})}"


def _zones(lanes: Iterable[Lane]) -> list[str]:
    """Offer the zones that jobs are scheduled in, and some more."""
    used = {lane.line.zone for lane in lanes if lane.line.zone}
    return [*ZONES, *sorted(zone for zone in used if zone not in ZONES)[:50]]


def _notes(lanes: Sequence[Lane]) -> list[str]:
    """Say each thing that is left out once, with the jobs of which it is."""
    jobs: dict[str, list[str]] = {}
    for lane in lanes:
        for note in lane.notes:
            jobs.setdefault(note, []).append("/".join(lane.line.key))
    return [f"{_named(names)}: {note}" for note, names in jobs.items()][:_MOST_NOTES]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1:,} more jobs"  # noqa: PLR2004 - more is a wall of text


def _folds(busy: Sequence[Lane], address: dict[str, str], day: date) -> list[dict[str, Any]]:
    """Count the day of each group, where there are too many jobs to draw them all."""
    groups: dict[str, list[Lane]] = {}
    for lane in busy:
        groups.setdefault(lane.line.group, []).append(lane)
    return [
        {
            "name": name,
            "jobs": len(lanes),
            "runs": sum(len(lane.bars) for lane in lanes),
            "bad": sum(bar.state in ("Failed", "Lost") for lane in lanes for bar in lane.bars),
            "going": sum(bar.going for lane in lanes for bar in lane.bars),
            "planned": sum(lane.due for lane in lanes),
            "href": _address(day, address | {"group": name}),
        }
        for name, lanes in sorted(groups.items(), key=lambda one: one[0].lower())
    ]


def _marks(groups: Iterable[Sequence[Line]]) -> int:
    return sum(len(line.marks) for lines in groups for line in lines)
