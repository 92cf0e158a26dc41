"""report: write back into the rows that people edit, and leave the heartbeat of a whole tick."""

import json
from dataclasses import dataclass

from scheduler.chain import graph_to_text
from scheduler.facts import Ticked
from scheduler.row import HEARTBEAT
from scheduler.steps.look import MARGIN
from scheduler.steps.work import Work


@dataclass(frozen=True)
class Summary:
    """What a whole tick did, for a log line."""

    seen: int
    started: int
    finished: int
    skipped: int
    seconds: float
    news: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    #: Starts that ACI refused for now, since it had been asked for too many.
    throttled: int = 0

    def __str__(self) -> str:
        return self.fact().sentence

    def fact(self, *, past_due: bool = False) -> Ticked:
        """Give it as a fact; `past_due`: the timer called later than it should have."""
        counts = (self.seen, self.started, self.finished, self.skipped, self.throttled)
        return Ticked(*counts, seconds=self.seconds, past_due=past_due)


def report(work: Work) -> Summary:
    """Write what changed; a row that somebody edits at this moment is theirs, and comes back next tick."""
    for key, refused in work.save(list(work.seen)).items():
        work.leave(key, refused)
    seconds = work.age
    done = Summary(
        len(work.seen), work.started, work.finished, work.skipped, seconds,
        tuple(news.sentence for news, _ in work.news.values()), tuple(work.troubles), work.throttled,
    )  # fmt: skip
    mark, memory = work.date - MARGIN, work.world.memory
    counts = {"seen": done.seen, "started": done.started, "finished": done.finished, "skipped": done.skipped}
    work.world.jobs.keep(
        HEARTBEAT,
        {
            "Mark": mark,
            "FullRead": work.full_read or work.now,
            "LastTick": work.now,
            "Duration": seconds,
            "Counts": json.dumps(counts),
            "Troubles": "\n".join(done.troubles)[:8_000],
            "Chains": graph_to_text(memory.chains or {}),
            "Heirs": graph_to_text(memory.heirs or {}),
            "Creations": json.dumps(memory.allowances.to_dict()),
        },
    )
    memory.acted |= work.acted
    if work.full:
        _forget(work)
    # For an hour: the outbox remembers longer, and refuses what was told.
    memory.outbox, memory.told = work.outbox, (set() if work.full else memory.told) | work.posted
    memory.mark, memory.full_read, memory.failed = mark, work.full_read, False
    return done


def _forget(work: Work) -> None:
    """Let go of what a full read did not find: rows that were deleted, runs that another process closed."""
    memory = work.world.memory
    going = {run.key for seen in work.seen.values() for run in seen.standing.runs}
    memory.etags = {key: etag for key, etag in memory.etags.items() if key in going}
    memory.rows = {key: known for key, known in memory.rows.items() if key in work.seen}
    asked = {template for templates in (memory.heirs or {}).values() for template in templates}
    memory.templates = {key: row for key, row in memory.templates.items() if key in asked}
    awaited = {upstream for upstreams in (memory.chains or {}).values() for upstream in upstreams}
    memory.acted = {key: due for key, due in memory.acted.items() if key in awaited}
