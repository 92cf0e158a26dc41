"""Days of the real scheduler in a simulated world where everything goes wrong, judged by a checker that knows no code.

Each seed is a story of its own and the same each time. `python -m tests.simulation SEED` plays one again.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.draw import draw
from tests.simulation.trial import Tally, shortest, told, try_seeds

HERE = Path(__file__).parent / "simulation"
#: CPU seconds that 200 seeds may take together; they take about 80.
ENOUGH = 90
IN_ONE_TEST = 25
SEEDS = 200


def holds(first: int, seeds: int) -> Tally:
    tally = try_seeds(range(first, first + seeds))
    sys.stdout.write(f"\n{tally}\n")
    for seed, found in tally.failed.items():
        pytest.fail(told(*shortest(draw(seed), found)))
    return tally


@pytest.mark.parametrize("first", range(0, SEEDS, IN_ONE_TEST))
def test_nothing_is_lost_or_doubled_whatever_happens(first: int) -> None:
    tally = holds(first, IN_ONE_TEST)
    # A checker that judges nothing would find nothing.
    assert tally.judged["due"] > 10 * IN_ONE_TEST
    assert tally.judged["start"] > 10 * IN_ONE_TEST
    assert tally.judged["watermark"] > 5 * IN_ONE_TEST
    assert tally.ticks["killed"] > IN_ONE_TEST / 2
    assert tally.cpu < ENOUGH * IN_ONE_TEST / SEEDS * 3  # of a busy machine's clock; the sum is a third of that


@pytest.mark.long
@pytest.mark.parametrize("first", range(1_000, 11_000, 100))
def test_ten_thousand_seeds(first: int) -> None:
    holds(first, 100)


def test_the_same_seed_is_the_same_story() -> None:
    first, again = try_seeds([7]), try_seeds([7])
    assert (first.calls, first.ticks, first.judged, first.troubles) == (
        again.calls, again.ticks, again.judged, again.troubles,
    )  # fmt: skip


def test_what_can_go_wrong_goes_wrong() -> None:
    tally = try_seeds(range(12))
    seen = Counter(what.partition(" ")[0] for what in tally.troubles)
    assert {"dies", "lost", "slow", "late"} <= set(seen)


@pytest.mark.parametrize("file", sorted((HERE / "checker").glob("*.py")), ids=lambda file: file.stem)
def test_the_checker_knows_neither_the_scheduler_nor_its_cron(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.split(".")[0] in {"scheduler", "cronsim"}], file.name
        assert not [name for name in names if name.startswith("tests.world")], file.name
