"""python -m scheduler: run a tick, see jobs and runs, edit a row as a person's tool would, try a schedule."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from scheduler import cell, wiring
from scheduler.history import Summary
from scheduler.job import OWNED, Faulty, Job
from scheduler.ports import ANY, BatchRefused, Insert, Merge
from scheduler.row import OWN_PREFIX, Key, Row, Value, iso, known
from scheduler.schedule import Refused, Schedule
from scheduler.settings import SettingsError
from scheduler.standing import COLUMNS
from scheduler.steps.repair import newest_runs
from scheduler.steps.work import is_job
from scheduler.template import inherit, is_template

#: Exit codes: done; not found or not whole; refused as typed.
DONE, FAILED, WRONG = 0, 1, 2
_MOST = 1_000
_INTERRUPTED = 130


class Wrong(ValueError):
    """What was typed cannot be; the sentence says why."""


class Missing(LookupError):
    """What was asked for is not there."""


def main(typed: Sequence[str], now: datetime) -> int:
    """Run one command; errors are sentences on standard error, never a trace."""
    asked = _parser().parse_args(typed)
    command: Callable[[argparse.Namespace, datetime], int] = asked.command
    try:
        return command(asked, now)
    except (Wrong, Refused, SettingsError, cell.Fault) as wrong:
        return _say(wrong, WRONG)
    except Missing as missing:
        return _say(missing, FAILED)
    except BatchRefused as refused:
        return _say(f"Table Storage refused the row ({refused.status}): {refused.sentence}", WRONG)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except Exception as error:  # noqa: BLE001 - a person reads a sentence; the SDKs' errors hold their own
        if type(error).__name__ in ("ServiceRequestError", "ServiceResponseError"):
            print(
                "The storage of AzureWebJobsStorage does not answer; on a laptop `make run` starts it.", file=sys.stderr
            )
        return _say(
            f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}", FAILED
        )


def _say(what: object, code: int) -> int:
    print(what, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scheduler", description=(__doc__ or "").partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    tick = _command(commands, "tick", _tick, "run one pass, as the timer does; exit 0 when it was whole")
    tick.add_argument("--now", metavar="ISO", help="the instant of the pass, for example 2026-11-22T09:00:00Z")
    _command(commands, "jobs", _jobs, "list the jobs")
    job = commands.add_parser("job", help="add, edit or show one job")
    jobs = job.add_subparsers(required=True, metavar="add|set|show")
    for name, does, told in (
        ("add", _add, "add a row"),
        ("set", _set, "edit cells of a row"),
        ("show", _show, "show a row"),
    ):
        one = _command(jobs, name, does, told)
        one.add_argument("job", metavar="JOB", help="PartitionKey/RowKey, for example weather/extract")
        if name != "show":
            one.add_argument("cells", metavar="COLUMN=VALUE", nargs="+" if name == "set" else "*")
    runs = _command(commands, "runs", _runs, "list a job's newest runs and skips")
    runs.add_argument("job", metavar="JOB")
    following = _command(commands, "next", _next, "show the next due times of a schedule")
    following.add_argument("schedule", metavar="SCHEDULE", help='for example "0 2 * * 1-5"')
    following.add_argument("--zone", default="UTC", help="an IANA zone (default UTC)")
    following.add_argument("--from", dest="start", metavar="ISO", help="due times after this instant (default now)")
    following.add_argument("--count", type=int, default=5, help="how many (default 5)")
    return parser


def _command(
    where: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    does: Callable[[argparse.Namespace, datetime], int],
    told: str,
) -> argparse.ArgumentParser:
    parser = where.add_parser(name, help=told, description=told)
    parser.set_defaults(command=does)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _tick(asked: argparse.Namespace, now: datetime) -> int:
    done = wiring.run_tick(cell.moment("--now", asked.now, "UTC") if asked.now else now)
    print(json.dumps(vars(done)) if asked.json else done)
    return DONE


def _jobs(asked: argparse.Namespace, now: datetime) -> int:
    del now
    rows = [row for row in wiring.world().jobs.query(()).rows if is_job(row)]
    if asked.json:
        print(json.dumps([_plain(row) for row in rows], indent=2))
        return DONE
    shown = [
        (
            "/".join(row.key),
            _text(row, "Status"),
            _moment(row, "NextRun"),
            _text(row, "Watermark"),
            _text(row, "Reason"),
        )
        for row in rows
    ]
    _table(("JOB", "STATUS", "NEXT RUN", "WATERMARK", "REASON"), shown)
    return DONE


def _add(asked: argparse.Namespace, now: datetime) -> int:
    del now
    key, cells = _key(asked.job), _cells(asked.cells)
    try:
        wiring.world().jobs.submit([Insert(key, cells)])
    except BatchRefused as refused:
        if refused.status == 409:  # noqa: PLR2004 - HTTP's "conflict"
            raise Missing(f"{asked.job} is there already; edit it with: job set {asked.job} COLUMN=VALUE") from refused
        raise
    return _saved(asked, key)


def _set(asked: argparse.Namespace, now: datetime) -> int:
    del now
    key, cells = _key(asked.job), _cells(asked.cells)
    try:
        wiring.world().jobs.submit([Merge(key, cells, ANY)])
    except BatchRefused as refused:
        if refused.status == 404:  # noqa: PLR2004 - HTTP's "not found"
            raise Missing(f"{asked.job} is not there; add it with: job add {asked.job} COLUMN=VALUE") from refused
        raise
    return _saved(asked, key)


def _saved(asked: argparse.Namespace, key: Key) -> int:
    """Tell what the next tick will think of the row: it was saved either way, as any tool would."""
    row = _row(key)
    for fault in () if is_template(key) else _faults(row):
        print(f"{asked.job} will be Invalid: {fault}", file=sys.stderr)
    print(json.dumps(_plain(row), indent=2) if asked.json else f"{asked.job} is saved; the next tick reads it.")
    return DONE


def _faults(row: Row) -> tuple[str, ...]:
    whole, wrong, _ = inherit(row, wiring.world().jobs.read)
    read = Job.from_row(whole)
    return (*wrong, *(read.faults if isinstance(read, Faulty) else ()))


def _show(asked: argparse.Namespace, now: datetime) -> int:
    del now
    row = _row(_key(asked.job))
    if asked.json:
        print(json.dumps(_plain(row), indent=2))
        return DONE
    for name, value in _plain(row).items():
        print(f"{name:<16} {value}")
    return DONE


def _runs(asked: argparse.Namespace, now: datetime) -> int:
    del now
    key = _key(asked.job)
    rows = newest_runs(wiring.world(), key)
    if not rows:
        _row(key)
    if asked.json:
        print(json.dumps([_plain(row) for row in rows], indent=2))
        return DONE
    shown = [
        (_moment(row, "Due"), _text(row, "Attempt"), _text(row, "State"), _text(row, "Duration"),
         _text(row, "WatermarkFrom"), _text(row, "WatermarkTo"), _text(row, "Reason"))
        for row in rows
    ]  # fmt: skip
    _table(("DUE", "ATTEMPT", "STATE", "SECONDS", "FROM", "TO", "REASON"), shown)
    print(Summary.of(rows))
    return DONE


def _next(asked: argparse.Namespace, now: datetime) -> int:
    if not 1 <= asked.count <= _MOST:
        raise Wrong(f"--count is {asked.count}: it must be a number from 1 to {_MOST}.")
    schedule = Schedule.parse(asked.schedule, asked.zone)
    due: datetime | None = cell.moment("--from", asked.start, asked.zone) if asked.start else now
    found: list[str] = []
    while len(found) < asked.count and due and (due := schedule.after(due)):
        found.append(due.astimezone(ZoneInfo(asked.zone)).isoformat())
    print(json.dumps(found) if asked.json else "\n".join(found), end="\n" if found or asked.json else "")
    return DONE


def _key(typed: str) -> Key:
    partition, slash, name = typed.partition("/")
    if not slash or not partition or not name or "/" in name:
        raise Wrong(f"JOB is {typed!r}: it must be PartitionKey/RowKey, for example weather/extract.")
    if partition.startswith(OWN_PREFIX):
        raise Wrong(f"JOB is {typed!r}: a PartitionKey that begins with {OWN_PREFIX} is Crontable's own.")
    return partition, name


def _cells(typed: Sequence[str]) -> dict[str, Value]:
    cells: dict[str, Value] = {}
    for one in typed:
        name, equals, value = one.partition("=")
        if not equals:
            raise Wrong(f"{one!r} is not COLUMN=VALUE.")
        if name in COLUMNS:
            raise Wrong(
                f"{name} is the scheduler's own column: edit what it follows from, such as Schedule or Watermark."
            )
        if name not in OWNED:
            near = get_close_matches(name, OWNED, 1)
            instead = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(OWNED)}."
            raise Wrong(f"{name!r} is not a column of a job: {instead}")
        cells[name] = value
    return cells


def _row(key: Key) -> Row:
    row = wiring.world().jobs.read(key)
    if row is None:
        raise Missing(f"{'/'.join(key)} is not there; `python -m scheduler jobs` lists the jobs.")
    return row


def _plain(row: Row) -> dict[str, object]:
    cells = {name: _json(value) for name, value in row.columns.items()}
    return {"PartitionKey": row.partition, "RowKey": row.name, **cells, "Timestamp": iso(row.timestamp)}


def _json(value: Value) -> object:
    if isinstance(value, datetime):
        return iso(value)
    return value.hex() if isinstance(value, bytes) else value


def _text(row: Row, name: str) -> str:
    return (
        cell.shown(_json(row.columns.get(name, ""))).strip("'\"")
        if name != "Reason"
        else str(row.columns.get(name, ""))
    )


def _moment(row: Row, name: str) -> str:
    moment = known(row.columns.get(name))
    return iso(moment) if moment else "-"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as they need; line breaks in cells would tear the table."""
    plain = [[" ".join(text.split()) for text in row] for row in [heads, *rows]]
    widths = [max(len(row[at]) for row in plain) for at in range(len(heads) - 1)]
    for row in plain:
        print("  ".join([text.ljust(width) for text, width in zip(row, widths, strict=False)] + [row[-1]]).rstrip())
