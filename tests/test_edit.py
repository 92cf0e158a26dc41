"""What an edit means for a row, and what the row says comes next."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler import chain
from scheduler.backfill import Backfill
from scheduler.edit import follow_edit, following, going_status, next_run, rested
from scheduler.job import Digest, Faulty, Job
from scheduler.row import Row, Value
from scheduler.run import Run, State
from scheduler.standing import Standing, Status
from scheduler.window import delay
from tests.calendars import JOB, at, run

CELLS: dict[str, Value] = {"Image": "weather", "Schedule": "0 * * * *"}
EDITED = at("10:30")
RUNNING = replace(run(at("10:00")), state=State.RUNNING)
WAITING = replace(run(at("10:00")), attempt=2, state=State.WAITING, not_before=at("10:40"))
COMES = "Attempt 2 of the run due 2026-11-22T10:00:00Z follows at 2026-11-22T10:40:00Z."


def read(**cells: Any) -> tuple[Job | Faulty, Digest]:
    columns = CELLS | cells
    return Job.from_row(Row(*JOB, columns)), Digest.of(columns)


def job(**cells: Any) -> Job:
    made = read(**cells)[0]
    assert isinstance(made, Job), made
    return made


def answered(**cells: Any) -> Standing:
    """A row as the scheduler last answered in it, before an edit at 10:30."""
    return Standing(
        JOB, "Succeeded", "It ran.", at("11:00"), at("11:00"), str(read(**cells)[1]), last_due=at("10:00")
    )  # fmt: skip


def edited(before: Standing, **cells: Any) -> Standing:
    return follow_edit(*read(**cells), before, EDITED)


# which edits change the times


def test_a_row_that_nobody_edited_stays_as_it_is() -> None:
    assert edited(answered()) == answered()


@pytest.mark.parametrize(
    ("cells", "following_due"),
    [
        ({"Schedule": "*/10 * * * *"}, "10:40"),
        ({"TimeZone": "Asia/Kolkata"}, "11:30"),
        ({"StartAt": "2026-11-22T12:30"}, "13:00"),
        ({"EndAt": "2026-11-22T10:45"}, None),
        ({"Schedule": "manual"}, None),
        ({"Schedule": "after other"}, None),
    ],
)
def test_new_times_count_from_the_edit(cells: dict[str, Any], following_due: str | None) -> None:
    after = edited(answered(), **cells)
    assert after.next_due == after.next_run == (at(following_due) if following_due else None)
    assert (after.status, after.digest) == ("Scheduled", str(read(**cells)[1]))


@pytest.mark.parametrize("column", ["Image", "Owner", "Timeout", "Overlap", "Jitter"])
def test_an_edit_of_anything_else_keeps_the_due_time(column: str) -> None:
    cells: dict[str, Any] = {column: {"Overlap": "wait"}.get(column, "2m")}
    after = edited(replace(answered(), next_due=at("10:20")), **cells)
    assert after.next_due == at("10:20"), "even one that is past"


def test_no_due_time_that_had_its_run_comes_again_however_late_the_services_clock_is() -> None:
    before = replace(answered(), last_due=at("10:40"))
    assert edited(before, Schedule="*/10 * * * *").next_due == at("10:50")


def test_a_due_time_that_somebody_typed_over_is_found_again_from_the_last_one() -> None:
    assert edited(replace(answered(), undated=True, next_due=None)).next_due == at("11:00")
    never = replace(answered(), undated=True, next_due=None, last_due=None)
    assert edited(never).next_due == at("11:00")


def test_a_pause_forgets_the_due_time_and_says_why() -> None:
    after = edited(answered(), Enabled=False, PausedReason="the source moves")
    assert (after.status, after.next_due, after.next_run) == ("Paused", None, None)
    assert after.reason == "Paused: the source moves."
    whole = edited(answered(), Enabled=False, PausedReason="The source moves.")
    assert whole.reason == "Paused: The source moves."


def test_a_new_chain_notes_the_instant_of_its_edit() -> None:
    after = edited(answered(), Schedule="after a, team/b")
    assert chain.from_text(after.upstreams) == {"new weather/a": EDITED, "new team/b": EDITED}


def test_a_job_that_is_no_chain_any_more_forgets_its_upstreams() -> None:
    assert edited(replace(answered(Schedule="after a"), upstreams='{"weather/a": null}')).upstreams == ""


def test_an_edit_that_leaves_the_times_alone_leaves_the_upstreams_alone() -> None:
    before = replace(answered(Schedule="after a"), upstreams='{"weather/a": null}')
    assert edited(before, Schedule="after a", Owner="me").upstreams == '{"weather/a": null}'


# what the row says


def test_what_the_row_said_of_its_last_run_stays_until_somebody_edits_it() -> None:
    assert edited(answered()).reason == "It ran."
    assert edited(answered(), Owner="me").reason == "Next run 2026-11-22T11:00:00Z."


@pytest.mark.parametrize("status", ["", "Invalid"])
def test_a_row_without_a_status_and_one_that_was_invalid_are_answered(status: str) -> None:
    after = edited(replace(answered(), status=status, reason="Cpu is 'lots'."))
    assert (after.status, after.reason) == ("Scheduled", "Next run 2026-11-22T11:00:00Z.")


def test_a_note_is_said_before_what_comes_next() -> None:
    after = edited(replace(answered(), note="It was an older copy."))
    assert after.reason == "It was an older copy. Next run 2026-11-22T11:00:00Z."


@pytest.mark.parametrize(
    ("runs", "status", "reason"),
    [
        ((RUNNING,), "Running", "The run due 2026-11-22T10:00:00Z is going. Next run 2026-11-22T11:00:00Z."),
        (
            (WAITING,),
            "Waiting",
            f"{COMES} Next run 2026-11-22T11:00:00Z.",
        ),
        ((replace(RUNNING, removing=True),), "Scheduled", "Next run 2026-11-22T11:00:00Z."),
    ],
)
def test_after_an_edit_the_row_says_what_goes_on_too(runs: tuple[Run, ...], status: str, reason: str) -> None:
    after = edited(replace(answered(), runs=runs), Owner="me")
    assert (after.status, after.reason) == (status, reason)


@pytest.mark.parametrize(
    ("cells", "next_due", "said"),
    [
        ({}, "11:00", "Next run 2026-11-22T11:00:00Z."),
        ({}, None, "No due time is left."),
        ({"Schedule": "manual"}, None, "Runs on request only."),
        ({"Schedule": "after a"}, None, "Runs when weather/a succeeded."),
        ({"Schedule": "after a, team/b"}, None, "Runs when weather/a and team/b succeeded."),
        ({"Schedule": "after a"}, "10:00", "Next run 2026-11-22T10:00:00Z."),
        ({"Enabled": False}, "11:00", "Paused."),
    ],
)
def test_what_comes_next_is_said_in_words(cells: dict[str, Any], next_due: str | None, said: str) -> None:
    assert following(job(**cells), Standing(JOB, next_due=at(next_due) if next_due else None)) == said


# a row that is wrong


def test_a_row_that_is_wrong_says_why_and_keeps_its_times_in_mind() -> None:
    after = edited(answered(), Cpu="lots")
    assert (after.status, after.next_run, after.next_due) == ("Invalid", None, at("11:00"))
    assert after.reason.startswith("Cpu is 'lots'")


def test_times_typed_together_with_a_fault_count_from_that_edit() -> None:
    assert edited(answered(), Cpu="lots", Schedule="20 * * * *").next_due == at("11:20")


def test_a_chain_typed_together_with_a_fault_counts_from_that_edit_too() -> None:
    after = edited(answered(), Cpu="lots", Schedule="after a")
    assert chain.from_text(after.upstreams) == {"new weather/a": EDITED}


def test_times_that_cannot_be_read_are_none() -> None:
    after = edited(answered(), Schedule="61 * * * *")
    assert (after.status, after.next_due, after.next_run) == ("Invalid", None, None)


# when the next decision is


BACKFILL = Backfill(at("01:00"), at("04:00"), at("02:00"), total=3)


@pytest.mark.parametrize(
    ("story", "changes", "expected"),
    [
        ("nothing is to come", {}, None),
        ("a due time", {"next_due": at("11:00")}, "11:00"),
        ("an attempt before it", {"next_due": at("11:00"), "runs": (WAITING,)}, "10:40"),
        ("an attempt after it", {"next_due": at("10:35"), "runs": (WAITING,)}, "10:35"),
        ("a run that goes", {"runs": (RUNNING,)}, None),
        ("an attempt without a time", {"runs": (replace(WAITING, not_before=None),)}, None),
        ("a backfill that goes on", {"next_due": at("11:00"), "backfill": str(BACKFILL)}, "02:00"),
        ("a backfill whose last run goes", {"backfill": str(replace(BACKFILL, next=None))}, None),
        ("a mangled backfill", {"next_due": at("11:00"), "backfill": "{"}, "11:00"),
    ],
)
def test_the_next_decision_is_the_first_of_what_is_to_come(
    story: str, changes: dict[str, Any], expected: str | None
) -> None:
    assert next_run(job(), Standing(JOB, **changes)) == (at(expected) if expected else None), story


def test_the_jitter_puts_off_the_due_time_and_nothing_else() -> None:
    put_off = job(Jitter="30m")
    assert delay(put_off)
    assert next_run(put_off, Standing(JOB, next_due=at("11:00"))) == at("11:00") + delay(put_off)
    assert next_run(put_off, Standing(JOB, runs=(WAITING,))) == at("10:40")


# what its runs are doing


@pytest.mark.parametrize(
    ("story", "runs", "status"),
    [
        ("none", [], ""),
        ("none but what is to be removed", [replace(RUNNING, removing=True)], ""),
        ("one that was claimed", [run(at("10:00"))], "Starting"),
        ("one that runs", [RUNNING], "Running"),
        ("an attempt to come", [WAITING], "Waiting"),
        ("an attempt beside a claim", [WAITING, run(at("10:00"))], "Starting"),
        ("an attempt beside one that runs", [WAITING, RUNNING], "Running"),
        ("one that is cancelled", [RUNNING, replace(RUNNING, cancel=True)], "Cancelling"),
        ("an attempt that is cancelled", [replace(WAITING, cancel=True)], "Cancelling"),
        ("what was cancelled and is to be removed", [replace(RUNNING, cancel=True, removing=True), RUNNING], "Running"),
    ],
)
def test_a_row_says_what_its_runs_are_doing(story: str, runs: list[Run], status: str) -> None:
    assert going_status(Standing(JOB, runs=tuple(runs))) == status, story


# a pause


def test_a_pause_shows_once_the_last_run_has_ended() -> None:
    paused = job(Enabled=False)
    ended = Standing(JOB, "Succeeded", "The run due 10:00: Succeeded.")
    assert rested(paused, replace(ended, status="Running", runs=(RUNNING,))).status == "Running"
    after = rested(paused, ended)
    assert (after.status, after.reason) == (Status.PAUSED, "Paused. The run due 10:00: Succeeded.")
    assert rested(paused, after) == after, "and then it is not written again"
    assert rested(job(), ended) == ended


def test_a_pause_shows_over_an_attempt_that_waits_for_its_end() -> None:
    after = rested(job(Enabled=False), Standing(JOB, "Waiting", "It failed.", runs=(WAITING,)))
    assert after.status == Status.PAUSED
    assert after.reason == f"{COMES} Paused. It failed."
