"""health: how the scheduler itself is, as its last tick told; exit 1 when it is not well."""

from collections.abc import Mapping
from datetime import timedelta

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, FAILED, give, pairs, tell
from scheduler.commands.typed import Json, present, room
from scheduler.desk import health as desk
from scheduler.desk.health import Health
from scheduler.row import iso, seconds

app = room()
_WELL, _NOTHING = "ok", "-"


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
    for late in found.late:
        tell(f"{late.line.name} is late by {_lasting(late.by)}: it was due at {iso(late.due)}.")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or _NOTHING


def _lasting(age: timedelta | None) -> str:
    return _NOTHING if age is None else seconds(age.total_seconds())


def shape(found: Health) -> dict[str, object]:
    """Give it as JSON holds it; spans of time in seconds."""
    return {
        "Status": found.status,
        "LastTick": iso(found.last_tick) if found.last_tick else None,
        "Age": found.age.total_seconds() if found.age else None,
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
        "Late": [{"Job": one.line.name, "Due": iso(one.due), "Seconds": one.by.total_seconds()} for one in found.late],
    }
