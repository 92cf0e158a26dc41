"""Bugs put into the scheduler on purpose: each is caught by the simulation within a few seeds, the true code by none.

A test that catches nothing proves nothing. A bite that were not caught would be a hole in the checker, or in what
is drawn. Each is a mistake that somebody could make in good faith: most are one line in the wrong place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import scheduler.plan
import scheduler.retry
import scheduler.settle
import scheduler.stale
import scheduler.steps.claim
import scheduler.steps.decide
import scheduler.steps.finish
import scheduler.steps.links
import scheduler.steps.remove
import scheduler.steps.send
import scheduler.steps.start
import scheduler.steps.write
import scheduler.tick
import scheduler.window
from scheduler.alerts.letter import Letter
from scheduler.decision import Plan
from scheduler.outcome import Outcome
from scheduler.ports import ANY, Unknown
from scheduler.row import Key
from scheduler.run import Run
from scheduler.standing import Standing
from scheduler.steps import finish, start
from scheduler.steps.claim import claim
from scheduler.steps.line import in_line
from scheduler.steps.remove import gone, remove
from scheduler.steps.skip import let_pass
from scheduler.steps.work import Work
from scheduler.steps.write import Answer, Done, NotDone
from scheduler.verdict import Close
from scheduler.view import View
from scheduler.window import Window
from tests.simulation.draw import draw
from tests.simulation.trial import judged

#: So many seeds at most until a bug is caught; all of them belong to those that the true code passes.
FEW = 40

type Patch = pytest.MonkeyPatch


def the_group_is_created_before_anything_is_promised(patch: Patch) -> None:
    """Create, register, claim: a tick that dies in between has started what nobody remembers."""

    def backwards(work: Work, plans: Mapping[Key, Plan]) -> None:
        plans = in_line(work, let_pass(work, plans))
        held: list[Key] = []

        def later(keys: Sequence[Key]) -> dict[Key, NotDone]:
            held.extend(keys)
            return {}

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(work, "save", later)
            claims = claim(work, plans)
            start._create(work, claims)
            start._register(work, claims)
        work.save([key for key in dict.fromkeys(held) if key in work.seen])
        start._cancel(work, [one.run.job for planned in plans.values() for one in planned.cancels])

    patch.setattr(scheduler.tick, "start", backwards)


def a_put_without_an_answer_is_sent_again(patch: Patch) -> None:
    """As the SDK does by itself, unless it is told not to."""
    once = start._put

    def twice(*given: Any) -> Any:
        try:
            return once(*given)
        except Unknown:
            return once(*given)

    patch.setattr(start, "_put", twice)


def the_row_is_settled_before_the_run_is_closed(patch: Patch) -> None:
    """The watermark moves, and then the evidence is written down; or not."""

    def hasty(work: Work, endings: Sequence[finish.Ending]) -> None:
        finish._settle(work, [replace(one, removed=True) for one in endings])
        closed = finish._close(work, endings)
        work.finished += len(closed)
        work.each(lambda one: one.removed or gone(work, one.run), closed)

    for module in (scheduler.steps.finish, scheduler.steps.start):
        patch.setattr(module, "end", hasty)


def the_settling_write_asks_no_etag(patch: Patch) -> None:
    """A person's rewind, made while the tick was reading the log, is written over."""
    careful = finish._settle

    def careless(work: Work, endings: Iterable[finish.Ending]) -> None:
        several = list(endings)
        for key in {one.run.job for one in several} & work.seen.keys():
            seen = work.seen[key]
            work.seen[key] = replace(seen, row=replace(seen.row, etag=ANY))
        careful(work, several)

    patch.setattr(finish, "_settle", careless)


def what_is_found_is_taken_for_ours(patch: Patch) -> None:
    """A batch is done, somebody edits the row, and the refusal of the second sending leads there: that edit is lost."""
    honest = scheduler.steps.write._believed

    def blind(*given: Any) -> Answer:
        answer = honest(*given)
        return Done(answer.etag) if isinstance(answer, Done) else answer

    patch.setattr(scheduler.steps.write, "_believed", blind)


def a_claim_belongs_to_nobody(patch: Patch) -> None:
    """No lease: the next tick takes over at once, while the first one's PUT is still under way."""
    patch.setattr(scheduler.steps.claim, "LEASE", timedelta(0))


def what_passes_is_not_written_down(patch: Patch) -> None:
    """The row says that it was skipped, and Runs says nothing."""
    patch.setattr(start, "let_pass", lambda _work, plans: dict(plans))


def the_group_is_deleted_before_its_log_is_read(patch: Patch) -> None:
    """Quick about the money, and the evidence is gone."""
    honest = finish._ending

    def eager(work: Work, verdict: Close, view: View | None, held: str) -> Any:
        if view and not verdict.absent and not verdict.run.existing:
            remove(work, verdict.run)
        return honest(work, verdict, view, held)

    patch.setattr(finish, "_ending", eager)


def the_interval_begins_at_the_calendars_due_time(patch: Patch) -> None:
    """What was missed in between is in nobody's interval."""

    def blind(job: Any, _standing: Standing, due: Any, link: Any = None) -> Any:
        before = None if link else job.schedule.before(due)
        return (before, due) if before else None

    patch.setattr(scheduler.plan, "_interval", blind)


def the_next_attempt_has_the_number_of_the_last(patch: Patch) -> None:
    """It is registered under a key that is taken, and so never begins."""
    honest = scheduler.retry.next_attempt

    def same(run: Run, *given: Any) -> Run:
        return replace(honest(run, *given), attempt=run.attempt)

    for module in (scheduler.settle, scheduler.stale):
        patch.setattr(module, "next_attempt", same)


