"""State written down and read back is the same: any view, any log, every spec, every second of a group's life."""

import asyncio
import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aci_emulator.group import Group, GroupPath
from aci_emulator.kept import read_group, read_log, read_operation, write_group, write_log, write_operation
from aci_emulator.limits import Limits
from aci_emulator.logs import Log
from aci_emulator.operations import Operation
from aci_emulator.spec import read_spec
from aci_emulator.states import Event, State, View
from tests.emulator.driver import container, group
from tests.emulator.virtual import NINE, World

INSTANTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


def filled(kind: type[Any], **given: Any) -> st.SearchStrategy[Any]:
    """Return a strategy that fills every field of a dataclass, those with a default and those added later too."""
    return st.builds(kind, **{field.name: ... for field in fields(kind)} | given)


EVENTS = filled(Event, first=INSTANTS, last=INSTANTS)
SOME_EVENTS = st.lists(EVENTS, max_size=3).map(tuple)
STATES = st.none() | filled(State, started=st.none() | INSTANTS, finished=st.none() | INSTANTS)
VIEWS = filled(View, current=STATES, previous=STATES, events=SOME_EVENTS)
GROUPS = filled(
    Group,
    spec=st.just(read_spec(group(container("job"), container("job", name="side")))),
    views=st.fixed_dictionaries({"main": VIEWS, "side": VIEWS}),
    logs=st.just({}),
    events=SOME_EVENTS,
)
OPERATIONS = filled(Operation, started=INSTANTS, events=SOME_EVENTS)
PIECES = st.lists(st.one_of(st.binary(min_size=1, max_size=9), st.sampled_from([b"\n", b"a\n", b"\xc3", b"\xa9\n"])))

ROOMY: dict[str, Any] = {
    "containers": [
        container("job", A="1", SECRET="s") | {"name": "one"},
        {
            "name": "two",
            "properties": {
                "image": "registry.example/two:1",
                "command": ["sh", "-c", "exit 1"],
                "ports": [{"port": 80}],
                "resources": {"requests": {"cpu": 0.5, "memoryInGB": 1.5}, "limits": {"cpu": 1}},
                "environmentVariables": [{"name": "KEY", "secureValue": "é€ \U0001f600"}],
                "volumeMounts": [{"name": "files", "mountPath": "/files", "readOnly": True}],
            },
        },
    ],
    "initContainers": [{"name": "first", "properties": {"image": "job", "command": ["true"]}}],
    "volumes": [
        {"name": "empty", "emptyDir": {}},
        {"name": "files", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "k"}},
        {"name": "clone", "gitRepo": {"repository": "https://example.com/r.git", "revision": "main"}},
        {"name": "secret", "secret": {"file": "aGVsbG8="}},
    ],
    "imageRegistryCredentials": [{"server": "registry.example", "username": "u", "password": "p"}],
    "ipAddress": {"type": "Public", "ports": [{"port": 80}], "dnsNameLabel": "weather"},
}
IDENTITY = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
BODIES = {
    "plain": group(container("job")),
    "roomy": group(**ROOMY) | {"properties": group()["properties"] | ROOMY, "zones": ["1"]},
    "with identities": group(container("job"))
    | {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}},
    "spot": group(container("job"), priority="Spot"),
    "written in another case": {
        "LOCATION": "West Europe",
        "Properties": {"OSTYPE": "linux", "containers": [container("job")]},
    },
    "more than the limits of now": group(*(container("job", name=f"c{n}", cpu=9) for n in range(99))),
}


def again(kept: Group) -> Group:
    """Write a group down, logs and all, and read it back."""
    logs = {}
    for name, log in kept.logs.items():
        chunk = write_log(log, 0)
        logs[name] = read_log(Limits(), log.span[0], [] if chunk is None else [chunk])
    return read_group(json.loads(json.dumps(write_group(kept))), logs)


def assert_same(one: Group, other: Group) -> None:
    for field in fields(Group):
        if field.name != "logs":
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert one.body() == other.body()
    assert list(one.views) == list(other.views)
    assert {name: log.text(timestamps=True) for name, log in one.logs.items()} == {
        name: log.text(timestamps=True) for name, log in other.logs.items()
    }


@given(GROUPS)
def test_any_group_comes_back_as_it_was(kept: Group) -> None:
    back = read_group(json.loads(json.dumps(write_group(kept))), {})
    assert back == kept
    assert list(back.views) == list(kept.views)


