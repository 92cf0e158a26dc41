"""The worlds that must keep the promises of `scheduler.ports`."""

import contextlib
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest

from scheduler.cloud.containers import AzureGroups
from scheduler.cloud.tables import AzureTable
from scheduler.ports import Groups, Table, Unknown
from scheduler.settings import Settings
from scheduler.view import View
from tests.world import Clock, Journal, Limits, MemoryGroups, MemoryTable

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
MOST_LOOKS = 5_000

#: What the images do in every world.
PRINTED = "hello {WHO}\n"
LINES = [f"line {number}\n" for number in range(1_500)]
WIDE = [f"line {number} {'x' * 90}\n" for number in range(300)]
_HELLO = [sys.executable, "-c", "import os; print('hello ' + os.environ.get('WHO', ''), flush=True)"]
_LINES = "print('\\n'.join(f'line {number}' for number in range(1_500)), flush=True)"
_WIDE = "print('\\n'.join(f'line {number} ' + 'x' * 90 for number in range(300)), flush=True)"
BURSTS = ["".join(f"burst {burst} line {number} {'x' * 40}\n" for number in range(200)) for burst in range(30)]
_BURSTS = (
    "import time\n"
    "for burst in range(30):\n"
    "    lines = (f'burst {burst} line {number} ' + 'x' * 40 for number in range(200))\n"
    "    print('\\n'.join(lines), flush=True)\n"
    "    time.sleep(0.01)\n"
)
_STAYS = "; import time; time.sleep(600)"
IMAGES = {
    "ends": {"command": _HELLO},
    "fails": {"command": ["sh", "-c", "exit 3"]},
    "goes-on": {"command": ["sleep", "600"]},
    "many-lines": {"command": [sys.executable, "-c", _LINES]},
    "many-bytes": {"command": [sys.executable, "-c", _WIDE]},
    "talks": {"command": [sys.executable, "-c", _WIDE + _STAYS]},
    "bursts": {"command": [sys.executable, "-c", _BURSTS]},
}
#: Operations as the emulator names them.
OPERATIONS = {"create": "put", "tagged": "list", "log": "logs"}
#: Limits as the emulator names them.
LIMITS = {"groups": "groups", "cores": "cores", "spot_cores": "spot-cores", "creates_5min": "creates-5min"} | {
    "creates_hour": "creates-hour"
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
    """Groups, a way to let them get on, and faults and limits on order."""

    @property
    def groups(self) -> Groups:
        """The groups of one resource group."""

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look at a group until it is seen so."""

    def until_gone(self, name: str) -> None:
        """Look at a group until it is not there."""

    def order(self, kind: str, operation: str = "", *, times: int = 1, **how: Any) -> None:
        """Order a fault."""

    def limit(self, **limits: int) -> None:
        """Set limits."""


class Virtual:
    """The in-memory groups: a look lets a second pass."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.groups = MemoryGroups(self.clock, Journal(), Limits())
        behave = self.groups.behave
        behave("ends", start_delay=2, duration=3, log=lambda env: PRINTED.format(WHO=env.get("WHO", "")))
        behave("fails", start_delay=2, duration=3, exit_code=3)
        behave("goes-on", start_delay=2, duration=None)
        behave("many-lines", start_delay=2, duration=3, log="".join(LINES))
        behave("many-bytes", start_delay=2, duration=3, log="".join(WIDE))
        behave("bursts", start_delay=2, duration=20, log=[(number / 2, text) for number, text in enumerate(BURSTS)])
        behave("talks", start_delay=2, duration=None, log="".join(WIDE))

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look once a second."""
        return _until(self.groups, name, seen, lambda: self.clock.passes(1))

    def until_gone(self, name: str) -> None:
        """Look once a second."""
        _until_gone(self.groups, name, lambda: self.clock.passes(1))

    def order(self, kind: str, operation: str = "", *, times: int = 1, **how: Any) -> None:
        """Order it of the world."""
        self.groups.order(kind, operation or "*", times=times, **how)

    def limit(self, **limits: int) -> None:
        """Set them for every region."""
        for name, value in limits.items():
            setattr(self.groups.limits, name, value)


class Real:
    """The emulator, over HTTP."""

    def __init__(self, groups: AzureGroups, url: str) -> None:
        self.groups = groups
        self._url = url

    def until(self, name: str, seen: Callable[[View], object]) -> View:
        """Look again at once: the answer takes as long as it takes."""
        return _until(self.groups, name, seen, lambda: None)

    def until_gone(self, name: str) -> None:
        """Look again at once."""
        _until_gone(self.groups, name, lambda: None)

    def order(self, kind: str, operation: str = "", *, times: int = 1, **how: Any) -> None:
        """Order it of the emulator."""
        self._control("POST", "faults", {"kind": kind, "operation": OPERATIONS.get(operation, operation)} | how
                      | {"count": times})  # fmt: skip

    def limit(self, **limits: int) -> None:
        """Set them in the emulator."""
        self._control("POST", "limits", {LIMITS[name]: value for name, value in limits.items()})

    def close(self) -> None:
        """Leave an emulator without faults, limits and groups of ours to the next test."""
        self._control("DELETE", "faults")
        self._control("POST", "limits", dict.fromkeys(LIMITS.values(), "none"))
        for name, _ in self.groups.tagged():
            _delete(self.groups, name)
        self.groups.close()

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self._url}/_emulator/{path}", data, method=method)):
            pass


def _until(groups: Groups, name: str, seen: Callable[[View], object], wait: Callable[[], Any]) -> View:
    view = groups.get(name)
    for _ in range(MOST_LOOKS):
        if view and seen(view):
            return view
        wait()
        view = groups.get(name)
    raise AssertionError(f"{name} was never seen so, last: {view}")


def _until_gone(groups: Groups, name: str, wait: Callable[[], Any]) -> None:
    for _ in range(MOST_LOOKS):
        if groups.get(name) is None:
            return
        wait()
    raise AssertionError(f"{name} is still there")


@pytest.fixture(scope="session")
def emulator(emulators: Callable[..., str]) -> str:
    """The address of an emulator with `IMAGES`, and of Azure's limits those of logs."""
    limits = ("log-running=4194304", "log-stopped=16384", "log-lines=1000")
    return emulators(IMAGES, *(word for limit in limits for word in ("--limit", limit)))


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
    real = Real(AzureGroups(settings, pause=0), endpoint)
    yield real
    real.close()


def _delete(groups: Groups, name: str) -> None:
    for _ in range(MOST_LOOKS):
        with contextlib.suppress(Unknown):  # another operation on it goes on
            return groups.delete(name)
    raise AssertionError(f"{name} cannot be deleted")
