"""What was measured, and what follows from it: medians with their spread, and ratios. Nothing here runs anything."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from bench.contenders import CRONTABLE, Size

#: The two rows of Crontable: what it decides and writes down, as a peer that hands over to its own worker; and with
#: all requests to Container Instances, which other schedulers leave to somebody else.
DECIDED, WHOLE = "Crontable, up to the first PUT", "Crontable, whole tick"


@dataclass(frozen=True)
class Sample:
    """One contender's own figures of one round: seconds, bytes, numbers of operations; None = not to be had."""

    cpu: float
    wall: float
    memory: float
    idle_cpu: float
    operations: float | None = None
    idle_operations: float | None = None
    #: What `idle_cpu` counts: a pass, or, of who has no passes, a minute.
    idle_of: str = "pass"
    azurite_cpu: float | None = None
    emulator_cpu: float | None = None
    decided_cpu: float | None = None
    decided_operations: float | None = None
    calibration: float | None = None

    @classmethod
    def read(cls, figures: Mapping[str, Any]) -> Self:
        """Read what a contender answered; raises TypeError when it is something else."""
        return cls(**figures)

    def rows(self, name: str) -> Iterator[tuple[str, "Sample"]]:
        """Give the rows that it counts for: Crontable's for two."""
        if self.decided_cpu is None:
            yield name, self
            return
        yield DECIDED, replace(self, cpu=self.decided_cpu, operations=self.decided_operations)
        yield WHOLE, self


@dataclass(frozen=True)
class Figure:
    """A median, and the least and the most of what it is made of."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Take the median."""
        return cls(statistics.median(values), min(values), max(values))


#: The figures of a row.
MEASURED = ("cpu", "wall", "memory", "idle_cpu", "operations", "idle_operations", "azurite_cpu", "emulator_cpu")


@dataclass(frozen=True)
class Row:
    """One contender at one size: its figures, or why there are none; the ratios are to Crontable's row `DECIDED`."""

    name: str
    size: Size
    rounds: int = 0
    figures: Mapping[str, Figure] | None = None
    idle_of: str = "pass"
    missing: str = ""
    ratio: float | None = None
    idle_ratio: float | None = None

    @classmethod
    def of(cls, name: str, size: Size, samples: Sequence[Sample]) -> Self:
        """Take the medians."""
        values = {what: [getattr(sample, what) for sample in samples] for what in MEASURED}
        figures = {what: Figure.of(each) for what, each in values.items() if None not in each}
        return cls(name, size, len(samples), figures, samples[0].idle_of)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        figures = written["figures"] and {what: Figure(**each) for what, each in written["figures"].items()}
        return cls(**{**written, "size": Size(**written["size"]), "figures": figures})

    def median(self, what: str) -> float | None:
        """Give a figure's median, if there is one."""
        figure = (self.figures or {}).get(what)
        return figure.median if figure else None


@dataclass(frozen=True)
class Lap:
    """What came of one contender at one size: its rounds, or why it could not take part."""

    name: str
    size: Size
    samples: Sequence[Sample] = ()
    missing: str = ""


#: The figures of starts, in seconds but for the last two: see `bench.starts`.
SENT = ("first_put", "last_put", "answered", "looks", "cpu", "early", "operations")


@dataclass(frozen=True)
class Starts:
    """What came of a tick with many due while many run, each PUT taking `put` seconds; or why there is nothing."""

    size: Size
    put: float
    rounds: int = 0
    figures: Mapping[str, Figure] | None = None
    missing: str = ""

    @classmethod
    def of(cls, size: Size, put: float, samples: Sequence[Mapping[str, float]]) -> Self:
        """Take the medians; raises KeyError when a figure is missing."""
        return cls(size, put, len(samples), {what: Figure.of([one[what] for one in samples]) for what in SENT})

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        figures = written["figures"] and {what: Figure(**each) for what, each in written["figures"].items()}
        return cls(**{**written, "size": Size(**written["size"]), "figures": figures})

    @property
    def running(self) -> int:
        """How many groups run."""
        return self.size.registered - self.size.due


def rows(laps: Sequence[Lap]) -> list[Row]:
    """Make the table: at each size Crontable first, then the others by what they cost, then who is missing."""
    found: list[Row] = []
    for size in sorted({lap.size for lap in laps}):
        here = [row for lap in laps if lap.size == size for row in _rows(lap)]
        first = next((row for row in here if row.name == DECIDED), None)
        found += sorted((_compared(row, first) for row in here), key=_place)
    return found


def _rows(lap: Lap) -> Iterator[Row]:
    if not lap.samples:
        yield Row(lap.name, lap.size, missing=lap.missing)
        return
    parts: dict[str, list[Sample]] = {}
    for sample in lap.samples:
        for name, part in sample.rows(lap.name):
            parts.setdefault(name, []).append(part)
    for name, samples in parts.items():
        yield Row.of(name, lap.size, samples)


def _compared(row: Row, first: Row | None) -> Row:
    if not first:
        return row
    return replace(row, ratio=_ratio(row, first, "cpu"), idle_ratio=_ratio(row, first, "idle_cpu"))


def _ratio(row: Row, first: Row, what: str) -> float | None:
    mine, theirs = first.median(what), row.median(what)
    return theirs / mine if theirs is not None and mine else None


def _place(row: Row) -> tuple[bool, bool, float]:
    return not row.figures, not row.name.startswith(CRONTABLE.name), row.median("cpu") or 0.0


def written(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give the rows as JSON has them."""
    return [asdict(row) for row in rows]
