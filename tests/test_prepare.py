"""What a start needs before it can be claimed: its attempt, its group's state, its secrets, its code's commit."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.decision import NEXT_FREE, Start
from scheduler.entry import row_of
from scheduler.job import Job
from scheduler.outcome import Outcome
from scheduler.ports import GroupRefused, Unknown
from scheduler.row import Row, Value
from scheduler.run import Cause, Run, State
from scheduler.steps.prepare import NotNow, Ready, prepare
from tests.calendars import JOB, run
from tests.world import World, at

SECRET, OTHER = "https://kv-1.vault.azure.net/secrets/token", "https://kv-1.vault.azure.net/secrets/other"
CODE = "https://github.com/ours/weather"
DUE = at("10:00")


def job(**cells: Value) -> Job:
    made = Job.from_row(Row(*JOB, {"Schedule": "0 * * * *", "Image": "x", **cells}))
    assert isinstance(made, Job), made
    return made


def start(**changes: Any) -> Start:
    return replace(Start(DUE, "schedule", None, "due"), **changes)


def ready(world: World, asked: Start, one: Job | None = None) -> Ready:
    made = prepare(world.ports, one or job(), asked)
    assert isinstance(made, Ready), made
    return made


def not_now(world: World, asked: Start, one: Job | None = None) -> NotNow:
    made = prepare(world.ports, one or job(), asked)
    assert isinstance(made, NotNow), made
    return made


def past(world: World, *runs: Run, state: State | None = State.FAILED, **cells: Any) -> None:
    """Put runs into Runs, closed or open."""
    for one in runs:
        ended = Outcome(state, Cause.EXIT, finished=one.due).columns(one) if state else {}
        world.runs_table.put(one.key, {**row_of(one), **ended, **cells})


def skipped(world: World, due: str) -> None:
    world.runs_table.put(run(at(due)).key, {"State": "Skipped", "From": at(due), "Due": at(due)})


def attempt(number: int, due: str = "10:00", **changes: Any) -> Run:
    return replace(run(at(due)), attempt=number, **changes)


# nothing is asked for that is not needed


def test_a_plain_start_asks_for_nothing() -> None:
    world = World()
    made = ready(world, start())
    assert (made.start, made.view, made.secrets, made.commit, made.refused) == (start(), None, {}, "", None)
    assert world.journal.lines == []


def test_each_secret_is_read_once_and_kept_out_of_sight() -> None:
    world = World()
    version = world.secrets.put(SECRET, "s3cret")
    world.secrets.put(OTHER, "0ther")
    one = job(SecureEnv=f'{{"A": "{SECRET}", "B": "{SECRET}", "C": "{OTHER}"}}')
    made = ready(world, start(), one)
    assert {reference: secret.value for reference, secret in made.secrets.items()} == {
        SECRET: "s3cret", OTHER: "0ther",
    }  # fmt: skip
    assert made.secrets[SECRET].id == version
    assert len(world.journal.matching("secrets.read *")) == 2
    assert "s3cret" not in repr(made)


def test_a_branch_is_resolved_to_its_commit() -> None:
    world = World()
    commit = world.repositories.push(CODE, "main")
    assert ready(world, start(), job(GitRepo=CODE, GitRevision="main")).commit == commit


def test_a_group_that_is_there_is_looked_at_once() -> None:
    world = World()
    world.groups.provision("nightly", "report")
    made = ready(world, start(), job(Image="", ContainerGroup="nightly"))
    assert made.view
    assert (made.view.name, world.groups.calls["get"]) == ("nightly", 1)
    assert ready(world, start(), job(Image="", ContainerGroup="elsewhere")).view is None


# what cannot be had now, and what never


@pytest.mark.parametrize("what", ["secrets", "repositories"])
def test_what_cannot_be_had_now_leaves_the_start_for_the_next_tick(what: str) -> None:
    world = World()
    world.secrets.put(SECRET, "s3cret")
    world.repositories.push(CODE)
    getattr(world, what).fail()
    one = job(SecureEnv=f'{{"A": "{SECRET}"}}', GitRepo=CODE)
    assert not_now(world, start(), one) == NotNow("Waiting: no answer. The run is tried each minute.")
    assert ready(world, start(), one).secrets


@pytest.mark.parametrize("what", ["secrets", "repositories"])
def test_what_is_refused_becomes_a_run_that_failed_with_its_cause(what: str) -> None:
    world = World()
    world.secrets.put(SECRET, "s3cret")
    world.repositories.push(CODE)
    refused = GroupRefused(Cause.DENIED, "give the role X")
    getattr(world, what).fail(refused)
    made = ready(world, start(), job(SecureEnv=f'{{"A": "{SECRET}"}}', GitRepo=CODE))
    assert (made.refused, made.secrets) == (refused, {})


@pytest.mark.parametrize("answer", [Unknown("no answer"), GroupRefused(Cause.DENIED, "give the role X")])
def test_a_group_that_cannot_be_looked_at_is_not_started(answer: Exception) -> None:
    world = World()
    world.groups.fail("get", answer)
    made = not_now(world, start(), job(Image="", ContainerGroup="nightly"))
    assert made.why == f"Waiting: ContainerGroup 'nightly' cannot be looked at: {answer}"
    assert not made.for_good


# which attempt it is

FREE = start(attempt=NEXT_FREE, trigger="request")


def numbered(world: World) -> int:
    return ready(world, FREE).start.attempt


def test_a_due_time_that_had_no_run_gets_its_first_attempt() -> None:
    world = World()
    past(world, attempt(4, "09:00"), attempt(5, "11:00"), replace(attempt(6), job=("weather", "extract2")))
    assert numbered(world) == 1


def test_a_due_time_that_had_runs_gets_the_attempt_after_the_last() -> None:
    world = World()
    past(world, attempt(1), attempt(2), attempt(3))
    assert numbered(world) == 4


def test_the_tenth_and_the_thousandth_attempt_are_numbers_and_no_texts() -> None:
    world = World()
    past(world, attempt(9), attempt(10))
    assert numbered(world) == 11
    past(world, attempt(999), attempt(1000))
    assert numbered(world) == 1001


def test_a_due_time_that_was_let_pass_has_used_its_first_attempt() -> None:
    world = World()
    skipped(world, "10:00")
    assert numbered(world) == 2


def test_a_key_that_somebody_typed_is_no_attempt() -> None:
    world = World()
    past(world, attempt(1))
    world.runs_table.put((JOB[0], attempt(1).key[1].removesuffix("001") + "mine"), {"State": "Active"})
    assert numbered(world) == 2


def test_an_attempt_that_is_known_is_not_looked_for() -> None:
    world = World()
    past(world, attempt(1), attempt(2))
    world.journal.clear()
    assert ready(world, start(attempt=7)).start.attempt == 7
    assert world.journal.lines == []
