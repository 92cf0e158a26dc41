"""A closed row of Runs settles its job as the tick would have that closed it and died."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from scheduler.entry import row_of
from scheduler.kept import ENDED_BYTES
from scheduler.outcome import Outcome
from scheduler.row import Row
from scheduler.run import Cause, Event
from scheduler.verdict import Close
from scheduler.view import View
from tests import arm
from tests.calendars import at
from tests.test_settle import BACKFILL, BAD, BEFORE, ENDED, GOOD, RUN, outcome, settled

# a tick that died between the close and the settling: the row of Runs must tell the same

VERDICTS: list[tuple[str, Close, Any]] = [
    ("success", GOOD, ENDED),
    ("exit 3", BAD, arm.seen(arm.ended(3))),
    ("timeout", replace(BAD, cause=Cause.TIMEOUT, why="it ran longer than 1:00:00", exit_code=None), ENDED),
    ("cancelled", Close(RUN, Event.CANCELLED, why="cancelled on request", finished=at("10:05")), None),
    ("lost", Close(RUN, Event.VANISHED, Cause.PLATFORM, "its group vanished", finished=at("10:05"), absent=True), None),
    ("no time known", Close(RUN, Event.FAILED, Cause.DENIED, "the role X is missing"), None),
]
SENTENCE = replace(BAD, why="ACI could not start the group: Failed to pull image.")
LOGS = [b"", b"::watermark::6\n", b"::watermark::5\n", b"::watermark::\xff\n", b"x" * ENDED_BYTES]


def settles_the_same(verdict: Close, view: View | None, log: bytes, held: str, *, again: bool = False) -> None:
    made = replace(outcome(verdict, log, held, view), retry_at=at("10:07") if again else None)
    one = verdict.run
    read = Outcome.from_row(Row(*one.key, {**row_of(one), **made.columns(one)}))
    assert read
    for removed, now_held in product([True, False], {held, "5", "1"}):
        before = replace(BEFORE, watermark=now_held, backfill=one.backfill)
        assert settled(read, before, of=one, removed=removed) == settled(made, before, of=one, removed=removed)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("log", LOGS[:3])
@pytest.mark.parametrize(("story", "verdict", "view"), VERDICTS, ids=[row[0] for row in VERDICTS])
def test_a_closed_row_settles_the_job_as_its_tick_would_have(
    story: str, verdict: Close, view: Any, log: bytes, again: bool
) -> None:
    settles_the_same(verdict, view, log, "5", again=again and verdict.event in (Event.FAILED, Event.VANISHED))
    assert story


@pytest.mark.parametrize(("log", "held"), [(LOGS[1], "1"), (LOGS[3], "5"), (LOGS[4], "5")])
def test_a_closed_row_still_says_why_the_watermark_stayed(log: bytes, held: str) -> None:
    settles_the_same(GOOD, ENDED, log, held)


@pytest.mark.parametrize("log", LOGS[:3])
@pytest.mark.parametrize("trigger", ["schedule", "request", "backfill"])
def test_a_closed_row_of_a_run_apart_settles_the_same(trigger: str, log: bytes) -> None:
    apart = replace(RUN, apart=True, trigger=trigger, backfill=str(BACKFILL) if trigger == "backfill" else "")
    settles_the_same(replace(GOOD, run=apart), ENDED, log, "5")


def test_a_why_that_is_a_sentence_already_reads_the_same_from_the_row() -> None:
    assert ".." not in outcome(SENTENCE).sentence
    settles_the_same(SENTENCE, None, b"", "5")
