"""What became slower: Crontable's CPU in calibrating loops, held against the committed figures. Nothing here runs."""

from collections.abc import Iterator, Mapping, Sequence

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


def regressions(measured: Mapping[str, float], committed: Mapping[str, float]) -> Iterator[str]:
    """Name each row that costs more than a fifth more than it did."""
    for row, now in measured.items():
        before = committed.get(row)
        if before and now > before * MORE:
            yield (
                f"{row} costs {now:.1f} calibrating loops where {before:.1f} are committed: "
                f"{(now / before - 1) * 100:.0f} % more."
            )


def gains(measured: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """Name each row that costs a fifth less: the committed figure would hide that it became slower again."""
    return [row for row, now in measured.items() if now < committed.get(row, 0.0) / MORE]
