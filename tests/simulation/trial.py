"""One seed, tried: drawn, played, judged; and the short story of one that failed."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.checker import Findings, check
from tests.simulation.draw import draw
from tests.simulation.history import History
from tests.simulation.shrink import PLAYS, shrink
from tests.simulation.stage import play
from tests.simulation.story import Story


@dataclass
class Tally:
    """What many seeds came to."""

    seeds: int = 0
    #: CPU seconds of this process.
    cpu: float = 0.0
    ticks: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    failed: dict[int, Findings] = field(default_factory=dict)

    def add(self, seed: int, history: History, found: Findings) -> None:
        """Count one seed."""
        self.seeds += 1
        self.ticks.update(tick.how.partition(":")[0] for tick in history.ticks)
        self.calls += len(history.calls)
        self.troubles.update(f"{trouble.what} {trouble.call.partition(' ')[0]}" for trouble in history.troubles)
        self.judged += found.judged
        self.unjudged += found.unjudged
        if found.violations:
            self.failed[seed] = found

    def take(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.seeds, self.cpu, self.calls = self.seeds + other.seeds, self.cpu + other.cpu, self.calls + other.calls
        self.ticks += other.ticks
        self.troubles += other.troubles
        self.judged += other.judged
        self.unjudged += other.unjudged
        self.failed |= other.failed

    def __str__(self) -> str:
        each = self.cpu / max(1, self.seeds)
        kinds = Counter[str]()
        for what, times in self.troubles.items():
            kinds[what.rpartition(" ")[0]] += times
        ticks = sum(self.ticks.values())
        return "\n".join([
            f"{self.seeds} seeds, {self.cpu:.1f} CPU s ({each:.3f} each), {ticks} ticks, {self.calls} calls",
            f"ticks: {_counts(self.ticks)}",
            f"what went wrong: {_counts(kinds)}",
            f"judged: {_counts(self.judged)}",
            f"not judged: {_counts(self.unjudged)}",
        ])  # fmt: skip


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{times} {what}" for what, times in counter.most_common()) or "nothing"


def judged(story: Story) -> tuple[History, Findings]:
    """Play a story and judge what happened."""
    history = play(story)
    return history, check(history)


def try_seeds(seeds: Iterable[int]) -> Tally:
    """Draw, play and judge each of these seeds."""
    tally, began = Tally(), time.process_time()
    for seed in seeds:
        tally.add(seed, *judged(draw(seed)))
    tally.cpu = time.process_time() - began
    return tally


def shortest(story: Story, found: Findings, plays: int = PLAYS) -> tuple[Story, Findings]:
    """Shrink a story that broke a rule, keeping that rule broken."""
    rule = found.violations[0].rule
    short = shrink(story, lambda one: rule in judged(one)[1].rules, plays)
    return short, judged(short)[1]


def told(story: Story, found: Findings) -> str:
    """Tell a failing story: what happened, what was broken, and how to play it again."""
    lines = [*story.tell(), "", *(f"!! {violation}" for violation in found.violations[:10])]
    return "\n".join([*lines, "", f"To play the whole of it again: python -m tests.simulation {story.seed}"])
