"""Lies about ends: what is left open or behind, what nobody asked for, tries too many, places not given."""

from datetime import timedelta

from tests.simulation.by_hand import MINUTE, SECOND, Tale, at, group, row_of, spoil
from tests.simulation.history import PERSON, Post, Tick, Version
from tests.simulation.lies.kit import Lie, fails


def a_run_is_never_closed(tale: Tale) -> None:
    row_of(tale, "09:30").pop()


def a_group_is_left_behind(tale: Tale) -> None:
    tale.history.last += timedelta(hours=2)
    for number in range(60, 180):
        began = at("09:00") + number * MINUTE
        tale.history.ticks.append(Tick(number, "A", began, began, began + SECOND, "whole"))
    tale.types("10:00", Enabled=False)
    tale.history.left[group("09:30")] = {}


def a_status_is_out_of_date(tale: Tale) -> None:
    tale.says("09:58", Status="Failed")


def a_row_says_running_and_nothing_runs(tale: Tale) -> None:
    tale.says("09:58", Status="Running")


def a_tick_raises(tale: Tale) -> None:
    tale.history.ticks[7].how = "raised KeyError('due')"


def a_tick_gives_up_though_nothing_befell_it(tale: Tale) -> None:
    tale.history.ticks[7].how = "failed: no answer"


def somebody_runs_what_nobody_asked_for(tale: Tale) -> None:
    tale.runs("09:35", "up to 09:30", "up to 09:30", trigger="request")


def a_request_is_not_heard(tale: Tale) -> None:
    tale.types("09:33", Request="run")


def a_request_is_obeyed_twice(tale: Tale) -> None:
    tale.types("09:33", Request="run")
    tale.says("09:34:05", Request="")
    for minute in ("34", "37"):
        tale.runs(f"09:{minute}", "up to 09:30", "up to 09:30", trigger="request", claimed=at(f"09:{minute}:05"))


def a_failure_is_counted_twice(tale: Tale) -> None:
    tale.says("09:55", Failures=1)


def attempts_are_numbered_with_a_gap(tale: Tale) -> None:
    tale.runs("09:30", "up to 09:20", attempt=3, claimed=at("09:35:05"))


def an_attempt_comes_before_its_time(tale: Tale) -> None:
    fails(tale, "09:50", retry_at="09:58")
    tale.runs("09:50", "up to 09:40", attempt=2, last="09:40", claimed=at("09:54:05"))


def an_announced_attempt_never_comes(tale: Tale) -> None:
    fails(tale, "09:50", retry_at="09:53")


def a_failure_is_given_up_with_retries_left(tale: Tale) -> None:
    versions = tale.history.jobs[tale.job]
    for number in range(len(versions)):
        spoil(versions, {"Retries": 2}, number)
    fails(tale, "09:50")


def it_is_tried_again_more_often_than_allowed(tale: Tale) -> None:
    fails(tale, "09:50", retry_at="09:53")
    tale.runs("09:50", "up to 09:40", attempt=2, last="09:40", claimed=at("09:53:05"), exit_code=3)
    spoil(row_of(tale, "09:50", 2), {"RetryAt": at("09:56")})
    tale.runs("09:50", "up to 09:40", attempt=3, last="09:40", claimed=at("09:56:05"))


def a_run_goes_where_it_should_not(tale: Tale) -> None:
    versions = tale.history.jobs[tale.job]
    for number in range(len(versions)):
        spoil(versions, {"Locations": "westeurope, northeurope"}, number)
    fails(tale, "09:50", retry_at="09:53", cause="capacity", Location="westeurope")
    tale.runs("09:50", "up to 09:40", attempt=2, last="09:40", claimed=at("09:53:05"))
    spoil(row_of(tale, "09:50", 2), {"Location": "westeurope"})


def a_run_begins_where_it_should_not(tale: Tale) -> None:
    versions = tale.history.jobs[tale.job]
    for number in range(len(versions)):
        spoil(versions, {"Locations": "westeurope, northeurope"}, number)
    spoil(row_of(tale, "09:50"), {"Location": "northeurope"})


def more_run_at_once_than_may(tale: Tale) -> None:
    tale.history.most = 0


def one_that_matters_less_goes_first(tale: Tale) -> None:
    tale.begins("urgent", Schedule="manual", Priority=5)
    tale.says("09:29:00", Status="Waiting", Reason="Waiting: all places are taken.")


