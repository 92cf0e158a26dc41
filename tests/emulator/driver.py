"""A started emulator, and the two flavours of the SDK behind one face."""

import asyncio
import contextlib
import inspect
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, Any, Self

import httpx2 as httpx
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.containerinstance.aio import ContainerInstanceManagementClient as AioClient

ROOT = Path(__file__).parents[2]
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups"
PATIENCE = 20.0

IMAGES: dict[str, Any] = {
    "hello": {"command": ["sh", "-c", "echo hello; echo trouble >&2"]},
    "exit:*": {"command": ["sh", "-c", "echo leaving; exit $CODE"]},
    "sleeper": {"command": ["sleep", "600"]},
    "nothing": {},
}


class BearerOverHttp(SansIOHTTPPolicy):  # type: ignore[type-arg] # generic only in the stubs
    """The SDK's own policy refuses http (aci.md, 1.5)."""

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = "Bearer local"


class Credential:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("local", int(time.time()) + 3600)


class AioCredential:
    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("local", int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


class Sdk:
    """One flavour of the SDK: `run` carries a call to its end, whatever the call returns; `more`: its options."""

    def __init__(self, url: str, flavour: str, **more: Any) -> None:
        self._runner = asyncio.Runner() if flavour == "aio" else None
        options: dict[str, Any] = {
            "base_url": url,
            "authentication_policy": BearerOverHttp(),
            "polling_interval": 0.02,
            "retry_total": 0,
        } | more
        if self._runner is None:
            self.client: Any = ContainerInstanceManagementClient(Credential(), SUBSCRIPTION, **options)
        else:
            self.client = self._runner.run(_made(lambda: AioClient(AioCredential(), SUBSCRIPTION, **options)))

    def run(self, call: Callable[[Any], Any]) -> Any:
        """Return the result: of a poller its result, of a pager the list."""
        if self._runner is not None:
            return self._runner.run(_finish(call, self.client))
        value = call(self.client)
        if hasattr(value, "result"):
            return value.result()
        return list(value) if hasattr(value, "by_page") else value

    def close(self) -> None:
        if self._runner is None:
            self.client.close()
        else:
            self._runner.run(self.client.close())
            self._runner.close()

    def put(self, name: str, body: dict[str, Any]) -> Any:
        return self.run(lambda c: c.container_groups.begin_create_or_update("rg", name, body))

    def get(self, name: str) -> Any:
        return self.run(lambda c: c.container_groups.get("rg", name))

    def log(self, name: str, **options: Any) -> str:
        content: str = self.run(lambda c: c.containers.list_logs("rg", name, "main", **options)).content
        return content

    def until(self, name: str, condition: Callable[[Any], bool]) -> Any:
        return until(lambda: self.get(name), condition)


async def _made(make: Callable[[], Any]) -> Any:
    return make()


async def _finish(call: Callable[[Any], Any], client: Any) -> Any:
    value = call(client)
    if inspect.isawaitable(value):
        value = await value
    if hasattr(value, "result"):
        return await value.result()
    return [item async for item in value] if isinstance(value, AsyncIterator) else value


class Emulator:
    """A running emulator and raw HTTP to it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.http = httpx.Client(base_url=url, params={"api-version": "2023-05-01"}, timeout=PATIENCE)

    def put(self, name: str, body: dict[str, Any], path: str = GROUPS) -> httpx.Response:
        return self.http.put(f"{path}/{name}", json=body)

    def get(self, name: str, path: str = GROUPS) -> httpx.Response:
        return self.http.get(f"{path}/{name}")

    def post(self, name: str, verb: str) -> httpx.Response:
        return self.http.post(f"{GROUPS}/{name}/{verb}")

    def delete(self, name: str) -> httpx.Response:
        return self.http.delete(f"{GROUPS}/{name}")

    def log(self, name: str, **options: Any) -> httpx.Response:
        return self.http.get(f"{GROUPS}/{name}/containers/main/logs", params=options)

    def journal(self, name: str) -> list[dict[str, Any]]:
        """Return the requests for a group, in their order; not what the platform did."""
        entries = self.http.get("/_emulator/journal", params={"group": name}).json()["value"]
        return [entry for entry in entries if entry["operation"] != "platform"]

    def arm(self, name: str, kind: str, **values: Any) -> None:
        """Arm a fault that strikes a group once."""
        fault = {"kind": kind, "name": name, "count": 1} | values
        assert self.http.post("/_emulator/faults", json=fault).status_code == 201

    def view(self, name: str, container: int = 0) -> dict[str, Any]:
        """Return a container's instanceView, empty when there is none."""
        containers = self.get(name).json()["properties"]["containers"]
        view: dict[str, Any] = containers[container]["properties"].get("instanceView", {})
        return view

    def until_state(self, name: str, *states: str) -> dict[str, Any]:
        """Wait for a state of the group; return its properties."""
        return until(
            lambda: self.get(name).json()["properties"],
            lambda properties: properties["instanceView"]["state"] in states,
        )

    def until_idle(self, name: str) -> dict[str, Any]:
        """Wait for the end of the operation in progress; return the group's properties."""
        return until(
            lambda: self.get(name).json()["properties"],
            lambda properties: properties["provisioningState"] in {"Succeeded", "Failed"},
        )


def until[T](look: Callable[[], T], condition: Callable[[T], bool]) -> T:
    """Look until `condition` holds; the last look is in the failure."""
    limit = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if condition(seen):
            return seen
        if time.monotonic() > limit:
            raise AssertionError(f"did not come about; last seen: {seen}")
        time.sleep(0.01)


@contextlib.contextmanager
def started(images: Path, *options: str, stderr: IO[str] | None = None) -> Iterator[Emulator]:
    """Start an emulator on a free port, as any other test may: read its one line; `stderr`: where it complains to."""
    command = [sys.executable, "-m", "aci_emulator", "--port", "0", "--images", str(images), "--limit", "all=none"]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("aci_emulator listening on http"), line
        emulator = Emulator(process, line.split()[-1])
        try:
            yield emulator
        finally:
            emulator.http.close()
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def write_images(folder: Path, images: dict[str, Any] | None = None) -> Path:
    path = folder / "images.json"
    path.write_text(json.dumps(IMAGES if images is None else images))
    return path


def container(image: str, *command: str, name: str = "main", cpu: float = 1, **env: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"image": image, "resources": {"requests": {"cpu": cpu, "memoryInGB": 1}}}
    if command:
        properties["command"] = list(command)
    if env:
        properties["environmentVariables"] = [{"name": key, "value": value} for key, value in env.items()]
    return {"name": name, "properties": properties}


def group(*containers: dict[str, Any], policy: str | None = "Never", **properties: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {"osType": "Linux", "containers": list(containers)} | properties
    if policy is not None:
        inner["restartPolicy"] = policy
    return {"location": "westeurope", "tags": {"owner": "data"}, "properties": inner}


def shell(script: str) -> dict[str, Any]:
    return container("nothing", "sh", "-c", script)