@given(OPERATIONS)
def test_any_operation_comes_back_as_it_was(operation: Operation) -> None:
    assert read_operation(json.loads(json.dumps(write_operation(operation)))) == operation


@pytest.mark.parametrize("what", BODIES)
def test_a_spec_that_was_accepted_is_accepted_again_whatever_the_limits_are_now(what: str) -> None:
    unlimited = Limits().adjusted({"all": "none"})
    kept = Group(GroupPath("S", "RG", "one"), read_spec(BODIES[what], unlimited, "2026-05-01"))
    assert again(kept).spec == kept.spec


def test_a_body_of_an_old_api_version_is_accepted_again() -> None:
    for version in ("2018-02-01-preview", "2018-10-01"):
        body = group(container("job"), networkProfile={"id": "/subscriptions/s/profile"})
        kept = Group(GroupPath("s", "rg", "one"), read_spec(body, Limits(), version))
        assert again(kept).spec == kept.spec


def every_byte(log: Log) -> list[tuple[datetime, int]]:
    return [(at, byte) for at, piece in log.since(0) for byte in piece]


@given(PIECES, st.sets(st.integers(0, 20)), st.sampled_from([0, 1, 7, 1_000_000]), st.booleans())
def test_a_log_written_down_while_it_grew_comes_back_byte_by_byte(
    pieces: list[bytes], saved_after: set[int], most: int, settled: bool
) -> None:
    limits = Limits(log_running=most, log_stopped=most // 2)
    log = Log(limits)
    chunks = []
    written = 0
    for number, piece in enumerate(pieces):
        log.append(NINE + timedelta(seconds=number), piece)
        if number in saved_after:
            chunks.append(write_log(log, written))
            written = log.span[1]
    if settled:
        log.settle()
    chunks.append(write_log(log, written))
    begin = log.span[0]
    back = read_log(limits, begin, [chunk for chunk in chunks if chunk is not None and chunk.end > begin])
    assert every_byte(back) == every_byte(log)
    assert (back.span, back.text(), back.text(3)) == (log.span, log.text(), log.text(3))
    assert back.text(timestamps=True) == log.text(timestamps=True)


def test_a_piece_that_grew_after_it_was_written_keeps_its_instant() -> None:
    log = Log()
    for _ in range(16_384):
        log.append(NINE, b"x")
    first = write_log(log, 0)
    log.append(NINE + timedelta(seconds=9), b"y\nz")
    second = write_log(log, 16_384)
    assert first is not None
    assert second is not None
    assert second.data == b"y\nz"
    assert read_log(Limits(), 0, [first, second]).text(timestamps=True) == log.text(timestamps=True)


LIVES: dict[str, tuple[dict[str, Any], list[tuple[str, int]]]] = {
    "job that ends": (group(container("job")), [("main", 0)]),
    "job that fails": (group(container("job")), [("main", 3)]),
    "crash loop": (group(container("job"), policy="OnFailure"), [("main", 1), ("main", 1), ("main", 0)]),
    "for ever": (group(container("job"), policy="Always"), [("main", 0), ("main", 0)]),
    "command that is not there": (group(container("job", "absent")), []),
    "init container": (
        group(container("job"), initContainers=[{"name": "first", "properties": {"image": "job"}}]),
        [("first", 0), ("main", 0)],
    ),
    "share that is not there": (
        group(
            {
                "name": "main",
                "properties": container("job")["properties"] | {"volumeMounts": [{"name": "files", "mountPath": "/f"}]},
            },
            volumes=[
                {"name": "files", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "k"}}
            ],
        ),
        [],
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("story", LIVES)
@pytest.mark.parametrize("then", ["stop", "restart", "start", "delete", "put"])
async def test_every_second_of_a_life_comes_back_as_it_was(story: str, then: str) -> None:
    body, exits = LIVES[story]
    world = World()
    pending = [world.background("PUT", "one", body)]
    for second in range(90):
        await world.clock.advance(1)
        if second >= 20 and second % 8 == 0 and exits:
            name, code = exits[0]
            running = world.runtime.running.get(name)
            if running is not None and not running.over.done():
                world.runtime.orders[-1].output(b"leaving\n")
                await world.exit(name, code)
                exits = exits[1:]
        if second == 60:
            method, path = {"put": ("PUT", "one"), "delete": ("DELETE", "one")}.get(then, ("POST", f"one/{then}"))
            pending.append(world.background(method, path, body if then == "put" else None))
        for kept in world.provider._groups.values():
            assert_same(again(kept), kept)
    await asyncio.gather(*pending)
