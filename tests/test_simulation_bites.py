"""Bugs put into the scheduler on purpose: the simulation catches each, and believes the scheduler without them.

A test that catches nothing proves nothing. Each bug is one that somebody could make; beside it stands a seed whose
story meets it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from scheduler import outcome, plan, retry, settle, verdict, window
from scheduler.run import State
from scheduler.steps import claim as claim_step
from scheduler.steps import evidence, finish, skip, start
from scheduler.steps.write import Done
from tests.simulation.trial import try_seeds

type Bug = Callable[[], AbstractContextManager[Any]]


def _group_left_behind() -> AbstractContextManager[Any]:
    """A closed run's container group is taken for deleted."""
    return patch.object(finish, "remove", lambda _work, _run: True)


def _takeover_without_lease() -> AbstractContextManager[Any]:
    """A run is taken over though the tick that claimed it may still send its PUT."""
    judge = verdict._not_begun
    return patch.object(verdict, "_not_begun", lambda run, now, **how: judge(replace(run, lease=now), now, **how))


def _claim_after_create() -> AbstractContextManager[Any]:
    """The container group is created first, and the job's row says so later."""
    claim, create = claim_step.claim, start._create
    late: list[Any] = []

    def claimed(work: Any, plans: Any) -> Any:
        def nothing(_: Any, keys: Any) -> dict[Any, Any]:
            late.extend(keys)
            return {}

        with patch.object(type(work), "save", nothing):
            return claim(work, plans)

    def created(work: Any, claims: Any) -> None:
        create(work, claims)
        work.save([key for key in dict.fromkeys(late) if key in work.seen])
        late.clear()

    return patch.multiple(start, claim=claimed, _create=created)


def _watermark_of_a_failure() -> AbstractContextManager[Any]:
    """A run that failed moves the watermark."""
    close = outcome.close

    def closed(ended: Any, *told: Any, **how: Any) -> outcome.Outcome:
        made = close(ended, *told, **how)
        failed = made.state is State.FAILED and not ended.run.apart
        return replace(made, watermark="half of it") if failed else made

    return patch.object(evidence, "close", closed)


def _delete_before_evidence() -> AbstractContextManager[Any]:
    """The group is deleted before its log is read."""
    ending = finish._ending

    def ended(work: Any, judged: Any, view: Any, held: str) -> Any:
        if view and not judged.run.existing:
            finish.remove(work, judged.run)
        return ending(work, judged, view, held)

    return patch.object(finish, "_ending", ended)


def _skip_not_written() -> AbstractContextManager[Any]:
    """A due time passes, and nobody writes it down."""
    return patch.object(skip, "write", lambda _, changes: {change.key: Done("") for change in changes})


def _interval_of_another_due() -> AbstractContextManager[Any]:
    """A run is told an interval that does not begin where the last one ended."""
    return patch.object(plan, "_interval", lambda _job, _row, due, _link=None: (due - timedelta(minutes=7), due))


def _retry_under_the_same_attempt() -> AbstractContextManager[Any]:
    """A retry reuses the number of the attempt that failed."""
    follow = retry.next_attempt
    return patch.object(settle, "next_attempt", lambda run, *how: replace(follow(run, *how), attempt=run.attempt))


def _catch_up_off_by_one() -> AbstractContextManager[Any]:
    """Of the missed due times the last one is forgotten."""
    before = window.Window.before

    def earlier(self: window.Window, due: Any) -> Any:
        last = before(self, due)
        return before(self, last) or last if last else None

    return patch.object(window.Window, "before", earlier)


def _overlap_ignored() -> AbstractContextManager[Any]:
    """The next run starts whatever the last one does."""
    return patch.object(plan, "obstacle", lambda _job, _row: None)


BUGS: dict[Bug, int] = {
    _group_left_behind: 0,
    _takeover_without_lease: 1,
    _claim_after_create: 11,
    _watermark_of_a_failure: 0,
    _delete_before_evidence: 0,
    _skip_not_written: 0,
    _interval_of_another_due: 0,
    _retry_under_the_same_attempt: 1,
    _catch_up_off_by_one: 9,
    _overlap_ignored: 0,
}


@pytest.mark.parametrize(("bug", "seed"), BUGS.items(), ids=[bug.__name__.strip("_") for bug in BUGS])
def test_the_simulation_catches(bug: Bug, seed: int) -> None:
    with bug():
        assert try_seeds([seed]).failed, bug.__doc__


@pytest.mark.parametrize("seed", sorted(set(BUGS.values())))
def test_the_simulation_believes_the_scheduler_without_bugs(seed: int) -> None:
    assert not try_seeds([seed]).failed
