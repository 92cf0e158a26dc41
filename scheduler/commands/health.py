"""health: how the scheduler itself is, as its last tick told; exit 1 when it is not well."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, FAILED, give, pairs, tell
from scheduler.commands.typed import Json, present, room
from scheduler.desk import health as desk
from scheduler.desk.health import Health, Late
from scheduler.row import iso, seconds

app = room()
_WELL, _NOTHING = "ok", "-"
#: How many late due times are named.
_NAMED = 5


@app.command()
def health(ctx: typer.Context, *, as_json: Json = False) -> int:
    """Show the last tick, its duration and counts, the lag, what ACI would still create, and invalid rows."""
    found = desk.health(wiring.world(), present(ctx))
    if as_json:
        give(shape(found))
    else:
        _tell(found)
    return DONE if found.status == _WELL else FAILED


def _tell(found: Health) -> None:
    left = (f"{one.location} {'any number' if one.left is None else one.left}" for one in found.creations)
    pairs(
        {
            "Status": found.status,
            "Last tick": f"{iso(found.last_tick)}, {_lasting(found.age)} ago" if found.last_tick else _NOTHING,
            "Took": _NOTHING if found.seconds is None else seconds(found.seconds),
            "Counts": _counts(found.counts),
            "Lag": _lasting(found.lag),
            "Groups": f"{found.going} of {found.most}",
            "Creations left": ", ".join(left) or _NOTHING,
            "Jobs": _counts({name or "not seen yet": count for name, count in found.jobs.items()}),
        }
    )
    for trouble in found.troubles:
        tell(f"Trouble: {trouble}")
    for line in found.invalid:
        tell(f"{line.name} is Invalid: {line.reason}")
    for line in found.damaged:
        tell(f"{line.name}: its open runs cannot be read: somebody damaged the cell ActiveRuns.")
    if found.late:
        tell(_late(found.late))
    for unsent in found.unsent:
        tell(unsent.sentence)


def _late(late: Sequence[Late]) -> str:
    """Name the first few that are late, the most belated first: a quota makes half of all jobs late at once."""
    named = ", ".join(f"{one.line.name} by {_lasting(one.by)}, due {iso(one.due)}" for one in late[:_NAMED])
    many = "1 due time is late" if len(late) == 1 else f"{len(late):,} due times are late"
    return f"{many}: {named}{', …' if len(late) > _NAMED else ''}."


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or _NOTHING


def _lasting(age: timedelta | None) -> str:
    return _NOTHING if age is None else seconds(age.total_seconds())


def shape(found: Health) -> dict[str, object]:
    """Give it as JSON holds it; spans of time in seconds."""
    return {
        "Status": found.status,
        "LastTick": iso(found.last_tick) if found.last_tick else None,
        "Age": found.age.total_seconds() if found.age is not None else None,
        "Duration": found.seconds,
        "Counts": dict(found.counts),
        "Lag": found.lag.total_seconds(),
        "Groups": found.going,
        "MostGroups": found.most,
        "Creations": [
            {"Location": one.location, "Left": one.left, "FiveMinutes": one.five_minutes, "Hour": one.hour}
            for one in found.creations
        ],
        "Jobs": dict(found.jobs),
        "Troubles": list(found.troubles),
        "Invalid": [{"Job": line.name, "Reason": line.reason} for line in found.invalid],
        "Damaged": [line.name for line in found.damaged],
        "Unsent": [
            {
                "To": one.to,
                "Waiting": one.waiting,
                "Oldest": iso(one.oldest) if one.oldest else None,
                "Said": one.said,
                "GivenUp": one.given_up,
                "Why": one.why,
                "SaidBy": one.said_by,
                "WhyBy": one.why_by,
            }
            for one in found.unsent
        ],
        "Late": [{"Job": one.line.name, "Due": iso(one.due), "Seconds": one.by.total_seconds()} for one in found.late],
    }
