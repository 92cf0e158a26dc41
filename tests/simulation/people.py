"""Draw what people do to rows, at any instant, with windows that have been open for hours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.simulation.story import AGAIN, Cell, Deletes, Edits, Event, Job, Meanwhile, Mishap, Vanishes, WritesBack


@dataclass(frozen=True)
class Scene:
    """One job's row before a person, at an instant; `added` is when the row was typed at first."""

    random: Random
    at: datetime
    job: Job
    added: datetime

    def after(self, *several: float) -> datetime:
        """Choose an instant some minutes later."""
        return self.at + timedelta(minutes=self.random.choice(several))

    def types(self, cells: Mapping[str, Cell], at: datetime | None = None) -> Edits:
        """Let the person type into some cells."""
        return Edits(at or self.at, self.job.name, cells)


def draw(random: Random, at: datetime, first: datetime, cast: tuple[Job, ...]) -> list[Event]:
    """Draw one act, or a few that belong together, on one of the jobs."""
    act, job = random.choice(KINDS), random.choice([job for job in cast if "/_" not in job.name])
    events = act(Scene(random, at, job, first + timedelta(minutes=job.joins)))
    if random.random() < 0.4:
        # At the worst moment, rather than at this one.
        call = random.choice(_calls_of(job))
        events[0] = Meanwhile(at, call, events[0])
        if call.startswith(AGAIN):
            events.insert(0, Mishap(at, call.removeprefix(AGAIN), "again"))
    return events


def _calls_of(job: Job) -> tuple[str, ...]:
    """Name the calls in the middle of which somebody's act on a job's row hurts most."""
    groups = job.group or f"ct-{job.name.replace('/', '-')}-*"
    partition, _, name = job.name.partition("/")
    return (
        "jobs.submit*", "runs.submit*", f"logs.write {job.name}/*", f"groups.get {groups}", f"groups.log {groups}",
        f"groups.create {groups}", f"groups.delete {groups}", f"{AGAIN}jobs.submit {partition}: *merge {name}*",
    )  # fmt: skip


def _remarks(scene: Scene) -> list[Event]:
    return [scene.types({"Description": f"seen at {scene.at:%H:%M}"})]


def _reschedules(scene: Scene) -> list[Event]:
    texts = ("*/10 * * * *", "*/15 * * * *", "every 20 minutes", "@hourly", "30 2 * * *")
    cells: Mapping[str, Cell] = scene.random.choice((
        {"Schedule": scene.random.choice(texts)},
        {"TimeZone": scene.random.choice(("UTC", "Europe/Berlin", "Asia/Kolkata"))},
        {"StartAt": f"{scene.after(30):%Y-%m-%dT%H:%M}Z"},
    ))  # fmt: skip
    return [scene.types(cells)]


def _pauses(scene: Scene) -> list[Event]:
    return [scene.types({"Enabled": False}), scene.types({"Enabled": True}, scene.after(0.2, 5, 30))]


def _rewinds(scene: Scene) -> list[Event]:
    return [scene.types({"Watermark": scene.random.choice(("", f"rewound at {scene.at:%d %H:%M:%S}"))})]


def _asks(scene: Scene) -> list[Event]:
    """Asks for a run, now or of the past, for another try, for an end, or for a stretch of the past."""
    past = scene.at - timedelta(minutes=scene.random.choice((2, 30, 200)))
    begin = past - timedelta(minutes=scene.random.choice((10, 60, 300)))
    then, stretch = f"{past:%Y-%m-%dT%H:%M}Z", f"{begin:%Y-%m-%dT%H:%M}Z..{past:%Y-%m-%dT%H:%M}Z"
    value = f"watermark asked at {scene.at:%H:%M:%S}"
    now = ("run", "run", "RUN ", "cancel", "retry", "retry", f"run {value}")
    other = (f"run {then}", f"run {then} {value}", f"run {stretch}", f"run {stretch} {value}")
    return [scene.types({"Request": scene.random.choice((*now, *other))})]


def _errs(scene: Scene) -> list[Event]:
    """Types something wrong, and mends it later."""
    wrong = {"Cpu": "lots", "Overlap": "sometimes", "Schedule": "every blue moon"}
    column = scene.random.choice(list(wrong))
    right = scene.job.cells.get(column, "")
    return [scene.types({column: wrong[column]}), scene.types({column: right}, scene.after(0.5, 6, 40))]


def _deletes(scene: Scene) -> list[Event]:
    """Deletes a row, and restores it: as it was, as it was once, or as it was typed at first."""
    once = scene.at - (scene.at - scene.added) * scene.random.random()
    of = scene.random.choice((scene.at, once, scene.added))
    name = scene.job.name
    return [Deletes(scene.at, name), WritesBack(scene.after(0.3, 4, 25, 90), name, of)]


def _writes_back(scene: Scene) -> list[Event]:
    of = scene.after(-0.1, -0.5, -1, -2, -5, -20, -60, -300)
    return [WritesBack(scene.at, scene.job.name, max(scene.added, of))]


def _vanishes(scene: Scene) -> list[Event]:
    return [Vanishes(scene.at, scene.job.name)]


KINDS: tuple[Callable[[Scene], list[Event]], ...] = (
    *(_remarks,) * 2, *(_reschedules,) * 2, _pauses, *(_rewinds,) * 3, *(_asks,) * 4, _errs, _deletes,
    *(_writes_back,) * 3, _vanishes,
)  # fmt: skip