def a_backfill_leaves_one_out(tale: Tale) -> None:
    tale.types("09:53", Request="run 2026-11-22T09:10Z..2026-11-22T09:40Z")
    tale.says("09:53:30", Request="", Backfill="going")
    tale.runs("09:10", attempt=2, answers="again up to 09:10", claimed=at("09:54:05"), trigger="backfill")
    tale.runs("09:30", "again up to 09:10", attempt=2, claimed=at("09:57:05"), trigger="backfill")


def a_backfill_is_told_the_live_watermark(tale: Tale) -> None:
    tale.types("09:53", Request="run 2026-11-22T09:10Z..2026-11-22T09:40Z watermark from here")
    tale.says("09:53:30", Request="", Backfill="going")
    tale.runs("09:10", "up to 09:50", attempt=2, claimed=at("09:54:05"), trigger="backfill")


def a_request_with_a_watermark_is_told_another(tale: Tale) -> None:
    tale.types("09:33", Request="run watermark from here")
    tale.says("09:34:01", Request="")
    tale.runs("09:34", "up to 09:30", "up to 09:30", trigger="request")


def a_template_is_taken_for_a_job(tale: Tale) -> None:
    typed = Version(at("09:00"), PERSON, {"Image": "shared:1"})
    tale.history.jobs["weather", "_shared"] = [typed, Version(at("09:01"), "tick 1", {"Status": "Scheduled"})]


def a_failure_is_told_to_nobody(tale: Tale) -> None:
    tale.history.last += timedelta(hours=1)
    fails(tale, "09:50")
    tale.says("09:53", Failures=1)


def a_failure_is_told_again(tale: Tale) -> None:
    fails(tale, "09:50")
    tale.says("09:53", Failures=1)
    for minute in (53, 57):
        told = Post(at(f"09:{minute}"), minute, "failed-1", "failed", "weather/extract", "2026-11-22T09:50:00Z.1")
        tale.history.posts.append(told)


LIES: tuple[Lie, ...] = (
    (a_failure_is_told_to_nobody, "news", "at 2026-11-22 09:53:00 it failed, and nobody was told"),
    (a_failure_is_told_again, "news", "was told 2 times, at 2026-11-22 09:53:00"),
    (a_template_is_taken_for_a_job, "template", "was written by a tick, or has runs"),
    (a_run_is_never_closed, "ending", "it is still open"),
    (a_group_is_left_behind, "group", "stands there at the end"),
    (
        a_status_is_out_of_date,
        "status",
        "it says 'Failed' at the end, and the run due 2026-11-22 09:50:00 is Succeeded",
    ),
    (a_row_says_running_and_nothing_runs, "status", "it says 'Running' at the end"),
    (a_tick_raises, "tick", "raised KeyError"),
    (a_tick_gives_up_though_nothing_befell_it, "tick", "though nothing had befallen it"),
    (somebody_runs_what_nobody_asked_for, "request", "and nobody had asked for it"),
    (a_request_is_not_heard, "request", "Request='run' of 2026-11-22 09:33:00 stood through"),
    (a_request_is_obeyed_twice, "request", "and nobody had asked for it"),
    (a_failure_is_counted_twice, "failures", "Failures went from 0 to 1, and 0 runs more had failed for good"),
    (attempts_are_numbered_with_a_gap, "attempt", "are numbered [1, 3]"),
    (an_attempt_comes_before_its_time, "attempt", "announced the next for 2026-11-22 09:58:00"),
    (an_announced_attempt_never_comes, "attempt", "ticks later there is none"),
    (a_failure_is_given_up_with_retries_left, "attempt", "was given up after 0 retries of 2"),
    (it_is_tried_again_more_often_than_allowed, "attempt", "was tried again 2 times for own, and 1 are allowed"),
    (a_run_goes_where_it_should_not, "place", "and the next attempt went to westeurope"),
    (a_run_begins_where_it_should_not, "place", "began in northeurope, and may in westeurope, northeurope"),
    (more_run_at_once_than_may, "pace", "1 runs are going, and 0 may"),
    (one_that_matters_less_goes_first, "pace", "with Priority 5, and tick 30 started another with 0"),
    (a_backfill_leaves_one_out, "backfill", "the calendar has 2026-11-22 09:10:00, 2026-11-22 09:20:00"),
    (
        a_backfill_is_told_the_live_watermark,
        "backfill",
        "was told 'up to 09:50', and the one before it left 'from here'",
    ),
    (a_request_with_a_watermark_is_told_another, "request", "and was told 'up to 09:30'"),
)
