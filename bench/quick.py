"""What became slower: Crontable's CPU in calibrating loops, held against the committed figures. Nothing here runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.contenders import Size
from bench.figures import Lap, Sample

#: How much more than the committed figure is a regression.
MORE = 1.2
#: What is held: the row's words, and the figure behind them.
HELD = {"an idle tick": "idle_cpu", "up to the first PUT": "decided_cpu", "the whole tick": "cpu"}


def loops(laps: Sequence[Lap]) -> dict[str, float]:
    """Give each row in calibrating loops: the least of the rounds, for whatever else runs can only add."""
    return {
        f"{lap.size} {words}": round(min(_loops(sample, what) for sample in lap.samples), 2)
        for lap in laps
        if lap.samples and lap.samples[0].calibration
        for words, what in HELD.items()
    }


def _loops(sample: Sample, what: str) -> float:
    cpu: float = getattr(sample, what)
    return cpu / (sample.calibration or 1.0)


def least(first: Mapping[str, float], again: Mapping[str, float]) -> dict[str, float]:
    """Join two measurements."""
    return {row: min(loops, again.get(row, loops)) for row, loops in first.items()}


def without(loops: Mapping[str, float], sizes: Sequence[Size], others: Iterable[str] = ()) -> list[str]:
    """Name each row of these sizes that has no figure: held against nothing, nothing is ever slower.

    `others`: rows that there may be besides, of these sizes and of more.
    """
    known = [f"{size} {words}" for size in sizes for words in HELD]
    return [row for row in dict.fromkeys([*known, *(one for one in others if _of(one, sizes))]) if not loops.get(row)]


def joined(measured: Mapping[str, float], committed: Mapping[str, float], sizes: Sequence[Size]) -> dict[str, float]:
    """Give what is committed from now on: of other sizes what was, of these only what was measured."""
    kept = {row: loops for row, loops in committed.items() if row in measured or not _of(row, sizes)}
    return {**kept, **measured}


def _of(row: str, sizes: Sequence[Size]) -> bool:
    return row.startswith(tuple(f"{size} " for size in sizes))


def regressions(measured: Mapping[str, float], committed: Mapping[str, float]) -> Iterator[str]:
    """Name each row that costs more than a fifth more than it did."""
    for row, now, before in _dearer(measured, committed):
        yield f"{row} costs {now:.1f} calibrating loops where {before:.1f} are committed: {_more(now, before)}."


def raised(measured: Mapping[str, float], committed: Mapping[str, float]) -> Iterator[str]:
    """Name each row of which more than a fifth more is committed from now on."""
    for row, now, before in _dearer(measured, committed):
        yield f"Raised: {row} from {before:.1f} to {now:.1f} calibrating loops, {_more(now, before)}."


def _dearer(measured: Mapping[str, float], committed: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    for row, now in measured.items():
        before = committed.get(row)
        if before and now > before * MORE:
            yield row, now, before


def _more(now: float, before: float) -> str:
    return f"{(now / before - 1) * 100:.0f} % more"


def gains(measured: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """Name each row that costs a fifth less: the committed figure would hide that it became slower again."""
    return [row for row, now in measured.items() if now < committed.get(row, 0.0) / MORE]
