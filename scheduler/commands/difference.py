"""What `apply` would change, as a person reads it and as JSON holds it."""

from collections.abc import Mapping

from scheduler.commands.answer import plain, tell
from scheduler.difference import Act, Cell, Plan, Step
from scheduler.row import Key, Row, Value

_SIGNS = {Act.ADD: "+", Act.CHANGE: "~", Act.REMOVE: "-"}
_NOTHING = "(empty)"


def show(plan: Plan) -> None:
    """Print every step, cell by cell, and how many they are."""
    for step in plan.steps:
        tell(line(step))
        for cell in step.cells if step.act is not Act.REMOVE else ():
            tell(f"    {cell.column}: {_way(step, cell)}")
    counts = [(sum(step.act is act for step in plan.steps), act) for act in Act]
    told = ", ".join(f"{count} to {act}" for count, act in counts if count)
    alike = f"{plan.alike} as the file says"
    tell(f"{told}; {alike}." if told else f"Nothing to do: {alike}.")


def line(step: Step) -> str:
    """Name a step."""
    return f"{_SIGNS[step.act]} {'/'.join(step.key)}"


def _way(step: Step, cell: Cell) -> str:
    after = _shown(cell.column, cell.after)
    if step.act is Act.ADD:
        return after
    before = _shown(cell.column, cell.before)
    return f"{before} -> {after}" if before != after else "changed, and not shown"


def _shown(column: str, value: Value | None) -> str:
    if value is None:
        return _NOTHING
    return str(_json(column, value))


def _json(column: str, value: Value | None) -> object:
    return None if value is None else plain(Row("", "", {column: value}))[column]


def shape(plan: Plan, results: Mapping[Key, str]) -> dict[str, object]:
    """Give a plan, and what became of it, as JSON holds it."""
    return {
        "Steps": [
            {
                "Act": step.act,
                "Job": "/".join(step.key),
                "Cells": {
                    cell.column: {"From": _json(cell.column, cell.before), "To": _json(cell.column, cell.after)}
                    for cell in step.cells
                },
                "Result": _result(results.get(step.key)),
            }
            for step in plan.steps
        ],
        "Alike": plan.alike,
    }


def _result(told: str | None) -> str:
    return "planned" if told is None else told or "done"
