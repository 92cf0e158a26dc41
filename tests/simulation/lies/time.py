"""Lies about time: what was due, when it ran, what passed, and from when to when its data reaches."""

from tests.simulation.by_hand import MINUTE, Tale, at, row_of, spoil
from tests.simulation.lies.kit import Lie, forget


def a_due_time_is_forgotten(tale: Tale) -> None:
    forget(tale, "09:30")


def a_due_time_is_run_and_skipped(tale: Tale) -> None:
    tale.skips("09:20:00", until="09:30:00", why="missed")


def something_runs_that_the_calendar_does_not_know(tale: Tale) -> None:
    tale.runs("09:35", "up to 09:30", "up to 09:30")


def a_due_time_is_skipped_for_no_cause(tale: Tale) -> None:
    forget(tale, "09:50")
    tale.skips("09:50", why="I did not feel like it")


def a_skip_has_no_reason(tale: Tale) -> None:
    forget(tale, "09:30")
    tale.skips("09:30", until="09:30", why="")


def a_run_begins_before_its_time(tale: Tale) -> None:
    for tick in tale.history.ticks:
        tick.now -= 2 * MINUTE


def a_run_begins_after_its_grace(tale: Tale) -> None:
    forget(tale, "09:50")
    tale.says("09:49", Grace="2m")
    tale.runs("09:50", "up to 09:40", "up to 09:50", last="09:40", claimed=at("09:55:05"))


def due_times_are_claimed_out_of_order(tale: Tale) -> None:
    for due in ("09:20", "09:30"):
        forget(tale, due)
    tale.runs("09:30", claimed=at("09:31:05"))
    tale.runs("09:20", claimed=at("09:35:05"))


def an_interval_begins_too_early(tale: Tale) -> None:
    for number in (0, 1):
        spoil(row_of(tale, "09:30"), {"IntervalStart": at("09:10")}, number)


def an_interval_leaves_a_hole(tale: Tale) -> None:
    for number in (0, 1):
        spoil(row_of(tale, "09:30"), {"IntervalStart": at("09:25")}, number)


LIES: tuple[Lie, ...] = (
    (a_due_time_is_forgotten, "due", "2026-11-22 09:30:00 was neither run nor skipped, though"),
    (a_due_time_is_run_and_skipped, "due", "the due time 2026-11-22 09:30:00 was decided 2 times"),
    (something_runs_that_the_calendar_does_not_know, "calendar", "no schedule that stood then has that due time"),
    (a_due_time_is_skipped_for_no_cause, "skip", "though nothing was going"),
    (a_skip_has_no_reason, "skip", "was skipped without a reason"),
    (a_run_begins_before_its_time, "in time", "when even that process's clock said"),
    (a_run_begins_after_its_grace, "in time", "later than its Grace of 0:02:00"),
    (due_times_are_claimed_out_of_order, "order", "the run due 2026-11-22 09:20:00 was claimed after"),
    (an_interval_begins_too_early, "interval", "has the interval 2026-11-22 09:10:00 to 2026-11-22 09:30:00"),
    (an_interval_leaves_a_hole, "interval", "it should begin at 2026-11-22 09:20:00"),
)
