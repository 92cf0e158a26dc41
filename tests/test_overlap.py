"""What keeps a due time from starting, and what becomes of it: every Overlap beside every state of a run."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.job import CatchUp, Job, Overlap
from scheduler.overlap import Obstacle, Remedy, obstacle, told
from scheduler.run import Run, State
from scheduler.schedule import Schedule
from scheduler.standing import Standing
from tests.calendars import JOB, at, run

STARTING = run(at("10:00"))
RUNNING = replace(STARTING, state=State.RUNNING)
WAITING = replace(STARTING, attempt=2, state=State.WAITING, not_before=at("10:07"))
REMOVING = replace(RUNNING, removing=True)
STOPPING = replace(REMOVING, existing=True, group="nightly")
REPLACED = replace(REMOVING, replaced=True, cancel=True)
MISSING = replace(RUNNING, missing=at("10:05"))
BACKFILL = replace(RUNNING, trigger="backfill", due=at("08:00"))
HOURLY = Schedule.parse("0 * * * *")


def job(overlap: Overlap = Overlap.SKIP, catch_up: CatchUp = CatchUp.LATEST, most: int = 2) -> Job:
    return Job(JOB, HOURLY, image="x", overlap=overlap, catch_up=catch_up, max_overlap=most)


def hindered(one: Job, *runs: Run) -> Obstacle | None:
    return obstacle(one, Standing(JOB, runs=runs))


def remedy(one: Job, *runs: Run) -> str:
    found = hindered(one, *runs)
    return found.remedy.name.lower() if found else "start"


#                       nothing  starting   running   waiting  removing  stopping   replaced   missing
TABLE: dict[Overlap, list[str]] = {
    Overlap.SKIP:    ["start", "skip",    "skip",    "skip",    "start", "skip",    "skip",    "skip"],
    Overlap.WAIT:    ["start", "hold",    "hold",    "hold",    "start", "hold",    "hold",    "hold"],
    Overlap.REPLACE: ["start", "replace", "replace", "replace", "start", "replace", "replace", "replace"],
    Overlap.ALLOW:   ["start", "start",   "start",   "start",   "start", "start",   "start",   "start"],
}  # fmt: skip
STATES: list[tuple[Run, ...]] = [
    (),
    *((one,) for one in (STARTING, RUNNING, WAITING, REMOVING, STOPPING, REPLACED, MISSING)),
]


@pytest.mark.parametrize("overlap", list(Overlap))
def test_every_overlap_beside_every_state_of_one_run(overlap: Overlap) -> None:
    assert [remedy(job(overlap), *runs) for runs in STATES] == TABLE[overlap]


@pytest.mark.parametrize("trigger", ["schedule", "after", "request"])
@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.WAIT, Overlap.REPLACE])
def test_whatever_started_the_run_but_a_backfill_it_counts(overlap: Overlap, trigger: str) -> None:
    assert remedy(job(overlap), replace(RUNNING, trigger=trigger)) == TABLE[overlap][2]


@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.WAIT])
@pytest.mark.parametrize("runs", STATES[1:])
def test_with_catch_up_all_nothing_passes_and_everything_waits(overlap: Overlap, runs: tuple[Run, ...]) -> None:
    expected = "start" if runs == (REMOVING,) else "hold"
    assert remedy(job(overlap, CatchUp.ALL), *runs) == expected


# a backfill


@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.WAIT, Overlap.REPLACE])
def test_a_due_time_waits_for_a_backfills_run_whatever_overlap_says(overlap: Overlap) -> None:
    found = hindered(job(overlap), BACKFILL)
    assert found
    assert (found.remedy, found.runs) == (Remedy.HOLD, (BACKFILL,))
    assert found.why == "the run due 2026-11-22T08:00:00Z is still going; it waits for this backfill"


def test_beside_a_live_run_the_backfills_does_not_count() -> None:
    found = hindered(job(), BACKFILL, RUNNING)
    assert found
    assert (found.remedy, found.runs) == (Remedy.SKIP, (RUNNING,))


def test_a_job_whose_runs_are_allowed_beside_each_other_does_not_wait_for_a_backfill() -> None:
    assert remedy(job(Overlap.ALLOW, most=1), BACKFILL) == "start"


# MaxOverlap


@pytest.mark.parametrize(
    ("most", "runs", "expected"),
    [
        (2, [RUNNING], "start"),
        (2, [RUNNING, STARTING], "skip"),
        (2, [RUNNING, WAITING], "skip"),
        (2, [RUNNING, REMOVING], "start"),
        (2, [RUNNING, BACKFILL], "start"),
        (2, [RUNNING, REPLACED], "start"),
        (3, [RUNNING, STARTING], "start"),
        (1, [RUNNING], "skip"),
        (1, [], "start"),
    ],
)
def test_so_many_runs_are_allowed_as_max_overlap_says(most: int, runs: list[Run], expected: str) -> None:
    assert remedy(job(Overlap.ALLOW, most=most), *runs) == expected


def test_more_than_are_allowed_wait_only_with_catch_up_all() -> None:
    full = job(Overlap.ALLOW, CatchUp.ALL)
    assert remedy(full, RUNNING, STARTING) == "hold"
    found = hindered(full, RUNNING, STARTING)
    assert found
    assert found.why == "2 runs are going, and MaxOverlap is 2"
    assert remedy(full, RUNNING) == "start"


# what is ended for a replacement


def test_what_is_to_be_replaced_is_all_that_counts_and_no_backfill() -> None:
    found = hindered(job(Overlap.REPLACE), REMOVING, BACKFILL, RUNNING, replace(WAITING, due=at("09:00")))
    assert found
    assert [one.due for one in found.runs] == [at("10:00"), at("09:00")]


# words


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (RUNNING, "the run due 2026-11-22T10:00:00Z is still going"),
        (
            STARTING,
            "the run due 2026-11-22T10:00:00Z was not seen to start yet, and is looked for until 2026-11-22T10:15:00Z",
        ),
        (WAITING, "attempt 2 of the run due 2026-11-22T10:00:00Z is to start at 2026-11-22T10:07:00Z"),
        (replace(WAITING, not_before=None), "attempt 2 of the run due 2026-11-22T10:00:00Z is to start"),
        (MISSING, "the container group of the run due 2026-11-22T10:00:00Z is missing since 2026-11-22T10:05:00Z"),
        (REMOVING, "the container group of the run due 2026-11-22T10:00:00Z could not be removed yet"),
        (STOPPING, "the container group of the run due 2026-11-22T10:00:00Z could not be stopped yet"),
        (replace(STARTING, removing=True, missing=at("10:05")), "could not be removed yet"),
    ],
)
def test_what_stands_in_the_way_is_said_in_words(one: Run, why: str) -> None:
    assert told(one).endswith(why)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (job(), "(Overlap skip)"),
        (job(Overlap.WAIT), "(Overlap wait)"),
        (job(Overlap.REPLACE), "(Overlap replace)"),
        (job(catch_up=CatchUp.ALL), "(CatchUp all)"),
    ],
)
def test_the_reason_names_the_column_that_decided(one: Any, why: str) -> None:
    found = hindered(one, RUNNING)
    assert found
    assert found.why == f"the run due 2026-11-22T10:00:00Z is still going {why}"
