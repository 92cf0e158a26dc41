"""Days of the real scheduler in a simulated world where everything goes wrong, judged by a checker that knows no code.

Each seed is a story of its own, and the same each time: `python -m tests.simulation SEED` plays one again. A
story that fails is told short: what is not needed for the failure is left out.
"""

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.simulation.draw import draw
from tests.simulation.shrink import shrink
from tests.simulation.story import Event, Extra, Job, Meanwhile, Mishap, Story, minutes
from tests.simulation.trial import Tally, judged, shortest, told, try_seeds

ROOT = Path(__file__).parents[1]
SEEDS, AT_ONCE = 200, 25
MANY, MANY_AT_ONCE = 10_000, 100
#: CPU seconds that the 200 seeds may take together; they take about 65 on a quiet machine.
ENOUGH = 90
#: What a seed may cost on average: this does not depend on the machine.
TICKS, CALLS = 250, 1_500


@pytest.fixture(scope="module")
def sums(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Add up what all seeds came to, and say so at the end."""
    whole = Tally()
    yield whole
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if whole.seeds and capture:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\nsimulation: {whole}\n")  # a worker's standard output goes nowhere


def holds(first: int, seeds: int, sums: Tally) -> Tally:
    tally = try_seeds(range(first, first + seeds))
    sums.take(tally)
    for seed, found in tally.failed.items():
        pytest.fail(told(*shortest(draw(seed), found)))
    return tally


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_promise_is_kept_whatever_happens(first: int, sums: Tally) -> None:
    tally = holds(first, AT_ONCE, sums)
    assert sum(tally.ticks.values()) < TICKS * AT_ONCE
    assert tally.calls < CALLS * AT_ONCE
    # A busy machine's clock counts more: three times as much is a slow scheduler, not a slow neighbour.
    assert tally.cpu < 3 * ENOUGH * AT_ONCE / SEEDS
    # A checker that judges nothing finds nothing.
    for rule, at_least in {"due": 10, "start": 30, "overlap": 15, "watermark": 15, "evidence": 40, "chain": 1}.items():
        assert tally.judged[rule] > at_least * AT_ONCE, f"only {tally.judged[rule]} judged by {rule}"
    assert tally.ticks["killed"] > AT_ONCE


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY, MANY_AT_ONCE))
def test_ten_thousand_seeds(first: int, sums: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    tally = holds(first, MANY_AT_ONCE, sums)
    with capsys.disabled():
        sys.stderr.write(f"\nseeds {first} to {first + MANY_AT_ONCE - 1}: {tally}\n")


def test_the_same_seed_is_the_same_history_byte_for_byte() -> None:
    code = (
        "import hashlib\n"
        "from tests.simulation.draw import draw\n"
        "from tests.simulation.stage import play\n"
        "print([hashlib.sha256(repr(play(draw(seed))).encode()).hexdigest() for seed in (1, 2)])"
    )
    for chance in ("0", "17"):
        seen = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
            env={"PYTHONHASHSEED": chance},
        )  # fmt: skip
        assert seen.stdout.strip() == str([_history(seed) for seed in (1, 2)])


def _history(seed: int) -> str:
    history, _ = judged(draw(seed))
    return hashlib.sha256(repr(history).encode()).hexdigest()


# What is drawn: all that the scheduler can do, and all that can happen to it.

STORIES = [draw(seed) for seed in range(150)]
JOBS = [job for story in STORIES for job in story.jobs]
EVENTS = [event for story in STORIES for event in story.events]


def test_jobs_of_every_kind_are_drawn() -> None:
    columns = Counter(f"{name}={_kind(cell)}" for job in JOBS for name, cell in job.cells.items())
    wanted = {
        "Schedule=cron", "Schedule=ncrontab", "Schedule=every", "Schedule=at", "Schedule=after", "Schedule=manual",
        "Overlap=wait", "Overlap=replace", "Overlap=allow", "CatchUp=all", "CatchUp=none",
    }  # fmt: skip
    assert not wanted - columns.keys(), sorted(wanted - columns.keys())
    filled = {name.partition("=")[0] for name in columns}
    assert filled >= {
        "TimeZone", "StartAt", "EndAt", "Image", "ContainerGroup", "Timeout", "Retries", "RetryDelay", "MaxOverlap",
        "Grace", "Jitter", "Locations", "Priority", "Watermark", "GitRepo", "SecureEnv", "Template",
    }  # fmt: skip
    assert {story.most for story in STORIES} > {90}
    assert {story.creates for story in STORIES} > {None}
    assert max(sum("/_" not in job.name for job in story.jobs) for story in STORIES) == 30


def _kind(cell: object) -> str:
    text = str(cell)
    word = text.partition(" ")[0]
    if word in ("every", "at", "after") or text in ("wait", "replace", "allow", "all", "none"):
        return word
    fields = {5: "cron", 6: "ncrontab"}
    return "manual" if text in ("", "manual") else fields.get(len(text.split()), "other")


def test_everything_that_can_go_wrong_is_drawn() -> None:
    happened = {type(event).__name__ for event in EVENTS}
    kinds = Event.__subclasses__()
    assert happened == {kind.__name__ for kind in kinds}
    mishaps = [event for event in EVENTS if isinstance(event, Mishap)]
    assert {event.what for event in mishaps} >= {
        "dies before", "dies after", "lost before", "lost after", "late", "slow", "again", "capacity", "quota",
        "throttled", "image", "denied", "platform", "spec",
    }  # fmt: skip
    for when in ("dies before", "dies after"):
        calls = {event.call.rstrip("*") for event in mishaps if event.what == when}
        assert calls >= {"jobs.submit", "runs.submit", "groups.create", "groups.delete", "groups.get", "logs.write", ""}
    assert any(isinstance(event, Meanwhile) and isinstance(event.act, Extra) for event in EVENTS)


def test_ticks_run_into_each_other_call_by_call() -> None:
    interleaved = 0
    for story in STORIES[:15]:
        order = [call.tick for call in judged(story)[0].calls]
        turns = [before for before, after in pairwise(order) if before != after]
        interleaved += len(turns) > len(set(turns))
    assert interleaved > 3


# A breach of what is assumed: it must be seen, said and swept.

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
ONE_RUN = Job("weather/extract", {"Schedule": "at 2026-11-22T09:30", "Image": "extract:1"})
LATE = Mishap(NINE + minutes(29), "groups.create*", "late", seconds=3_600)
AN_HOUR_LATE = Story(0, NINE, NINE + minutes(110), NINE + minutes(240), (ONE_RUN,), (LATE,))


def test_a_put_that_lands_after_an_hour_is_detected_recorded_and_swept() -> None:
    history, found = judged(AN_HOUR_LATE)
    assert found.rules == {"start"}
    assert "was created 2 times" in str(found.violations[0])
    group = history.puts[0].group
    told = [trouble for tick in history.ticks for trouble in tick.troubles]
    assert any(group in trouble and "more than five minutes late" in trouble for trouble in told), told
    assert history.left == {}


def test_one_that_lands_within_five_minutes_is_no_breach() -> None:
    history, found = judged(replace(AN_HOUR_LATE, events=(replace(LATE, seconds=295),)))
    assert found.violations == []
    assert [trouble for tick in history.ticks for trouble in tick.troubles] == []


# A failing story is told short.


def test_a_failing_story_shrinks_to_what_it_needs_for_its_failure() -> None:
    seed = next(seed for seed in range(100) if len(draw(seed).events) > 25 and len(draw(seed).jobs) > 3)
    whole = draw(seed)
    needed = [event for event in whole.events if isinstance(event, Mishap)][3:5]
    job = whole.jobs[2].name

    def fails(story: Story) -> bool:
        return {*needed} <= {*story.events} and any(one.name == job for one in story.jobs)

    short = shrink(whole, fails, 400)
    assert (list(short.events), [one.name for one in short.jobs]) == (needed, [job])
    assert short.last < whole.last
    lines = list(short.tell())
    assert len(lines) < 10
    assert any(line.startswith(f"job {job}: ") for line in lines)


def test_a_story_that_breaks_a_rule_is_told_with_what_broke_and_how_to_play_it_again() -> None:
    noisy = replace(AN_HOUR_LATE, events=(LATE, *_noise()))
    short, found = shortest(noisy, judged(noisy)[1], 60)
    said = told(short, found)
    assert said.count("\n") < 14
    assert "mishap call='groups.create*', what='late', seconds=3600" in said
    assert "!! [start] weather/extract: the run due 2026-11-22T09:30:00Z attempt 1 was created 2 times" in said
    assert "python -m tests.simulation 0" in said


def _noise() -> list[Event]:
    return [Extra(NINE + minutes(number), "B") for number in range(40, 60, 3)]


def test_a_story_that_needs_all_its_plays_is_still_one_that_fails() -> None:
    whole = draw(3)
    always: Callable[[Story], bool] = lambda story: len(story.events) >= len(whole.events)  # noqa: E731 - it says it all
    assert always(shrink(whole, always, 5))
