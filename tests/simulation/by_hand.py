"""A history written by hand, as an honest scheduler would leave it: what the checker's own tests then spoil.

One job runs every ten minutes for an hour, each run for a minute, and moves its watermark on. Everything is
in plain sight: `History` as it is, and words for the parts of it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.simulation.history import PERSON, Blob, Call, Cells, History, Key, Put, Spell, Tick, Version

JOB: Key = ("weather", "extract")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NEVER, UNSET = datetime(9999, 12, 31, tzinfo=UTC), datetime(1601, 1, 1, tzinfo=UTC)


def at(clock: str) -> datetime:
    """Read "09:10:05" as an instant of the day on which it all happens."""
    return datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=UTC)


def group(due: str, attempt: int = 1, job: Key = JOB) -> str:
    """Name the container group of a run."""
    return f"ct-{job[1]}-{due.replace(':', '')}-{attempt}"


class Tale:
    """A history that is being written."""

    def __init__(self, first: str = "09:00", last: str = "10:00", **cells: object) -> None:
        self.history = History(at(first), at(last), at(last))
        self.job = JOB
        typed = {"Schedule": "*/10 * * * *", "Image": "extract:1", **cells}
        self.writes(first, PERSON, **typed)
        for number in range(1, int((at(last) - at(first)) / MINUTE)):
            began = at(first) + number * MINUTE
            self.history.ticks.append(Tick(number, "A", began, began, began + 20 * SECOND, "whole"))
        self.says(f"{first}:02", Status="Scheduled", ScheduleDigest="a", Failures=0)

    def begins(self, job: str, clock: str = "09:00", **cells: object) -> None:
        """Go on with another job, whose row a person adds."""
        self.job = (JOB[0], job)
        self.writes(clock, PERSON, Image="other:1", **cells)
        self.says(f"{clock}:02", Status="Scheduled", ScheduleDigest="b", Failures=0)

    def tick(self, moment: datetime) -> str:
        """Sign as the tick of that minute (or the first one)."""
        return f"tick {max(1, int((moment - self.history.first) / MINUTE))}"

    def writes(self, clock: str, by: str, **cells: object) -> None:
        """Write some cells of the job's row."""
        versions = self.history.jobs.setdefault(self.job, [])
        before = versions[-1].cells if versions and versions[-1].cells else {}
        versions.append(Version(at(clock), by, {**before, **cells}))
        versions.sort(key=lambda version: version.at)

    def says(self, clock: str, **cells: object) -> None:
        """Let a tick write some cells of the job's row."""
        self.writes(clock, self.tick(at(clock)), **cells)

    def types(self, clock: str, **cells: object) -> None:
        """Let a person write some cells of the job's row."""
        self.writes(clock, PERSON, **cells)

    def deletes(self, clock: str) -> None:
        """Let a person delete the row."""
        self.history.jobs[self.job].append(Version(at(clock), PERSON, None))

    def runs(
        self, due: str, told: str = "", answers: str = "", *, exit_code: int = 0, attempt: int = 1, last: str = "",
        claimed: datetime | None = None, trigger: str = "schedule",
    ) -> None:  # fmt: skip
        """Let a due time run as it should: claim, register, create, observe, keep, close, delete, settle."""
        claimed = claimed or at(due) + 5 * SECOND
        closed = claimed + 2 * MINUTE
        name, state = group(due, attempt, self.job), "Failed" if exit_code else "Succeeded"
        interval = {"IntervalStart": at(last), "IntervalEnd": at(due)} if last else {}
        opened = {
            "State": "Active", "Trigger": trigger, "Due": at(due), "Attempt": attempt, "Group": name, "RunId": name,
            "WatermarkFrom": told, "Claimed": claimed, **interval,
        }  # fmt: skip
        ended = {
            "State": state, "Cause": "exit" if exit_code else "", "ExitCode": exit_code, "Reason": f"{state}.",
            "Started": claimed + 12 * SECOND, "Finished": claimed + 72 * SECOND, "Log": f"{name}.log",
            "WatermarkTo": told if exit_code or not answers else answers,
        }  # fmt: skip
        key = (self.job[0], f"{self.job[1]}|{due}|{attempt:03d}")
        self._says_at(claimed, Status="Starting", ActiveRuns=f'[{{"run_id": "{name}"}}]', Active=True, LastDue=at(due))
        self.history.runs[key] = [
            Version(claimed + SECOND, self.tick(claimed), opened), Version(closed, self.tick(closed), opened | ended),
        ]  # fmt: skip
        self._lives(name, claimed, self._told(name, due, attempt, told, last), answers, exit_code)
        moved: dict[str, object] = {"Watermark": answers} if answers and not exit_code else {}
        if not exit_code:
            moved |= {"LastSuccessDue": at(due), "LastSuccess": closed}
        self._says_at(closed + 2 * SECOND, Status=state, ActiveRuns="[]", Active=False, **moved)

    def _told(self, name: str, due: str, attempt: int, told: str, last: str) -> dict[str, str]:
        """Give a container's environment."""
        environment = {
            "JOB": "/".join(self.job), "RUN_ID": name, "DUE": f"{at(due):%Y-%m-%dT%H:%M:%SZ}", "ATTEMPT": str(attempt),
            "WATERMARK": told,
        }  # fmt: skip
        interval = {"INTERVAL_START": at(last).isoformat(), "INTERVAL_END": at(due).isoformat()} if last else {}
        return environment | interval

    def _lives(self, name: str, claimed: datetime, told: dict[str, str], answers: str, code: int) -> None:
        """Let its container live, and ACI and the logs be called."""
        tags = {f"crontable-{word.lower()}": told[word] for word in ("JOB", "DUE", "ATTEMPT")}
        asked, closed = claimed + 2 * SECOND, claimed + 2 * MINUTE
        printed = f"run {name} was told {told['WATERMARK']!r}\n" + (f"::watermark::{answers}\n" if answers else "")
        spell = Spell(name, asked, "PUT", claimed + 12 * SECOND, claimed + 72 * SECOND, "itself", code)
        self.history.puts.append(Put(asked, name, tags, told))
        self.history.spells.append(replace(spell, told=told, tags=tags, printed=printed))
        self.history.blobs.append(Blob(closed - SECOND, f"{name}.log", printed))
        for moment, line in ((asked, "create"), (closed - 2 * SECOND, "get"), (closed + SECOND, "delete")):
            number = int(self.tick(moment).removeprefix("tick "))
            self.history.calls.append(Call(moment, number, f"groups.{line} {name}"))

    def _says_at(self, moment: datetime, **cells: object) -> None:
        self.writes(f"{moment:%H:%M:%S}", self.tick(moment), **cells)

    def skips(self, due: str, until: str = "", why: str = "the run is still going", trigger: str = "schedule") -> None:
        """Let due times pass."""
        moment = at(until or due) + 5 * SECOND
        cells: Cells = {"State": "Skipped", "Trigger": trigger, "Reason": why, "From": at(due), "Due": at(until or due)}
        self.history.runs[self.job[0], f"{self.job[1]}|{due}|001"] = [Version(moment, self.tick(moment), cells)]


def honest() -> Tale:
    """Tell an hour in which everything is right."""
    tale, told, last = Tale(), "", "09:00"
    for number in range(1, 6):
        due = f"09:{number}0"
        tale.runs(due, told, f"up to {due}", last=last)
        told, last = f"up to {due}", due
    return tale


def row_of(tale: Tale, due: str, attempt: int = 1) -> list[Version]:
    """Give the versions of a run's row, to be spoiled."""
    return tale.history.runs[tale.job[0], f"{tale.job[1]}|{due}|{attempt:03d}"]


def spoil(versions: list[Version], cells: Cells, number: int = -1) -> None:
    """Change cells of one version of a row, and of none after it."""
    versions[number] = replace(versions[number], cells={**(versions[number].cells or {}), **cells})


def chain() -> Tale:
    """Tell of a second job that runs after the first: five rounds of it."""
    tale = honest()
    tale.begins("load", Schedule="after extract")
    for number in range(1, 6):
        due = f"09:{number}0"
        tale.runs(due, trigger="after", claimed=at(due) + 3 * MINUTE + 5 * SECOND)
    return tale