def a_chain_follows_only_what_it_saw_happen(patch: Patch) -> None:
    """Triggered by the edge: a tick that dies right after an upstream's success takes the link with it."""
    honest_apply, honest_link = finish._apply, scheduler.steps.links.link_of
    happened: dict[str, set[Key]] = {}

    def noting(work: Work, seen: Any, endings: Sequence[finish.Ending]) -> None:
        happened.setdefault(work.tick, set()).update(one.run.job for one in endings)
        honest_apply(work, seen, endings)

    def edge(work: Work, key: Key) -> Any:
        standing, link = honest_link(work, key)
        seen = {tuple(name.split("/", 1)) for name in link.seen} if link else set()
        return standing, link if link and seen & happened.get(work.tick, set()) else None

    patch.setattr(finish, "_apply", noting)
    patch.setattr(scheduler.steps.decide, "link_of", edge)


def catching_up_stops_one_short(patch: Patch) -> None:
    """Off by one: of several missed due times the last but one is started, and the last is forgotten."""
    honest = scheduler.window.undecided

    def short(*given: Any) -> Window | None:
        window = honest(*given)
        earlier = window.before(window.last) if window else None
        return replace(window, last=earlier) if window and earlier else window

    patch.setattr(scheduler.plan, "undecided", short)


def nothing_stands_in_the_way(patch: Patch) -> None:
    """Overlap is not looked at."""
    patch.setattr(scheduler.plan, "obstacle", lambda *_: None)


def a_failed_run_moves_the_watermark(patch: Patch) -> None:
    """Its answer is taken although its data was not written."""
    honest = scheduler.settle._marked

    def gullible(standing: Standing, run: Run, outcome: Outcome) -> Any:
        moved = outcome.watermark or f"{run.due:%H:%M}"
        return honest(standing, run, replace(outcome, watermark=moved))

    patch.setattr(scheduler.settle, "_marked", gullible)


def a_group_is_taken_for_deleted(patch: Patch) -> None:
    """Nobody asks ACI; the bill tells."""
    for module in (finish, scheduler.steps.remove):
        patch.setattr(module, "remove", lambda _work, _run: True)


def a_failure_with_retries_left_is_final(patch: Patch) -> None:
    """Retries are read, and never used."""
    patch.setattr(finish, "retry_at", lambda *_: None)


def news_is_put_down_after_the_row_that_makes_it_old(patch: Patch) -> None:
    """The row says one failure, its tick dies, and the next failure is no news."""
    honest = Work.save

    def late(work: Work, keys: Sequence[Key]) -> dict[Key, NotDone]:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Work, "_post", lambda _work: None)
            refused = honest(work, keys)
        work._post()
        return refused

    patch.setattr(Work, "save", late)


def what_was_posted_is_not_put_down(patch: Patch) -> None:
    """The webhook took it, and in a minute it takes it again."""
    patch.setattr(scheduler.steps.send, "_write_down", lambda *_: None)


def a_letter_is_sent_by_whoever_sees_it(patch: Patch) -> None:
    """Nobody claims it: of two ticks side by side each tells the news."""

    def unclaimed(_world: Any, chosen: Mapping[str, Sequence[Letter]], now: Any) -> Any:
        return {to: [replace(one, tries=1, next=one.again(now), etag=ANY) for one in chosen[to]] for to in chosen}

    patch.setattr(scheduler.steps.send, "_claim", unclaimed)


#: Each bug, the seed from which on it is looked for, and the rules of which one must be broken.
BITES: list[tuple[Callable[[Patch], None], int, set[str]]] = [
    (the_group_is_created_before_anything_is_promised, 1, {"start"}),
    (a_put_without_an_answer_is_sent_again, 0, {"start"}),
    (the_row_is_settled_before_the_run_is_closed, 0, {"watermark", "evidence"}),
    (the_settling_write_asks_no_etag, 45, {"watermark"}),
    (what_is_found_is_taken_for_ours, 455, {"calendar"}),
    (a_claim_belongs_to_nobody, 0, {"start"}),
    (what_passes_is_not_written_down, 3, {"due"}),
    (the_group_is_deleted_before_its_log_is_read, 0, {"evidence"}),
    (the_interval_begins_at_the_calendars_due_time, 3, {"interval"}),
    (the_next_attempt_has_the_number_of_the_last, 0, {"attempt"}),
    (a_chain_follows_only_what_it_saw_happen, 0, {"chain"}),
    (catching_up_stops_one_short, 5, {"due"}),
    (nothing_stands_in_the_way, 0, {"overlap"}),
    (a_failed_run_moves_the_watermark, 0, {"watermark"}),
    (a_group_is_taken_for_deleted, 14, {"group"}),
    (a_failure_with_retries_left_is_final, 0, {"attempt"}),
    (news_is_put_down_after_the_row_that_makes_it_old, 5, {"news"}),
    (what_was_posted_is_not_put_down, 0, {"news"}),
    (a_letter_is_sent_by_whoever_sees_it, 0, {"news"}),
]


@pytest.mark.parametrize(("bite", "first", "rules"), BITES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_bug_put_in_on_purpose_is_caught(bite: Callable[[Patch], None], first: int, rules: set[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bite(patch)
        caught = next((seed for seed in range(first, first + FEW) if judged(draw(seed))[1].rules & rules), None)
    assert caught is not None, f"{bite.__name__} was not caught in {FEW} seeds"
    assert judged(draw(caught))[1].violations == [], "the true code passes the same seed"
