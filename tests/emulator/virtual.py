"""The emulator in virtual time: no process, no socket, no waiting; a test moves the clock and ends the containers."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx

from aci_emulator.provider import Provider
from aci_emulator.runtime import Order, StartError
from aci_emulator.server import make_app
from tests.emulator.driver import GROUPS

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


class VirtualClock:
    """Time that only `advance` moves."""

    def __init__(self) -> None:
        self._now = NINE
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        del at_least
        wake = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and everything happen that is due within them."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while due := sorted(entry for entry in self._sleepers if entry[0] <= end and not entry[2].done()):
            self._now = due[0][0]
            self._sleepers.remove(due[0])
            due[0][2].set_result(None)
            await settle()
        self._now = end


async def settle() -> None:
    """Let every task go as far as it can without the clock."""
    for _ in range(60):
        await asyncio.sleep(0)


class ScriptedContainer:
    def __init__(self) -> None:
        self.over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        return await asyncio.shield(self.over)

    async def kill(self) -> int:
        if not self.over.done():
            self.over.set_result(137)
        return self.over.result()

    async def discard(self) -> None:
        pass


class ScriptedRuntime:
    """Containers that do nothing until the test ends them; the command `absent` cannot be started."""

    def __init__(self) -> None:
        self.running: dict[str, ScriptedContainer] = {}
        self.orders: list[Order] = []

    async def digest(self, image: str) -> str | None:
        return None if image == "missing" else "sha256:" + "0" * 64

    def why_missing(self, image: str) -> str:
        return f"{image} is scripted to be missing"

    async def launch(self, order: Order) -> ScriptedContainer:
        self.orders.append(order)
        if order.command == ("absent",):
            raise StartError("executable file not found", 127)
        self.running[order.name] = ScriptedContainer()
        return self.running[order.name]

    async def close(self) -> None:
        pass


class World:
    """One emulator in virtual time, with Azure's delays."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.runtime = ScriptedRuntime()
        transport = httpx.ASGITransport(make_app(Provider(self.runtime, self.clock)))
        self._http = httpx.AsyncClient(
            transport=transport, base_url="http://here", params={"api-version": "2023-05-01"}
        )

    async def ask(self, method: str, name: str, body: Any = None) -> httpx.Response:
        """Send a request that takes no time."""
        return await self._http.request(method, f"{GROUPS}/{name}", json=body)

    async def put(self, name: str, body: Any) -> httpx.Response:
        """PUT, which takes 3 seconds."""
        asking = asyncio.create_task(self.ask("PUT", name, body))
        await self.clock.advance(3)
        return await asking

    async def running(self, name: str, body: Any) -> None:
        """PUT and wait until the containers run."""
        assert (await self.put(name, body)).status_code in {200, 201}
        await self.clock.advance(15)

    async def exit(self, container: str, code: int) -> None:
        """Let a container end by itself."""
        self.runtime.running[container].over.set_result(code)
        await settle()

    async def show(self, name: str) -> tuple[str, str, str]:
        """Return provisioning state, group state, and the first container's state, `-` before the first pull."""
        properties = (await self.ask("GET", name)).json()["properties"]
        view = properties["containers"][0]["properties"].get("instanceView")
        state = view["currentState"]["state"] if view else "-"
        return properties["provisioningState"], properties["instanceView"]["state"], state

    async def view(self, name: str) -> Any:
        """Return the first container's instanceView."""
        properties = (await self.ask("GET", name)).json()["properties"]
        return properties["containers"][0]["properties"]["instanceView"]

    async def operation(self, answer: httpx.Response) -> str:
        """Return the status of the operation that `answer` names."""
        found = await self._http.get(answer.headers["Azure-AsyncOperation"])
        status: str = found.json()["status"]
        return status

    async def code(self, method: str, name: str, body: Any = None) -> tuple[int, str]:
        """Return status and error code of a request that is refused."""
        answer = await self.ask(method, name, body)
        return answer.status_code, answer.json()["error"]["code"] if answer.content else ""
