"""Each kind of news through the tables and ticks: it is told once when it begins, and once when it is over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.alerts import alarms
from tests.world import Limits, World, minutes
from tests.world.clock import at
from tests.world.story import SETTINGS

JOB = "weather/extract"
HOOK = "https://hooks.example.com/secret"
PEOPLE = replace(SETTINGS, alert_webhook=HOOK, public_url="https://jobs.example.com")


class Told:
    """A world whose news is read: what each tick and the sending after it told."""

    def __init__(self, now: str = "08:55") -> None:
        self.world = World(now, PEOPLE)
        self.world.groups.behave(start_delay=1, duration=20)

    def tick(self, *times: str) -> list[str]:
        """Tick and send at each of these times; gives what was told, oldest first."""
        before = len(self.world.webhooks.said)
        for when in times:
            self.world.tick(when)
            self.world.send()
        return self.world.webhooks.said[before:]

    def through(self, first: str, last: str) -> list[str]:
        """Tick each minute from one time to another."""
        return self.tick(*(moment.isoformat() for moment in minutes(first, last)))

    def alarms(self) -> list[str]:
        """Name what stands wrong with the job."""
        return sorted(alarms.read(str(self.world.row(JOB)["Alarms"])))


@pytest.fixture
def told() -> Iterator[Told]:
    one = Told()
    yield one
    one.world.restart()  # a fresh process tells none of it again
    calm = one.world.clock.now
    assert one.tick((calm + timedelta(seconds=1)).isoformat(), (calm + timedelta(seconds=2)).isoformat()) == []


def hourly(told: Told, **columns: str) -> None:
    told.world.add(JOB, Schedule="0 * * * *", Image="loads", **columns)
    assert told.tick("08:56", "08:58") == []


def test_the_first_failure_is_told_and_the_recovery_and_nothing_in_between(told: Told) -> None:
    hourly(told)
    told.world.groups.behave(exit_code=3)
    assert told.tick("09:00", "09:01") == [f"{JOB} failed. Failed: the container exited with code 3."]
    assert told.tick("10:00", "10:01") == []
    told.world.groups.behave(start_delay=1, duration=20)
    (recovered,) = told.tick("11:00", "11:01", "12:00", "12:01")
    assert recovered == f"{JOB} recovered after 2 failures in a row. Succeeded in 20 s."


def test_a_backfill_beside_a_failing_job_does_not_say_that_it_recovered_but_that_it_failed_itself(told: Told) -> None:
    hourly(told)
    told.world.groups.behave(exit_code=3)
    told.tick("09:00", "09:01")
    told.world.groups.behave(start_delay=1, duration=20)
    told.world.edit(JOB, Request="run 2026-11-22T02:00Z..2026-11-22T04:00Z")
    assert told.through("09:02", "09:08") == []
    assert told.world.row(JOB)["Failures"] == 1
    told.world.groups.behave(exit_code=4)
    told.world.edit(JOB, Request="run 2026-11-22T05:00Z..2026-11-22T07:00Z")
    assert told.through("09:10", "09:14") == [
        f"{JOB} failed. Its backfill ends with that. Failed: the container exited with code 4."
    ]


def test_a_message_leads_to_its_run(told: Told) -> None:
    hourly(told)
    told.world.groups.behave(exit_code=3)
    told.tick("09:00", "09:01")
    ((message,),) = told.world.webhooks.taken.values()
    (news,) = message["news"]
    assert news["url"] == "https://jobs.example.com/jobs/weather/extract/runs/2026-11-22T09:00:00Z.1"
    assert (news["kind"], news["title"], news["at"]) == ("failed", f"Failed: {JOB}", "2026-11-22T09:01:00Z")


def test_an_invalid_row_is_told_once_however_often_it_is_edited_wrongly_and_that_it_was_mended(told: Told) -> None:
    hourly(told)
    told.world.edit(JOB, Cpu="lots")
    (invalid,) = told.tick("09:10", "09:11")
    assert invalid.startswith(f"{JOB} is Invalid and does not run. Cpu is 'lots': it must be a number")
    told.world.edit(JOB, Cpu="more")
    assert told.tick("09:20", "09:21") == []
    assert told.alarms() == ["invalid"]
    told.world.edit(JOB, Cpu=2)
    assert told.tick("09:30", "09:31") == [f"{JOB} is valid again. The run due 2026-11-22T09:00:00Z is starting."]
    assert told.alarms() == []
    told.world.edit(JOB, Cpu="lots")
    assert len(told.tick("09:40")) == 1, "the same mistake again is news again"


def usual(told: Told, seconds: int) -> None:
    """Let five runs tell what is usual."""
    hourly(told)
    told.world.groups.behave(start_delay=1, duration=seconds)
    for hour in ("09", "10", "11", "12", "13"):
        assert told.tick(f"{hour}:00", f"{hour}:01", f"{hour}:10") == []


def test_a_run_that_goes_on_much_longer_than_usual_is_told_while_it_goes_on_and_that_it_ended(told: Told) -> None:
    usual(told, 300)
    told.world.groups.behave(start_delay=1, duration=1_200)
    assert told.through("14:00", "14:07") == []
    assert told.through("14:08", "14:19") == [f"{JOB} runs for 8 min now, and usually not longer than 5 min."]
    assert told.alarms() == ["long 2026-11-22T14:00:00Z.1"]
    assert told.through("14:20", "14:30") == [f"{JOB} ended its long run after 20 min: it succeeded."]
    assert told.alarms() == []


def test_a_short_run_that_was_slow_and_over_before_a_tick_saw_it_is_told_at_its_end(told: Told) -> None:
    usual(told, 2)
    told.world.groups.behave(start_delay=1, duration=100)
    assert told.tick("14:00", "14:01", "14:10") == [
        f"{JOB} took 2 min, and usually not longer than 2 s. The run succeeded."
    ]


def test_a_slow_start_is_no_long_run(told: Told) -> None:
    usual(told, 2)
    told.world.groups.behave(start_delay=400, duration=2)
    assert told.through("14:00", "14:09") == []


def test_a_watermark_that_stands_still_while_runs_succeed_is_told_and_that_it_moves_again(told: Told) -> None:
    hourly(told)
    told.world.groups.behave(start_delay=1, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    assert told.tick("09:00", "09:01", "10:00", "10:01", "11:00", "11:01") == []
    told.world.groups.behave(start_delay=1, duration=20, log="nothing new\n")
    assert told.tick("12:00", "12:01", "13:00", "13:01") == []
    said = "3 runs in a row succeeded, and it stands still at 2026-11-22T11:00:00Z."
    assert told.tick("14:00", "14:01") == [f"{JOB} does not move its watermark: {said}"]
    assert told.tick("15:00", "15:01") == []
    told.world.groups.behave(start_delay=1, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    assert told.tick("16:00", "16:01") == [f"{JOB} moves its watermark again: 2026-11-22T16:00:00Z."]


def test_a_job_that_never_had_a_watermark_or_moves_it_seldom_is_no_news(told: Told) -> None:
    hourly(told)
    for number in range(12):
        moves = number % 4 == 0
        log = (lambda env: f"::watermark::{env['DUE']}\n") if moves else "nothing new\n"
        told.world.groups.behave(start_delay=1, duration=20, log=log)
        assert told.tick(f"{number + 9:02}:00", f"{number + 9:02}:01") == []


def test_a_backfill_has_a_watermark_of_its_own_and_says_nothing_of_the_rows(told: Told) -> None:
    hourly(told)
    told.world.groups.behave(start_delay=1, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    told.tick("09:00", "09:01", "10:00", "10:01", "11:00", "11:01")
    told.world.groups.behave(start_delay=1, duration=20, log="nothing new\n")
    told.world.edit(JOB, Request="run 2026-11-21T01:00Z..2026-11-21T06:00Z")
    assert told.through("11:10", "11:40") == []
    assert len(told.world.runs(JOB)) == 8


def test_data_older_than_fresh_for_is_told_at_that_instant_without_a_write_before_or_after(told: Told) -> None:
    hourly(told, FreshFor="90m")
    told.tick("09:00", "09:01")
    told.world.edit(JOB, Enabled=True, Schedule="0 9 * * *")
    told.tick("09:05", "09:08", "09:11")
    assert told.world.row(JOB)["NextRun"] == at("10:30"), "it must be looked at when its data becomes too old"
    etag = told.world.copy(JOB).etag
    assert told.tick("10:29") == []
    assert told.world.copy(JOB).etag == etag
    reaches = "it reaches to 2026-11-22T09:00:00Z"
    assert told.tick("10:30") == [f"{JOB} has data older than its FreshFor of 90m: {reaches}."]
    stale = told.world.row(JOB)
    assert (told.alarms(), stale["NextRun"]) == (["stale"], at("2026-11-23 09:00"))
    assert "Next run 2026-11-23T09:00:00Z" in str(stale["Reason"])
    told.tick("10:33")
    assert told.world.spent(lambda: told.world.tick("10:34")) == 2, "an idle tick, as before"
    (fresh,) = told.tick("2026-11-23 09:00", "2026-11-23 09:01")
    assert fresh == f"{JOB} has fresh data again: it reaches to 2026-11-23T09:00:00Z."
    assert told.alarms() == []


def test_data_that_is_rewound_and_goes_stale_at_the_same_instant_again_is_told_again(told: Told) -> None:
    told.world.groups.behave(start_delay=1, duration=20, log="::watermark::2026-11-22T09:00:00Z\n")
    told.world.add(JOB, Schedule="0 9 * * *", Image="loads", FreshFor="61m", Watermark="2026-11-22T07:30:00Z")
    first = told.through("08:56", "09:03")
    told.world.edit(JOB, Watermark="2026-11-22T07:30:00Z")
    assert told.through("09:04", "09:10") == [first[0]]
    assert "has data older than its FreshFor of 61m" in first[0]


def test_a_watermark_that_is_a_time_says_how_old_the_data_is(told: Told) -> None:
    hourly(told, FreshFor="1 day")
    told.world.groups.behave(start_delay=1, duration=20, log="::watermark::2026-11-21T09:30:00Z\n")
    told.tick("09:00", "09:01")
    assert told.through("09:02", "09:29") == []
    (stale,) = told.tick("09:30", "09:31")
    assert stale.endswith("it reaches to 2026-11-21T09:30:00Z.")


def test_a_pause_ends_an_alarm_without_a_word(told: Told) -> None:
    hourly(told, FreshFor="90m")
    told.tick("09:00", "09:01")
    told.world.groups.behave(exit_code=3)
    assert len(told.tick("10:00", "10:01", "10:30")) == 2
    told.world.edit(JOB, Enabled=False)
    assert told.tick("10:40", "12:40") == []
    assert told.alarms() == []


def test_due_times_that_passed_while_no_tick_came_are_told_once(told: Told) -> None:
    hourly(told)
    told.tick("09:00", "09:01")
    (missed,) = told.tick("12:10", "12:11")
    why = "a newer due time came before it could start (CatchUp latest)"
    assert missed == f"{JOB} missed its due times from 2026-11-22T10:00:00Z to 2026-11-22T11:00:00Z: {why}."
    assert told.alarms() == ["missed"]
    assert told.tick("13:00", "13:01") == []
    assert told.alarms() == []
    assert len(told.tick("16:10", "16:11")) == 1, "the next time is news again"


def test_what_overlap_lets_pass_is_not_missed(told: Told) -> None:
    told.world.add(JOB, Schedule="*/5 * * * *", Image="loads", Overlap="wait", Grace="10m")
    told.tick("08:56", "08:58")
    told.world.groups.behave(start_delay=1, duration=1_500)
    assert told.through("09:00", "10:40") == []
    assert "Skipped" in told.world.states(JOB)


def test_acis_ration_is_told_once_a_day_and_region() -> None:
    told = Told()
    told.world.groups.limits = Limits(creates_5min=2)
    told.world.groups._quotas.limits = told.world.groups.limits
    for number in range(6):
        told.world.add(f"weather/job{number}", Schedule="0 * * * *", Image="loads")
    told.tick("08:56", "08:58")
    (quota,) = told.through("09:00", "09:20")
    assert quota.startswith("ACI grants no more in westeurope for now. weather/job")
    assert told.tick("10:00", "10:01", "10:02") == []
    assert sum("ACI grants no more" in one for one in told.through("2026-11-23 09:00", "2026-11-23 09:03")) == 1
