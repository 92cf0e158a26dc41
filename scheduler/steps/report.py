"""report: write back into the rows that people edit, and leave the heartbeat of a whole tick."""

import json

from scheduler.alerts.letter import deaf_to_text
from scheduler.chain import graph_to_text
from scheduler.facts.ticks import Ticked
from scheduler.row import HEARTBEAT
from scheduler.steps.look import MARGIN
from scheduler.steps.work import Work


def report(work: Work) -> Ticked:
    """Write what changed; a row that somebody edits at this moment is theirs, and comes back next tick."""
    for key, refused in work.save(list(work.seen)).items():
        work.leave(key, refused)
    seconds = work.age
    counted = (len(work.seen), work.started, work.finished, work.skipped, work.throttled)
    news = tuple(news.fact for news, _ in work.news.values() if news.fact)
    done = Ticked(*counted, seconds=seconds, news=news, troubles=tuple(work.troubles))
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
            "Troubles": "\n".join(one.sentence for one in done.troubles)[:8_000],
            "Chains": graph_to_text(memory.chains or {}),
            "Heirs": graph_to_text(memory.heirs or {}),
            "Creations": json.dumps(memory.allowances.to_dict()),
            "Deaf": deaf_to_text(memory.deaf),
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
