"""Make a failing story short: leave out jobs, events and time, and simplify the rest, while it still fails."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from tests.simulation.story import Container, Event, Story, minutes

#: How often a story is played at most while it is made shorter.
PLAYS = 250

type Fails = Callable[[Story], bool]


class _Enough(Exception):
    """The plays are used up."""


def shrink(story: Story, fails: Fails, plays: int = PLAYS) -> Story:
    """Give the shortest failing story that was found; `fails` plays one and judges it."""
    best = story
    left = plays

    def still(candidate: Story) -> bool:
        nonlocal best, left
        if not left:
            raise _Enough
        left -= 1
        if fails(candidate):
            best = candidate
            return True
        return False

    try:
        size = None
        while size != _size(best):
            size = _size(best)
            for step in (_jobs, _events, _time, _plain):
                step(best, still)
    except _Enough:
        pass
    return best


def _size(story: Story) -> tuple[int, int, int, timedelta]:
    cells = sum(len(job.cells) for job in story.jobs)
    return len(story.jobs), len(story.events), cells, story.last - story.first


def _jobs(story: Story, still: Fails) -> None:
    def only(jobs: Sequence[object]) -> Story:
        names = {job.name for job in story.jobs if job in jobs}
        events = tuple(event for event in story.events if getattr(event, "job", None) in {None, *names})
        return replace(story, jobs=tuple(job for job in story.jobs if job in jobs), events=events)

    _fewer(story.jobs, lambda jobs: bool(jobs) and still(only(jobs)))


def _events(story: Story, still: Fails) -> None:
    _fewer(story.events, lambda events: still(replace(story, events=tuple(events))))


def _fewer[T](items: Sequence[T], still: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Leave out ever smaller pieces, as long as it still fails without them."""
    kept, piece = list(items), max(1, len(items) // 2)
    while kept and piece:
        begin = 0
        while begin < len(kept):
            shorter = kept[:begin] + kept[begin + piece :]
            if still(shorter):
                kept = shorter
            else:
                begin += piece
        piece = piece // 2
    return kept


def _time(story: Story, still: Fails) -> None:
    """End earlier, then begin later."""
    calm = max((event.at for event in story.events), default=story.first)
    for later in (story.last - (story.last - calm) * part for part in (1.0, 0.9, 0.75, 0.5, 0.25)):
        shorter = replace(story, last=later, calm=min(story.calm, later))
        if later < story.last and still(shorter):
            story = shorter
            break
    earliest = min((event.at for event in story.events), default=story.last)
    for part in (0.95, 0.8, 0.5, 0.25):
        first = story.first + (earliest - story.first) * part
        if still(replace(story, first=first.replace(microsecond=0))):
            break


def _plain(story: Story, still: Fails) -> None:
    """Make clocks right, answers quick, containers usual and rows short, one by one."""
    for candidate in _plainer(story):
        if still(candidate):
            _plain(candidate, still)
            return


def _plainer(story: Story) -> Iterator[Story]:
    if any(story.skews.values()):
        yield replace(story, skews=dict.fromkeys(story.skews, 0.0))
    if (story.table_takes, story.group_takes) != (0.05, 1.0):
        yield replace(story, table_takes=0.05, group_takes=1.0)
    for number, job in enumerate(story.jobs):
        plainer = [
            replace(job, cells={name: cell for name, cell in job.cells.items() if name != left}) for left in job.cells
        ]
        if job.container != Container():
            plainer.append(replace(job, container=Container()))
        if job.joins:
            plainer.append(replace(job, joins=0.0))
        for one in plainer:
            yield replace(story, jobs=(*story.jobs[:number], one, *story.jobs[number + 1 :]))


__all__ = ["PLAYS", "Event", "minutes", "shrink"]
