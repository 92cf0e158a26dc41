"""A job row as one pass sees it: what stands in the table, what it means, and what it should say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from scheduler.alerts import letter
from scheduler.cell import Faults
from scheduler.changed import replace
from scheduler.columns import told
from scheduler.job import OWNED, Digest, Faulty, Job
from scheduler.ports import Memory, Merge, World
from scheduler.row import OWN_PREFIX, UNSET, Columns, Key, Row
from scheduler.spec import refused
from scheduler.standing import COLUMNS, Standing
from scheduler.steps.write import Done
from scheduler.template import inherit, is_template

#: The service's clock and ours differ by less than a minute; a row written so long after our own write is not ours.
NOT_OURS = timedelta(minutes=2)
#: The columns that a look asks for: ours and the person's, and those of news on its way; not what else a row may hold.
SELECT = tuple(dict.fromkeys((*OWNED, *COLUMNS, *letter.COLUMNS)))


@dataclass(frozen=True)
class Seen:
    """A job row as it stands in the table, what it means, and what it should say."""

    row: Row
    job: Job | Faulty
    digest: Digest
    standing: Standing
    #: What it should have said before it was planned: what falls back, falls back to this and not to the row.
    before: Standing | None = None
    #: Somebody wrote the row since the scheduler did, as far as this process can tell.
    touched: bool = False
    #: When the row was last written, or a template that it inherits from: edits count from then.
    since: datetime = UNSET
    #: What the row says in the table, as far as this tick knows.
    there: Standing | None = None
    #: What its cells alone mean, whatever else makes the job Invalid; see `Understood`.
    alone: Job | Faulty | None = None

    @classmethod
    def of(cls, world: World, row: Row) -> Self:
        """Make a row trustworthy, or say what is wrong with it; the settings' allow-lists count too."""
        memory, standing = world.memory, Standing.from_row(row)
        known = memory.rows.get(row.key)
        if known and known.job and known.etag == row.etag:
            job, digest = known.job, known.digest
            return cls(row, job, digest, standing, since=row.timestamp, there=standing, alone=job)
        if known:
            # An import writes all rows at once: what they meant before is not held beside what they mean now.
            memory.rows[row.key] = known._replace(job=None)
        inherited = inherit(row, partial(_template, world))
        whole, wrong, asked = inherited.row, inherited.faults, inherited.asked
        job = Job.from_row(whole)
        forbidden = wrong or (refused(job, world.settings) if isinstance(job, Job) else ())
        faults = (*job.faults, *forbidden) if isinstance(job, Faulty) else forbidden
        meant = Faulty(row.key, inherited.name(faults), job.schedule) if faults else job
        if memory.heirs is not None:
            memory.heirs.pop(row.key, None)
            if asked:
                memory.heirs[row.key] = asked
        templates = [found.timestamp for key in asked if (found := memory.templates.get(key))]
        since, alone = max([row.timestamp, *templates]), None if asked else meant
        digest, touched = Digest.of(whole.columns), _touched(memory, row, standing)
        return cls(row, meant, digest, standing, touched=touched, since=since, there=standing, alone=alone)

    @property
    def key(self) -> Key:
        """The job's keys."""
        return self.row.key

    @property
    def edited(self) -> bool:
        """Say whether a person wrote the row since the scheduler last answered in it, or an import did."""
        return (
            self.touched or self.standing.damaged or self.standing.undated or self.standing.digest != str(self.digest)
        )

    @property
    def alert_to(self) -> str:
        """Whom its news goes to, as `Job.alert_to`; of a row that is wrong, what can be read of its own cell."""
        if isinstance(self.job, Job):
            return self.job.alert_to
        return Faults().take(lambda: told.alert_to(self.row.columns), "")

    @property
    def unplanned(self) -> Standing:
        """What the row should say without this tick's plan."""
        return self.before or self.standing

    def saying(self, standing: Standing) -> Self:
        """Change what the row should say."""
        return replace(self, standing=standing)

    def merge(self) -> Merge | None:
        """Give the write that would make the row say it; None when it does already."""
        changes = self.standing.changes(self.row)
        return Merge(self.key, changes, self.row.etag) if changes else None

    def saved(self, answer: Done, changes: Columns) -> Self:
        """Take note that the row now says it, by these cells.

        Scenario: the answer to a batch got lost, and the SDK sent it again; before its refusal led to this row, a
        person paused the job. Under the ETag of that edit this tick would claim it all the same, and what it is
        remembered to mean would run on. The old ETag stays: the next write is refused, and whoever sent it looks.
        """
        columns = {**self.row.columns, **changes}
        edited = answer.found is not None and any(answer.found.columns.get(one) != columns.get(one) for one in SELECT)
        alone = self.alone if changes.keys().isdisjoint(OWNED) else None
        row = replace(self.row, columns=columns, etag=self.row.etag if edited else answer.etag)
        return replace(self, row=row, there=self.standing, alone=alone)


def _template(world: World, key: Key) -> Row | None:
    """Give a template as it was last seen: an edit of it shows in the look, and is taken into memory there."""
    templates = world.memory.templates
    if key not in templates:
        templates[key] = world.jobs.read(key)
    return templates[key]


def _touched(memory: Memory, row: Row, standing: Standing) -> bool:
    """Tell an old copy that was written back whole: its digest is right, its times are not.

    A process that has seen the row before knows by the ETag, unless another process of ours wrote it since; a
    fresh one by the Timestamp, which is then later than our last write in it.
    """
    if standing.written is None or row.timestamp - standing.written > NOT_OURS:
        return row.key not in memory.rows or memory.rows[row.key].etag != row.etag
    if row.key not in memory.rows:
        return False
    known = memory.rows[row.key]
    return known.etag != row.etag and (known.written is not None and standing.written <= known.written)


def is_job(row: Row) -> bool:
    """Say whether a row of Jobs is a job: neither Crontable's own, whose partitions begin with `_`, nor a template."""
    return not row.partition.startswith(OWN_PREFIX) and not is_template(row.key)
