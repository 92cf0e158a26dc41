"""All jobs at a glance: which count as failing, how many of each kind, which are asked for, in which order. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.desk.jobs import FAILING, SLOWER, STALE, JobLine
from scheduler.row import NEVER
from scheduler.standing import Status

_GOING = (Status.RUNNING, Status.STARTING, Status.CANCELLING)
#: What a job can be at a glance, with the tone of its count; a job may be several: failing, and running again.
KINDS: Mapping[str, str] = {
    "failing": "bad",
    "invalid": "bad",
    "stale": "odd",
    "slower": "odd",
    "running": "going",
    "waiting": "odd",
    "paused": "calm",
    "fine": "good",
}
SORTS = ("trouble", "name", "duration", "next", "watermark")


def kinds(line: JobLine) -> frozenset[str]:
    """Say what a job is."""
    status = line.status
    tests = {
        FAILING: line.failing,
        "invalid": status == Status.INVALID,
        STALE: line.stale is not None,
        SLOWER: line.trend.slower,
        "running": status in _GOING,
        "waiting": status == Status.WAITING,
        "paused": line.paused and status != Status.INVALID,
    }
    found = frozenset(kind for kind, holds in tests.items() if holds)
    return found if found - {"running", SLOWER} else found | {"fine"}


@dataclass(frozen=True)
class Asked:
    """What is asked of the page, as its address says it."""

    q: str = ""
    group: str = ""
    status: str = ""
    sort: str = "trouble"
    #: How many of them stand on the pages before.
    first: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """Read the query string; an order that there is none of is the usual one."""
        given = {name: query.get(name, "").strip()[:200] for name in ("q", "group", "status")}
        sort = query.get("sort", "")
        first = query.get("first", "").strip()
        begin = int(first) if first.isascii() and first.isdigit() and len(first) < 7 else 0  # noqa: PLR2004 - of at most a million jobs
        return cls(**given, sort=sort if sort in SORTS else "trouble", first=begin)

    @property
    def filtered(self) -> bool:
        """Whether it leaves any job out."""
        return bool(self.q or self.group or self.status)

    def query(self, **other: str) -> dict[str, str]:
        """Give the query string's fields with some of them changed, from the first job on unless `other` says so."""
        fields = {"q": self.q, "group": self.group, "status": self.status, "sort": self.sort} | other
        return {name: text for name, text in fields.items() if text and (name, text) != ("sort", "trouble")}

    def takes(self, line: JobLine, kinds: frozenset[str]) -> bool:
        """Say whether a job is asked for: every word of the search, wherever it stands in the row."""
        if self.group and line.group != self.group:
            return False
        if self.status and self.status not in kinds and self.status != line.status:
            return False
        if not self.q:
            return True
        text = f"{line.name}\n{line.owner}\n{line.description}\n{line.image}\n{line.reason}".casefold()
        return all(word in text for word in self.q.casefold().split())


@dataclass(frozen=True)
class Overview:
    """The jobs that are asked for, in order, and how many of each kind there are in all."""

    lines: Sequence[JobLine]
    counts: Mapping[str, int]
    groups: Sequence[str]
    all: int

    @classmethod
    def of(cls, lines: Sequence[JobLine], asked: Asked) -> "Overview":
        """Count all, take those that are asked for, and order them."""
        each = [(line, kinds(line)) for line in lines]
        counts = {kind: sum(kind in of_line for _, of_line in each) for kind in KINDS}
        taken = [one for one in each if asked.takes(*one)]
        taken.sort(key=lambda one: (_ORDER[asked.sort](*one), one[0].key))
        return cls([line for line, _ in taken], counts, sorted({line.group for line in lines}), len(lines))


#: In which order one wants to hear of them.
_SECTIONS = ("failing", "invalid", "stale", "waiting", "running", "fine", "paused")


def section(line: JobLine) -> str:
    """Name the kind under which a job stands: of those that it is, the one in most trouble."""
    return _SECTIONS[_trouble(line, kinds(line))]


def _trouble(_line: JobLine, kinds: frozenset[str]) -> int:
    return min(_SECTIONS.index(kind) for kind in kinds if kind in _SECTIONS)


def _slowest(line: JobLine, _kinds: frozenset[str]) -> float:
    return -(line.figures.median or 0.0)


def _next(line: JobLine, _kinds: frozenset[str]) -> datetime:
    return line.next_due or NEVER


def _stalest(line: JobLine, _kinds: frozenset[str]) -> datetime:
    return line.watermark_at or NEVER


_ORDER: Mapping[str, Callable[[JobLine, frozenset[str]], Any]] = {
    "trouble": _trouble,
    "name": lambda _line, _kinds: 0,
    "duration": _slowest,
    "next": _next,
    "watermark": _stalest,
}
