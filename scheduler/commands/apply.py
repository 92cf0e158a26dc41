"""apply: make the Jobs table say what a file says; first what would change is shown, then it is asked for."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, cast

import typer

from scheduler import crontab
from scheduler.commands.answer import DIFFERS, DONE, FAILED, WRONG, confirmed, give, say
from scheduler.commands.difference import line, shape, show
from scheduler.commands.parsed import load
from scheduler.commands.progress import progress
from scheduler.commands.rows import actor, place
from scheduler.commands.typed import Json, Yes, present, room
from scheduler.crontab import Crontab, Node, Unfit, Wanted
from scheduler.desk import acts, check, hidden
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Refusal
from scheduler.desk.version import version
from scheduler.difference import Act, Plan, Step, after, plan
from scheduler.ports import Table, World
from scheduler.row import OWN_PREFIX, Key, Row
from scheduler.template import is_template

app = room()
_LINE = re.compile(r"line (\d+)")


@app.command()
def apply(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="a file of YAML with jobs: in it; - is standard input")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only show what would change: exit 0 when nothing would, 3 when something")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="remove the jobs that the file leaves out, of the groups that it names")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Make the Jobs table say what a file says: show the difference, ask, write. A second time there is none."""
    world = place()
    rows = {row.key: row for row in world.jobs.query(()).rows if not row.partition.startswith(OWN_PREFIX)}
    try:
        found = _planned(world, load(file), rows, prune=prune)
    except Unfit as unfit:
        return say("\n".join(f"{file}, {fault}" for fault in unfit.faults) + "\nNothing was written.", WRONG)
    if dry_run or not found.steps:
        give(shape(found, {})) if as_json else show(found)
        return DIFFERS if found.steps else DONE
    if not as_json:
        show(found)
    if not confirmed("Write this?", yes=yes):
        return say("Nothing was written.", FAILED)
    return _write(world, actor(present(ctx)), found, as_json=as_json)


def _planned(world: World, top: Node, rows: Mapping[Key, Row], *, prune: bool) -> Plan:
    """Plan what a file says; Unfit with every fault of it, in the order of its lines."""
    faults: list[str] = []
    try:
        wanted = crontab.read(top)
    except Unfit as unfit:
        if unfit.sound is None:
            raise
        wanted = unfit.sound
        faults += unfit.faults
    wanted = replace(wanted, jobs=[_with_secrets(one, rows.get(one.key), faults) for one in wanted.jobs])
    found = plan(wanted, rows, prune=prune)
    faults += _wrong(world, wanted, rows, found)
    if faults:
        raise Unfit(sorted(faults, key=_line_of))
    return found


def _line_of(fault: str) -> int:
    """Give the line that a fault names; those of jobs beside the file come last."""
    found = _LINE.match(fault)
    return int(found[1]) if found else sys.maxsize


def _write(world: World, who: Actor, found: Plan, *, as_json: bool) -> int:
    """Do each step; one that another person's edit stands in the way of is told, and the others are done."""
    results: dict[Key, str] = {}
    with progress("Writing", len(found.steps)) as told:
        for step in found.steps:
            try:
                _do(world, who, step)
            except Refusal as refusal:
                results[step.key] = str(refusal)
                say(f"{line(step)}: not written. {refusal}")
            else:
                results[step.key] = ""
            told(1)
    refused = sum(bool(result) for result in results.values())
    if as_json:
        give(shape(found, results))
    else:
        say(f"{len(results) - refused} written{f', {refused} not' if refused else ''}; the next tick reads them.")
    return FAILED if refused else DONE


def _do(world: World, who: Actor, step: Step) -> None:
    # All of the file was checked as one: an act by itself would miss the upstream that comes after it.
    match step.act:
        case Act.ADD:
            acts.add(world, who, step.key, step.columns, force=True)
        case Act.CHANGE:
            acts.change(world, who, step.key, step.columns, etag=version(step.row), force=True)
        case Act.REMOVE:
            acts.remove(world, who, step.key, etag=version(step.row), force=is_template(step.key))


def _with_secrets(one: Wanted, row: Row | None, faults: list[str]) -> Wanted:
    """Read stars that stand for a secret as what the row holds; a fault where it holds none."""
    cells, torn = dict(one.cells), one.torn
    for name, value in one.cells.items():
        if not hidden.starred(name, value):
            continue
        there = row.columns.get(name) if row else None
        if there is not None and hidden.unchanged(name, value, there):
            cells[name] = there
        else:
            told = "holds stars, which stand for what is not shown: write the whole value."
            faults.append(f"line {one.lines.get(name, one.line)}: {'/'.join(one.key)}: {name} {told}")
            del cells[name]
            torn = True
    return replace(one, cells=cells, torn=torn)


class _Then:
    """The Jobs table as it would be."""

    def __init__(self, rows: Mapping[Key, Row]) -> None:
        self.read = rows.get


def _wrong(world: World, wanted: Crontab, rows: Mapping[Key, Row], found: Plan) -> Iterator[str]:
    """Tell why jobs of the file would be Invalid, and jobs beside it that would become so by what they inherit."""
    then = after(rows, found.steps)
    before, afterwards = _as_if(world, rows), _as_if(world, then)
    places = {one.key: one for one in wanted.jobs}
    torn = any(one.torn and is_template(one.key) for one in wanted.jobs)
    for key, row in then.items():
        told: Sequence[str] = () if is_template(key) else check.read(afterwards, row)[1]
        one = places.get(key)
        if told and one is None:
            told = () if torn else sorted(set(told) - set(check.read(before, rows[key])[1]))
        elif one and (one.torn or (torn and "Template" in one.cells)):
            told = [fault for fault in told if fault.partition(" ")[0] in one.cells]
        yield from (f"{_place(one, fault)}{'/'.join(key)}: {fault}" for fault in told)


def _as_if(world: World, rows: Mapping[Key, Row]) -> World:
    return replace(world, jobs=cast("Table", _Then(rows)))


def _place(one: Wanted | None, fault: str) -> str:
    if one is None:
        return "beside it "
    return f"line {one.lines.get(fault.partition(' ')[0], one.line)}: "
