"""Any sequence of requests, ends of containers and pauses leaves every group in a state that ACI has (aci.md, 3)."""

import asyncio
from collections import Counter
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.emulator.driver import container, group
from tests.emulator.fuzz import fuzz
from tests.emulator.virtual import World

PROVISIONING = {"Pending", "Creating", "Updating", "Deleting", "Repairing", "Succeeded", "Failed"}
GROUP_STATES = {
    "Always": {"Pending", "Running", "Stopped"},
    "OnFailure": {"Pending", "Running", "Stopped", "Succeeded"},
    "Never": {"Pending", "Running", "Stopped", "Succeeded", "Failed"},
}
CONTAINER_STATES = {"Waiting", "Running", "Terminated"}
EFFECTS = {
    ("put", 201): "created",
    ("put", 200): "replaced",
    ("patch", 200): "tagged",
    ("delete", 200): "deleted",
    ("start", 204): "starting",
    ("stop", 204): "stopped",
    ("restart", 204): "restarting",
}
"""The effect of a request that had one, by operation and status; start and stop may have none."""

NAMES = st.sampled_from(["one", "one", "one", "two"])
FAULTS = ["evicted", "maintenance", "second-start", "capacity-later", "unpullable", "stuck", "vanish"]
"""What the platform may do by itself; a fault in a request's place would only hide what is looked at here."""
ORDERS = st.sampled_from([*["PUT"] * 3, "GET", "PATCH", "DELETE", "logs", "start", "start", "stop", "stop", "restart"])
BODIES = [
    (policy, image, command)
    for policy in GROUP_STATES
    for image, command in (("any", ()), ("any", ("absent",)), ("missing", ()))
]
ORDER = st.tuples(ORDERS, NAMES, st.sampled_from([*BODIES, *BODIES[:1] * 6, *BODIES[6:7] * 9]))
EXIT = st.tuples(st.just("exit"), NAMES, st.sampled_from([0, 0, 1, 137]))
WAIT = st.tuples(st.just("wait"), NAMES, st.sampled_from([0, 1, 3, 5, 20, 20, 20, 400]))
FAULT = st.tuples(st.just("fault"), NAMES, st.sampled_from(FAULTS))
STEPS = st.lists(
    st.sampled_from([ORDER] * 5 + [WAIT] * 4 + [EXIT] * 2 + [FAULT]).flatmap(lambda step: step),
    min_size=20,
    max_size=40,
)


class Sequence:
    """One emulator, and all that it was asked."""

    def __init__(self) -> None:
        self.world = World()
        self.asked: list[tuple[str, str, asyncio.Task[httpx.Response]]] = []

    async def take(self, step: tuple[str, str, Any]) -> None:
        what, name, value = step
        if what == "wait":
            await self.world.clock.advance(value)
        elif what == "fault":
            await self.world.control("POST", "faults", {"kind": value, "name": name, "count": 1})
        elif what == "exit":
            running = self.world.runtime.running.get(name)
            if running is not None and not running.over.done():
                await self.world.exit(name, value)
        else:
            self.ask(what, name, value)
            await self.world.clock.advance(0)
        await self.look()

    def ask(self, what: str, name: str, value: Any = None) -> None:
        if what == "PUT":
            policy, image, command = value
            body: Any = group(container(image, *command, name=name), policy=policy)
            task = self.world.background("PUT", name, body)
        elif what == "logs":
            task = self.world.background("GET", f"{name}/containers/{name}/logs")
        elif what.islower():
            task = self.world.background("POST", f"{name}/{what}")
        else:
            task = self.world.background(what, name, {"tags": {"a": "b"}} if what == "PATCH" else None)
        self.asked.append((what.lower(), name, task))

    async def look(self) -> None:
        """Fail unless all that shows is what ACI can show, and what runs is what is shown to run."""
        for name in ("one", "two"):
            found = await self.world.ask("GET", name)
            container = self.world.runtime.running.get(name)
            runs = container is not None and not container.over.done()
            assert found.status_code in {200, 404}
            shown = check_shown(found.json()["properties"]) if found.status_code == 200 else "nothing"
            assert runs or shown != "Running"
        for _, _, task in self.asked:
            assert not task.done() or task.result().status_code < 500

    async def end(self) -> None:
        """Let everything come to its end, and fail unless it did, and the journal says of each what it was."""
        await self.world.clock.advance(7_200)
        assert all(task.done() for _, _, task in self.asked)
        await self.look()
        for name in ("one", "two"):
            there = await self.world.ask("GET", name)
            if there.status_code == 200:
                assert there.json()["properties"]["provisioningState"] in {"Succeeded", "Failed"}
            await self.check_journal(name, there)
            assert await self.world.deleted(name) == (there.status_code == 200)
        assert [name for name, item in self.world.runtime.running.items() if not item.over.done()] == []

    async def check_journal(self, name: str, there: httpx.Response) -> None:
        """Fail unless the journal holds what a client was answered, and what a GET shows."""
        entries = (await self.world.control("GET", f"journal?group={name}")).json()["value"]
        written = Counter((entry["operation"], entry["status"]) for entry in entries if entry["operation"] != "get")
        answered = Counter((what, task.result().status_code) for what, to, task in self.asked if to == name)
        del written["platform", None]
        assert written == Counter({key: count for key, count in answered.items() if key[0] != "get"})
        for entry in entries:
            expected = EFFECTS.get((entry["operation"], entry["status"]), "")
            assert entry["operation"] == "platform" or entry["effect"] in {expected, ""}
        effects = Counter(entry["effect"] for entry in entries)
        assert effects["created"] - effects["deleted"] - effects["vanished"] == (there.status_code == 200)
        if there.status_code == 200 and not effects["replaced"]:
            check_starts(entries, there.json()["properties"]["containers"][0]["properties"].get("instanceView"))


def check_shown(properties: Any) -> str:
    """Fail unless the properties of a group are possible; return the state of its container, `leaving` in a delete."""
    assert properties["provisioningState"] in PROVISIONING
    assert properties["instanceView"]["state"] in GROUP_STATES[properties["restartPolicy"]]
    view = properties["containers"][0]["properties"].get("instanceView")
    if view is None:
        return "nothing"
    state = view["currentState"]
    assert state["state"] in CONTAINER_STATES
    assert ("exitCode" in state) <= (state["state"] == "Terminated")
    if properties["instanceView"]["state"] in {"Succeeded", "Stopped"}:
        assert state["state"] == "Terminated"
    assert properties["instanceView"]["state"] != "Failed" or state["state"] != "Running"
    shown: str = "leaving" if properties["provisioningState"] == "Deleting" else state["state"]
    return shown


def check_starts(entries: list[Any], view: Any) -> None:
    """Fail unless a GET shows as many starts as the journal since the group was made."""
    last = max(entry["number"] for entry in entries if entry["effect"] == "created")
    starts = sum(entry["effect"].startswith("started ") for entry in entries if entry["number"] > last)
    shown = sum(event["count"] for event in (view or {"events": []})["events"] if event["name"] == "Started")
    assert shown == starts


@pytest.mark.parametrize("count", [70, pytest.param(1_500, marks=pytest.mark.long)])
def test_any_sequence_ends_in_states_that_aci_has(count: int) -> None:
    @fuzz(count, shrink=True)
    @given(STEPS)
    def run(steps: list[tuple[str, str, Any]]) -> None:
        asyncio.run(carry_out(steps))

    run()


async def carry_out(steps: list[tuple[str, str, Any]]) -> None:
    sequence = Sequence()
    for step in steps:
        await sequence.take(step)
    await sequence.end()
