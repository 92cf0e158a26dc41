"""The emulator in virtual time: no process, no socket, no waiting; a test moves the clock and ends the containers."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import httpx2 as httpx

from aci_emulator.clock import VirtualClock, settle
from aci_emulator.limits import Limits
from aci_emulator.platform import Platform
from aci_emulator.provider import Provider
from aci_emulator.runtime import ImageError, Login, Order, StartError
from aci_emulator.server import make_app
from aci_emulator.volumes import Volumes
from tests.emulator.driver import GROUPS

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


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

    name = "scripted"

    async def digest(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        del logins
        if image == "missing":
            raise ImageError(f"{image} is scripted to be missing")
        return "sha256:" + "0" * 64

    pull = digest

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

    def __init__(self, limits: Limits = Limits()) -> None:
        self.clock = VirtualClock(NINE)
        self.runtime = ScriptedRuntime()
        volumes = Volumes(Path(gettempdir(), "crontable-virtual"), None)
        self.platform = Platform(self.runtime, self.clock, volumes, limits)
        self.provider = Provider(self.platform)
        transport = httpx.ASGITransport(make_app(self.provider))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://here")

    async def ask(
        self, method: str, name: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a request that takes no time; `name` empty: to all groups."""
        query = f"{'&' if '?' in name else '?'}api-version=2023-05-01"
        return await self._http.request(method, f"{GROUPS}/{name}{query}", json=body, headers=headers)

    async def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request to the emulator itself."""
        return await self._http.request(method, f"/_emulator/{path}", json=body)

    async def put(self, name: str, body: Any) -> httpx.Response:
        """PUT, which takes 3 seconds."""
        asking = self.background("PUT", name, body)
        await self.clock.advance(3)
        return await asking

    def background(self, method: str, name: str, body: Any = None) -> asyncio.Task[httpx.Response]:
        """Send a request and go on."""
        return asyncio.create_task(self.ask(method, name, body))

    async def deleted(self, name: str) -> bool:
        """DELETE, which takes 3 seconds; say whether there was a group."""
        asking = self.background("DELETE", name)
        await self.clock.advance(3)
        return (await asking).status_code == 200

    def background_control(self, path: str, body: Any) -> asyncio.Task[httpx.Response]:
        """POST to the emulator itself and go on."""
        return asyncio.create_task(self.control("POST", path, body))

    async def get_url(self, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """GET an address as it was given."""
        return await self._http.get(url, headers=headers)

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
