"""Templates: rows whose columns others inherit; an edit of one is an edit of all that ask for it."""

from collections.abc import Iterable

from scheduler.row import Key, Row
from scheduler.steps.links import fetch
from scheduler.steps.seen import Seen, is_job
from scheduler.steps.work import Work


def see(work: Work, rows: Iterable[Row]) -> None:
    """Make each row trustworthy, with what it inherits; and the heirs of templates that were edited."""
    rows, memory = list(rows), work.world.memory
    heirs = {} if work.full or memory.heirs is None else dict(memory.heirs)
    memory.heirs = heirs
    changed = _renewed(work, rows)
    here = {row.key for row in rows}
    rows += fetch(work, [key for key, asked in heirs.items() if key not in here and changed & set(asked)])
    for row in filter(is_job, rows):
        work.seen[row.key] = Seen.of(work.world, row)


def _renewed(work: Work, rows: Iterable[Row]) -> set[Key]:
    """Take edited templates into memory; gives their keys. A full read that does not find one proves it gone."""
    templates, heirs = work.world.memory.templates, work.world.memory.heirs or {}
    present = {row.key: row for row in rows}
    asked = {template for several in heirs.values() for template in several} | templates.keys()
    changed = {key for key in asked & present.keys() if _differs(templates.get(key), present[key])}
    for key in changed:
        templates[key] = present[key]
    if work.full:
        for key in templates.keys() - present.keys():
            templates[key] = None
    return changed


def _differs(known: Row | None, row: Row) -> bool:
    return known is None or known.etag != row.etag
