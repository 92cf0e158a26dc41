"""Jobs as code: what a file says of jobs, as the cells of rows, and rows as such a file says them. Pure.

    jobs:
      weather/extract:
        Schedule: every 15 minutes
        Env: {MODE: full}

The file has been parsed into nodes that know their lines; what they mean is decided here. A text stays as it was
typed: the tag 1.10 is not the number 1.1, and 2026-11-22 is no date. Numbers and true or false are such only in the
columns that hold them, and within Volumes and Spec, which are JSON.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from scheduler import cell
from scheduler.columns import filled
from scheduler.job import NAME, OWNED
from scheduler.row import Columns, Key, Value
from scheduler.standing import COLUMNS

#: What the top of a file may hold; beside these whatever begins with `x-`, a place for anchors.
JOBS, KEEP = "jobs", "keep"
_EXTRA = "x-"
#: Columns that a file may say and need not: what it does not say of them stays as it is.
KEPT = ("Enabled", "PausedReason", "PreviousImage")
#: What a run moves, or obeys: of a job that is there, no file says it.
WATERMARK, REQUEST = "Watermark", "Request"
#: Columns that hold a number, a flag, texts by name, JSON, a list; all others hold a text.
NUMBERS = ("Cpu", "MemoryGb", "Retries", "MaxOverlap", "Priority")
FLAGS = ("Enabled", "Spot")
TEXTS_BY_NAME = ("Env", "SecureEnv")
TREES = ("Volumes", "Spec")
LISTS = ("Command", "Identity", "Locations")
#: YAML 1.1 takes all of these for numbers: what writes a text that looks so puts it into quotes.
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,999})")
_BROKEN = re.compile(r"[-+]?[0-9]{1,400}\.[0-9]{0,400}(?:e[-+][0-9]{1,3})?", re.IGNORECASE)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Scalar:
    """One value, as it was typed; `plain` = without quotes."""

    text: str
    plain: bool = False
    line: int = 0


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence["Node"]
    line: int = 0


@dataclass(frozen=True)
class Fields:
    """A mapping, in its order; no name twice."""

    fields: Sequence[tuple[Scalar, "Node"]]
    line: int = 0


type Node = Scalar | Items | Fields


class Unfit(ValueError):
    """A file cannot be meant; `faults` are all the reasons, each with its line, `sound` is what else it says."""

    def __init__(self, faults: Sequence[str], sound: "Crontab | None" = None) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
        self.sound = sound


@dataclass(frozen=True)
class Wanted:
    """One job of a file: the cells that it says, and where."""

    key: Key
    cells: Columns
    #: The line that its name stands in, and that of each of its columns.
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    #: Its name or a cell could not be read: what seems to be missing may be just that.
    torn: bool = False


@dataclass(frozen=True)
class Crontab:
    """What a file says: its jobs, and the columns that somebody else writes."""

    jobs: Sequence[Wanted]
    keep: frozenset[str] = frozenset(KEPT)


def read(top: Node) -> Crontab:
    """Read a file; raises `Unfit` with every fault of it."""
    faults: list[str] = []
    if not isinstance(top, Fields):
        raise Unfit([_at(top, f"a file must begin with `{JOBS}:`.")])
    keep, jobs = frozenset(KEPT), list[Wanted]()
    named = {name.text for name, _ in top.fields}
    if JOBS not in named:
        faults.append(_at(top, f"there is no `{JOBS}:`; where there are to be none, say `{JOBS}: {{}}`."))
    for name, node in top.fields:
        if name.text == JOBS:
            jobs = list(_jobs(node, faults))
        elif name.text == KEEP:
            keep |= frozenset(_kept(node, faults))
        elif not name.text.startswith(_EXTRA):
            faults.append(_at(name, f"{_shown(name.text)} is unknown: {JOBS}, {KEEP} and {_EXTRA}… may stand here."))
    if faults:
        raise Unfit(faults, Crontab(jobs, keep))
    return Crontab(jobs, keep)


def _jobs(node: Node, faults: list[str]) -> Iterator[Wanted]:
    if not isinstance(node, Fields):
        faults.append(_at(node, f"{JOBS} must be a mapping, such as `weather/extract:` with its columns below it."))
        return
    for name, columns in node.fields:
        before = len(faults)
        partition, _, rest = name.text.partition("/")
        if not NAME.fullmatch(partition) or not NAME.fullmatch(rest.removeprefix("_")):
            allowed = (
                "it must be PartitionKey/RowKey, such as weather/extract, or a template's, such as weather/_python."
            )
            faults.append(_at(name, f"{_shown(name.text)} is no job's name: {allowed}"))
        lines = {one.text: one.line for one, _ in columns.fields} if isinstance(columns, Fields) else {}
        cells = dict(_cells(name, columns, faults))
        yield Wanted((partition, rest), cells, name.line, lines, torn=len(faults) > before)


def _kept(node: Node, faults: list[str]) -> Iterator[str]:
    for one in node.items if isinstance(node, Items) else ():
        if isinstance(one, Scalar) and one.text in OWNED:
            yield one.text
        else:
            faults.append(_at(one, f"{KEEP}: {_unknown(one.text if isinstance(one, Scalar) else 'this')}"))
    if not isinstance(node, Items):
        faults.append(_at(node, f"{KEEP} must be a list of columns, such as [Image]."))


def _cells(job: Scalar, columns: Node, faults: list[str]) -> Iterator[tuple[str, Value]]:
    if isinstance(columns, Scalar) and _is_nothing(columns):
        return
    if not isinstance(columns, Fields):
        faults.append(_at(columns, f"{job.text} must be a mapping of columns, such as `Schedule: every 15 minutes`."))
        return
    for name, node in columns.fields:
        if fault := _refused(name.text):
            faults.append(_at(name, f"{job.text}: {fault}"))
            continue
        try:
            value = _value(name.text, node)
        except cell.Fault as wrong:
            faults.append(_at(node, f"{job.text}: {wrong}"))
            continue
        if filled(value):
            yield name.text, value


def _refused(name: str) -> str:
    if name in COLUMNS:
        return f"{name} is the scheduler's own column: no file says it."
    if name == REQUEST:
        return f"{name} is asked for once, and not kept in a file: `job run`, `job retry` and `job cancel` ask."
    return "" if name in OWNED else _unknown(name)


def _unknown(name: str) -> str:
    near = get_close_matches(name, OWNED, 1)
    return f"{_shown(name)} is not a column of a job: " + (
        f"did you mean {near[0]}?" if near else f"the columns are {', '.join(OWNED)}."
    )


def _value(name: str, node: Node) -> Value:
    """Read one cell; '' for one that is to be empty."""
    if isinstance(node, Scalar):
        return "" if _is_nothing(node) else _natural(name, node)
    if isinstance(node, Fields) and name in TEXTS_BY_NAME:
        return _dumped({key.text: _text(name, key.text, inner) for key, inner in node.fields})
    if name in TREES and isinstance(node, Fields):
        return _dumped(_tree(node))
    if isinstance(node, Items) and name in LISTS:
        return _dumped([_text(name, "an item", inner) for inner in node.items])
    kind = "a list" if isinstance(node, Items) else "a mapping"
    allowed = "a mapping" if name in (*TEXTS_BY_NAME, *TREES) else "a list or a text" if name in LISTS else "one value"
    raise cell.Fault(name, kind, f"it must be {allowed}.")


def _natural(name: str, node: Scalar) -> Value:
    """Give a number or a flag where the column holds such, and else the text as it was typed."""
    if node.plain and name in FLAGS and isinstance(_WORDS.get(node.text.lower()), bool):
        return bool(_WORDS[node.text.lower()])
    if node.plain and name in NUMBERS and (_WHOLE.fullmatch(node.text) or _BROKEN.fullmatch(node.text)):
        return _number(node.text)
    return node.text


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1 << 31 else number


def _text(name: str, which: str, node: Node) -> str:
    if not isinstance(node, Scalar) or (_is_nothing(node)):
        raise cell.Fault(name, which, 'its value must be a text; the empty one is "".')
    return node.text


def _tree(node: Node) -> object:
    if isinstance(node, Fields):
        return {name.text: _tree(inner) for name, inner in node.fields}
    if isinstance(node, Items):
        return [_tree(inner) for inner in node.items]
    if not node.plain:
        return node.text
    if node.text.lower() in _WORDS:
        return _WORDS[node.text.lower()]
    if _WHOLE.fullmatch(node.text):
        return int(node.text)
    return float(node.text) if _BROKEN.fullmatch(node.text) else node.text


def _is_nothing(node: Scalar) -> bool:
    return node.plain and node.text.lower() in _WORDS and _WORDS[node.text.lower()] is None


def _dumped(tree: object) -> str:
    return json.dumps(tree, ensure_ascii=False)


def _shown(text: str) -> str:
    return cell.shown(text)


def _at(node: Node, sentence: str) -> str:
    return f"line {node.line}: {sentence}"
