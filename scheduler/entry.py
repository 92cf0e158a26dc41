"""The two written forms of an open run: its entry in the job row's ActiveRuns, and its row of Runs.

An entry is JSON; what says nothing is left out. Reading is strict: what a person mangled is not a run.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from typing import Any

from scheduler.identity import aware
from scheduler.kept import Kept
from scheduler.row import Columns, Key, Row, Value, iso
from scheduler.run import ENDS, OPEN, Run, State, job_name

#: What reading JSON that somebody mangled may raise.
ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)

type _Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def _interval(said: Sequence[str]) -> tuple[datetime, datetime]:
    return aware(said[0]), aware(said[1])


def _kept(said: Mapping[str, Any]) -> dict[str, Any]:
    Kept.from_json(said)  # raises when somebody mangled it
    return dict(said)


def _texts(said: Sequence[object]) -> tuple[str, ...]:
    if isinstance(said, str):
        raise TypeError("a text is no list of texts")
    return tuple(str(one) for one in said)


_TEXT: _Codec = (str, str)
_WHOLE: _Codec = (int, int)
_NUMBER: _Codec = (float, float)
_FLAG: _Codec = (bool, bool)
_INSTANT: _Codec = (iso, aware)
_SPAN: _Codec = (timedelta.total_seconds, lambda said: timedelta(seconds=float(said)))
#: How each field of a run is written and read; a run's job is its row's key.
_CODECS: Mapping[str, _Codec] = {
    **dict.fromkeys(("trigger", "run_id", "group", "tick", "location", "watermark", "commit"), _TEXT),
    **dict.fromkeys(("upstreams", "backfill"), _TEXT),
    **dict.fromkeys(("attempt", "tries", "retries"), _WHOLE),
    **dict.fromkeys(("cpu", "memory"), _NUMBER),
    **dict.fromkeys(("existing", "cancel", "removing", "spot", "apart", "replaced"), _FLAG),
    **dict.fromkeys(("due", "claimed", "lease", "missing", "unread", "not_before", "failed"), _INSTANT),
    **dict.fromkeys(("timeout", "start_timeout", "retry_delay"), _SPAN),
    **dict.fromkeys(("places", "secrets"), (list, _texts)),
    "state": (str, State),
    "interval": (lambda ends: [iso(end) for end in ends], _interval),
    "prior": (datetime.isoformat, aware),  # to the last digit: it is compared with what ACI says
    "spent": (dict, lambda said: {str(cause): int(times) for cause, times in said.items()}),
    "kept": (dict, _kept),
}
_NEEDED = frozenset(
    one.name for one in fields(Run) if one.default is MISSING and one.default_factory is MISSING
) - {"job"}  # fmt: skip
#: Written even when they say nothing: whoever reads the cell looks for them.
_ALWAYS = _NEEDED | {"state", "location", "watermark"}


def entry(run: Run) -> dict[str, Any]:
    """Write a run as it stands in ActiveRuns."""
    held = vars(run)
    return {name: write(held[name]) for name, write, default in _WRITTEN if held[name] != default}


def _default(name: str) -> Any:  # noqa: ANN401 - any field's
    one = next(one for one in fields(Run) if one.name == name)
    return one.default_factory() if one.default_factory is not MISSING else one.default


#: How each field is written, and what it holds when it says nothing; what is always written never equals that.
_WRITTEN = [(name, codec[0], object() if name in _ALWAYS else _default(name)) for name, codec in _CODECS.items()]


def from_entry(job: Key, said: Mapping[str, Any]) -> Run:
    """Read an entry back; raises what `ODD` names when a person mangled it."""
    read = {name: _CODECS[name][1](said[name]) for name in _CODECS if name in _NEEDED or name in said}
    if read.get("state", State.STARTING) in ENDS:
        raise ValueError(f"an open run cannot be {read['state']}")
    return Run(job=job, **read)


def read_entries(job: Key, written: Value | None) -> tuple[Run, ...] | None:
    """Read ActiveRuns; None when somebody mangled it."""
    try:
        said = json.loads(str(written or "[]"))
        return tuple(from_entry(job, one) for one in said) if isinstance(said, list) else None
    except ODD:
        return None


def write_entries(runs: Sequence[Run]) -> str:
    """Write ActiveRuns."""
    return json.dumps([entry(run) for run in runs])


def row_of(run: Run, cell: Value = "", beside: Sequence[Run] = ()) -> Columns:
    """Write the columns with which a run is registered in Runs, its entry among them.

    `cell`: what `write_entries` made of `beside`: where the run is alone in it, its entry need not be written anew.
    """
    alone = cell and len(beside) == 1 and beside[0] is run
    columns: dict[str, Value] = {
        "State": OPEN,
        "Trigger": str(run.trigger),
        "Due": run.due,
        "Attempt": run.attempt,
        "Group": run.group,
        "RunId": run.run_id,
        "Location": run.location,
        "Tick": run.tick,
        "Claimed": run.claimed,
        "Lease": run.lease,
        "WatermarkFrom": run.watermark,
        "Entry": str(cell)[1:-1] if alone else json.dumps(entry(run)),
    }
    if run.interval:
        columns |= {"IntervalStart": run.interval[0], "IntervalEnd": run.interval[1]}
    if run.commit:
        columns["Commit"] = run.commit
    if run.cpu:
        columns |= {"Cpu": run.cpu, "MemoryGb": run.memory, "Spot": run.spot}
    return columns


def run_of(row: Row) -> Run | None:
    """Read a registered run back from its row of Runs, as it was when it was claimed; None when it is mangled."""
    try:
        return from_entry((row.partition, job_name(row)), json.loads(str(row.columns.get("Entry"))))
    except ODD:
        return None
