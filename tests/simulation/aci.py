"""The container groups and logs of a story: what each run's container does, and what is written down of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from scheduler.spec import Body
from tests.simulation.history import Blob, History, Put, Spell
from tests.simulation.story import Container, Job
from tests.world import Behaviour, MemoryGroups, MemoryLogs
from tests.world.clock import Clock, Journal
from tests.world.life import Life
from tests.world.output import Timed, printed
from tests.world.quotas import Limits

JOB_TAG = "crontable-job"
#: What a chatty container prints, and how often: more than ACI keeps of an ended one, within ten minutes.
A_LINE, EVERY = "." * 1_000, 30.0


class Aci:
    """The world's groups, where each container does what the story says."""

    def __init__(self, clock: Clock, journal: Journal, jobs: tuple[Job, ...], history: History, limits: Limits) -> None:
        self.groups = MemoryGroups(clock, journal, limits)
        self._clock, self._history = clock, history
        self._containers = {job.name: job.container for job in jobs}
        self._shared = {job.group: job.container for job in jobs if job.group}
        self._starts = 0
        self._vanished: set[int] = set()

    def provision(self, name: str) -> None:
        """Put an existing group there, as somebody's template would."""
        self.groups.behave(name, start_delay=1, duration=5, log="provisioned\n")
        self.groups.provision(name, "report")

    def create(self, name: str, body: Body) -> Any:
        """PUT a group."""
        job = body.get("tags", {}).get(JOB_TAG, "")
        self.groups.behave(name, _behaviour(self._containers.get(job, Container()), _told(body)))
        return self.groups.create(name, body)

    def start(self, name: str, *, stop_first: bool) -> None:
        """Start an existing group; its container is told nothing, so that a number tells its runs apart."""
        self._starts += 1
        told = {"DUE": str(self._starts), "ATTEMPT": name, "WATERMARK": ""}
        self.groups.behave(name, _behaviour(self._shared.get(name, Container()), told))
        self.groups.start(name, stop_first=stop_first)

    def __getattr__(self, method: str) -> Any:
        """Do what else ACI does."""
        return getattr(self.groups, method)

    def vanish(self, job: str, noted: set[str]) -> None:
        """Take away whatever runs for a job, of the groups that somebody took note of."""
        for name, group in list(self.groups.groups.items()):
            ran = group.life and group.life.spells(self._clock.now)
            if group.life and ran and group.body["tags"].get(JOB_TAG) == job and name in noted:
                self._vanished.add(id(group.life))
                self.groups.somebody("delete", name)

    @property
    def changes(self) -> int:
        """Count what began so far, and what is there: a number that moves when anything does."""
        return 1_000 * len(self.groups.lives) + len(self.groups.groups)

    def orphans(self) -> bool:
        """Say whether a group stands there that was made for a run."""
        return any(group.body["tags"] for group in self.groups.groups.values())

    def write_down(self) -> None:
        """Write down everything that ever ran, and what is left."""
        for life in self.groups.lives:
            if life.tags and life.by == "create":
                self._history.puts.append(Put(life.asked, life.name, life.tags, life.env))
            self._history.spells.extend(self._spells(life))
        self._history.left = {
            name: dict(group.body["tags"]) for name, group in self.groups.groups.items() if group.body["tags"]
        }

    def _spells(self, life: Life) -> Iterator[Spell]:
        by = "PUT" if life.by == "create" else life.by
        for number, one in enumerate(life.spells(self._clock.now)):
            ended = one.finished or life.over
            end = "itself" if one.finished else "the platform" if id(life) in self._vanished else "another call"
            said = printed(life.behaviour.log, life.env, one.started, ended or self._clock.now)
            text = b"".join(piece for _, piece in said).decode()
            yield Spell(
                life.name, life.asked, "the platform" if number else by, one.started, ended, end if ended else "",
                one.exit_code, life.env, life.tags, text, existing=not life.tags,
            )  # fmt: skip


class WatchedLogs:
    """The world's logs; each is written down as it stands after every write."""

    def __init__(self, clock: Clock, journal: Journal, history: History) -> None:
        self._logs, self._clock, self._history = MemoryLogs(journal, clock), clock, history

    def write(self, name: str, *given: Any, **how: Any) -> None:
        """Keep a log, or a part of one."""
        self._logs.write(name, *given, **how)
        self._history.blobs.append(Blob(self._clock.now, name, self._logs.blobs[name].decode(errors="replace")))

    def __getattr__(self, method: str) -> Any:
        """Do what else the port does."""
        return getattr(self._logs, method)


def _behaviour(container: Container, told: Mapping[str, str]) -> Behaviour:
    """Choose what one run does; its log tells runs apart, and its answer is its own."""
    due, attempt = told.get("DUE", ""), told.get("ATTEMPT", "")
    delay = container.choice(container.delays, due, attempt)
    lasts = container.choice(container.lasts, due, attempt)
    said = f"run {told.get('RUN_ID', f'{attempt} {due}')} was told {told.get('WATERMARK', '')!r}\n"
    answer = f"::watermark::{due}#{attempt}\n" if container.answers else ""

    def prints(_told: Mapping[str, str]) -> Timed:
        yield 0.0, said
        for number in range(int((lasts or 0) / EVERY) if container.chatty else 0):
            yield number * EVERY, f"{number} {A_LINE}\n"
        yield 0.0 if lasts is None else lasts * 0.9, answer

    return Behaviour(
        start_delay=delay or 0,
        duration=lasts,
        exit_code=container.choice(container.exits, due, attempt),
        log=prints,
        again=container.again,
        again_failed=True,
        stuck=delay is None,
    )


def _told(body: Mapping[str, Any]) -> dict[str, str]:
    given = body["properties"]["containers"][0]["properties"].get("environmentVariables", ())
    return {one["name"]: one.get("value", "") for one in given}


def next_turn(aci: Aci, now: datetime) -> datetime | None:
    """Say when the next container starts or ends by itself."""
    moment = aci.groups.upcoming()
    return moment if moment is None or moment > now else now + timedelta(seconds=1)
