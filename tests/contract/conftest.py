"""The worlds that must keep the promises of `scheduler.ports`."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from scheduler.cloud.containers import AzureGroups
from scheduler.cloud.tables import AzureTable
from scheduler.ports import Groups, Table, Unknown
from scheduler.settings import Settings
from scheduler.view import View
from tests.world import Clock, Journal, MemoryGroups, MemoryTable

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
MOST_LOOKS = 5_000

#: What the images do in every world.
PRINTED = "hello {WHO}\n"
_HELLO = [sys.executable, "-c", "import os; print('hello ' + os.environ.get('WHO', ''), flush=True)"]
IMAGES = {
    "ends": {"command": _HELLO},
    "fails": {"command": ["sh", "-c", "exit 3"]},
    "goes-on": {"command": ["sleep", "600"]},
}


@pytest.fixture(params=["world", pytest.param("azurite", marks=pytest.mark.azurite)])
def table(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Iterator[Table]:
    """A table that is not there yet."""
    if request.param == "world":
        yield MemoryTable("jobs", Clock(), Journal())
        return
    connection = request.getfixturevalue("azurite").connection
    table = AzureTable.open(Settings(connection=connection), fresh("Contract"))
    yield table
    table.close()


class Stage(Protocol):
    """Groups, and a way to let them get on."""

    @property
    def groups(self) -> Groups:
        """The groups of one resource group."""

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look at a group until it is seen so."""


class Virtual:
    """The in-memory groups: a look lets a second pass."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.groups = MemoryGroups(self.clock, Journal())
        self.groups.behave("ends", start_delay=2, duration=3, log=lambda env: PRINTED.format(WHO=env.get("WHO", "")))
        self.groups.behave("fails", start_delay=2, duration=3, exit_code=3)
        self.groups.behave("goes-on", start_delay=2, duration=None)

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look once a second."""
        return _until(self.groups, name, seen, lambda: self.clock.passes(1))


class Real:
    """The emulator, over HTTP."""

    def __init__(self, groups: AzureGroups) -> None:
        self.groups = groups

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look again at once: the answer takes as long as it takes."""
        return _until(self.groups, name, seen, lambda: None)


def _until(groups: Groups, name: str, seen: Callable[[View], object], wait: Callable[[], Any]) -> View:
    view = groups.get(name)
    for _ in range(MOST_LOOKS):
        if view and seen(view):
            return view
        wait()
        view = groups.get(name)
    raise AssertionError(f"{name} was never seen so, last: {view}")


@pytest.fixture(scope="session")
def emulator(emulators: Callable[..., str]) -> str:
    """The address of an emulator with `IMAGES`."""
    return emulators(IMAGES)


@pytest.fixture(params=["world", "emulator"])
def stage(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Iterator[Stage]:
    """A resource group without container groups."""
    if request.param == "world":
        yield Virtual()
        return
    endpoint = request.getfixturevalue("emulator")
    settings = Settings(
        subscription=SUBSCRIPTION, resource_group=fresh("contract"), location="westeurope", arm_endpoint=endpoint
    )
    groups = AzureGroups(settings, pause=0)
    yield Real(groups)
    for name, _ in groups.tagged():
        _delete(groups, name)
    groups.close()


def _delete(groups: Groups, name: str) -> None:
    for _ in range(MOST_LOOKS):
        with contextlib.suppress(Unknown):  # another operation on it goes on
            return groups.delete(name)
    raise AssertionError(f"{name} cannot be deleted")
