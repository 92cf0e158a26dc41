"""An old copy of a row is told from a true one by the job's runs, and mended from them."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler import recent
from scheduler.entry import row_of
from scheduler.identity import countdown
from scheduler.outcome import Outcome
from scheduler.row import Row, Value
from scheduler.run import LEASE, Run, State
from scheduler.schedule import Schedule
from scheduler.stale import NOTE, restored
from scheduler.standing import Standing
from tests.calendars import JOB, at, run

HOURLY = Schedule.parse("0 * * * *")
NOW = at("12:30")


def opened(clock: str, trigger: str = "schedule", **changes: Any) -> Row:
    one = replace(run(at(clock), trigger), **changes)
    return Row(*one.key, row_of(one))


def ended(clock: str, watermark: str, state: State = State.SUCCEEDED, trigger: str = "schedule") -> Row:
    one = replace(run(at(clock), trigger), watermark="1")
    made = Outcome(
        state, exit_code=0, started=at(clock), finished=at(clock).replace(minute=10), watermark=watermark or None
    )
    return Row(*one.key, {**row_of(one), **made.columns(one)})


def skipped(first: str, last: str, trigger: str = "schedule") -> Row:
    cells: dict[str, Value] = {
        "State": "Skipped",
        "Trigger": trigger,
        "From": at(first),
        "Due": at(last),
        "Reason": "missed",
    }
    return Row(JOB[0], f"{JOB[1]}|{countdown(at(first))}|001", cells)


def standing(last_due: str | None = "12:00", *runs: Run, **cells: Any) -> Standing:
    claimed = at(last_due) if last_due else None
    following = HOURLY.after(claimed) if claimed else at("09:00")
    last = claimed.replace(minute=10) if claimed else None
    told = {
        "last_due": claimed,
        "last_finished": last,
        "next_due": following,
        "watermark": "6",
        "digest": "times-rest",
    } | cells
    return Standing(JOB, "Scheduled", runs=runs, **told)


def mended(before: Standing, *newest: Row, schedule: Schedule | None = HOURLY) -> Standing:
    after = restored(before, newest, schedule, NOW)
    assert after is not None
    return after


TRUE_ROWS = [
    ("no runs at all", standing(None), []),
    ("its newest run has ended", standing("12:00"), [ended("12:00", "6"), ended("11:00", "5")]),
    ("its newest run is open and in the row", standing("12:00", run(at("12:00"))), [opened("12:00")]),
    ("claimed, and its registration is still to come", standing("12:00", run(at("12:00"))), [ended("11:00", "5")]),
    ("closed, and still to be settled", standing("12:00", run(at("12:00"))), [ended("12:00", "6")]),
    ("ranges let pass since", standing("12:00"), [skipped("12:00", "12:00"), ended("12:00", "6")]),
    ("run on request since", standing("12:00"), [ended("12:20", "6", trigger="request"), ended("12:00", "6")]),
    ("a request let pass since", standing("12:00"), [skipped("12:20", "12:20", "request"), ended("12:00", "6")]),
    ("its last run failed", standing("12:00"), [ended("12:00", "", State.FAILED)]),
]


@pytest.mark.parametrize(("story", "true", "newest"), TRUE_ROWS, ids=[row[0] for row in TRUE_ROWS])
def test_a_true_row_is_not_touched(story: str, true: Standing, newest: list[Row]) -> None:
    assert restored(true, newest, HOURLY, NOW) is None, story


@pytest.mark.parametrize("watermark", ["", "1", "2026-01-01", "9"])
def test_a_person_who_rewinds_by_editing_one_cell_is_not_undone(watermark: str) -> None:
    rewound = replace(standing("12:00"), watermark=watermark)
    assert restored(rewound, [ended("12:00", "6")], HOURLY, NOW) is None


def test_an_old_copy_gets_its_due_times_watermark_and_last_runs_back() -> None:
    old = replace(standing("09:00"), watermark="3", last_success_due=at("09:00"))
    after = mended(old, ended("12:00", "", State.FAILED), ended("11:00", "5"), ended("10:00", "4"))
    assert after.last_due == at("12:00")
    assert after.next_due == at("13:00")
    assert (after.last_started, after.last_finished) == (at("12:00"), at("12:10"))
    assert (after.last_success, after.last_success_due) == (at("11:10"), at("11:00"))
    assert after.note == NOTE
    assert after.watermark == "1", "what the newest run left: it failed, so what it was told"


def test_the_last_runs_that_the_row_remembers_come_back_in_the_order_in_which_they_ended() -> None:
    """A page of jobs reads Recent alone: it would not show two runs that were."""
    old = standing("09:00", recent="20261122T080000Z.1S+0/600 20261122T090000Z.1S+0/600")
    after = mended(old, ended("12:00", "", State.FAILED), opened("11:30", "request"), ended("11:00", "5"))
    told = [(past.due, past.state) for past in recent.read(after.recent)]
    assert told == [
        (at("08:00"), State.SUCCEEDED),
        (at("09:00"), State.SUCCEEDED),
        (at("11:00"), State.SUCCEEDED),
        (at("12:00"), State.FAILED),
    ]


def test_the_watermark_of_the_newest_success_comes_back() -> None:
    assert mended(standing("09:00"), ended("12:00", "8"), ended("11:00", "7")).watermark == "8"


def test_a_copy_from_before_the_first_run_is_told_too() -> None:
    assert mended(standing(None), ended("12:00", "8")).last_due == at("12:00")


def test_ranges_that_were_let_pass_are_not_decided_again() -> None:
    after = mended(standing("09:00"), skipped("11:00", "12:00"), ended("10:00", "4"))
    assert (after.last_due, after.next_due) == (at("10:00"), at("13:00"))


def test_a_backfills_success_is_none_of_the_live_schedule() -> None:
    before = standing("09:00", last_success=at("09:10"), last_success_due=at("09:00"))
    after = mended(before, ended("12:00", "", State.FAILED), ended("11:00", "x", trigger="backfill"))
    assert (after.last_success, after.last_success_due) == (at("09:10"), at("09:00"))


def test_the_interval_of_the_last_success_comes_back_with_it() -> None:
    won = ended("11:00", "5")
    won = replace(won, columns={**won.columns, "IntervalStart": at("10:00"), "IntervalEnd": at("11:00")})
    before = standing("09:00", last_success_start=at("08:00"))
    assert mended(before, ended("12:00", "", State.FAILED), won).last_success_start == at("10:00")
    assert mended(before, ended("12:00", "", State.FAILED)).last_success_start == at("08:00")


def test_a_copy_that_was_made_since_the_schedule_was_edited_keeps_its_due_time() -> None:
    evenings = Schedule.parse("0 20 * * *")
    copy = standing("12:00", last_finished=at("11:10"), next_due=at("20:00"))
    assert mended(copy, ended("12:00", "6"), schedule=evenings).next_due == at("20:00")
    tomorrow = at("2026-11-23T20:00+00:00")
    assert mended(replace(copy, next_due=tomorrow), ended("12:00", "6"), schedule=evenings).next_due == tomorrow


def test_an_open_run_that_cannot_be_read_is_no_proof() -> None:
    broken = opened("12:20", "request")
    broken = replace(broken, columns={**broken.columns, "Entry": "{"})
    assert restored(standing("12:00"), [broken, ended("12:00", "6")], HOURLY, NOW) is None


def test_a_wrong_row_has_no_schedule_so_its_due_time_stays_until_runs_refuses_it() -> None:
    after = mended(standing("09:00"), ended("12:00", "8"), schedule=None)
    assert (after.last_due, after.next_due, after.watermark) == (at("12:00"), at("10:00"), "8")


def test_an_open_run_gets_its_entry_back_with_a_lease_from_now() -> None:
    after = mended(standing("11:00"), opened("12:00", watermark="7"), ended("11:00", "7"))
    (again,) = after.runs
    assert (again.run_id, again.due, again.state) == (run(at("12:00")).run_id, at("12:00"), State.STARTING)
    assert (again.tick, again.lease) == ("", NOW + LEASE)
    assert (after.watermark, after.next_due) == ("7", at("13:00"))


def test_an_open_run_on_request_gets_its_entry_back_and_the_due_times_stay() -> None:
    before = standing("12:00")
    after = mended(before, opened("12:20", "request"), ended("12:00", "6"))
    assert [one.trigger for one in after.runs] == ["request"]
    assert (after.next_due, after.watermark) == (before.next_due, before.watermark)


def test_entries_that_are_there_stay_as_they_are() -> None:
    other = replace(run(at("11:30"), "request"), state=State.RUNNING)
    after = mended(standing("11:00", other), opened("12:00"), opened("11:30", "request"), ended("11:00", "5"))
    assert after.runs[0] == other
    assert [one.due for one in after.runs] == [at("11:30"), at("12:00")]


def test_mangled_entries_are_mended_from_the_open_runs() -> None:
    after = mended(standing("12:00", damaged=True), opened("12:00"))
    assert [one.due for one in after.runs] == [at("12:00")]
    assert not after.damaged


# chains, and runs apart


def test_an_old_copy_of_a_chain_has_seen_what_its_newest_run_had_seen() -> None:
    chained = Schedule.parse("after a")
    newest = [
        opened("12:00", "after", upstreams='{"weather/a": "12"}'),
        opened("11:00", "after", upstreams='{"weather/a": "11"}'),
    ]
    after = mended(standing("09:00", upstreams='{"weather/a": "9"}'), *newest, schedule=chained)
    assert (after.upstreams, after.next_due, after.last_due) == ('{"weather/a": "12"}', None, at("12:00"))


def test_a_chain_none_of_whose_runs_says_what_it_saw_keeps_what_it_has() -> None:
    after = mended(standing("09:00", upstreams="{}"), opened("12:00", "after"), schedule=Schedule.parse("after a"))
    assert after.upstreams == "{}"


def test_a_run_apart_tells_nothing_of_the_live_watermark() -> None:
    newest = [opened("12:20", "request", apart=True, watermark="own", claimed=at("12:20")), ended("12:00", "8")]
    assert mended(standing("09:00"), *newest).watermark == "8"


def test_a_job_whose_runs_are_all_apart_keeps_its_watermark() -> None:
    alone = opened("12:00", apart=True, watermark="own")
    assert mended(standing("09:00", watermark="live"), alone).watermark == "live"


def test_the_run_that_was_claimed_last_tells_the_watermark_though_an_older_due_time_ran_again() -> None:
    again = replace(run(at("10:00")), attempt=2, claimed=at("12:15"), watermark="1")
    made = Outcome(State.SUCCEEDED, exit_code=0, started=at("12:15"), finished=at("12:20"), watermark="again")
    row = Row(*again.key, {**row_of(again), **made.columns(again)})
    assert mended(standing("09:00"), ended("12:00", "8"), row, ended("10:00", "4")).watermark == "again"


def test_a_row_that_somebody_wrote_anew_with_a_watermark_keeps_that() -> None:
    anew = standing(None, digest="", watermark="2020")
    after = mended(anew, ended("12:00", "8"))
    assert (after.watermark, after.last_due) == ("2020", at("12:00"))
    assert mended(standing(None, digest="", watermark=""), ended("12:00", "8")).watermark == "8"


def test_a_mended_row_needs_no_mending() -> None:
    newest = [opened("12:00", watermark="7"), ended("11:00", "7"), ended("10:00", "7")]
    assert restored(mended(standing("09:00"), *newest), newest, HOURLY, NOW) is None
