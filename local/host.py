"""A small Functions host for machines without `func`: fires the timers and serves HTTP, on 127.0.0.1 only.

    python -m local.host --port 7071 --state .local/timers

It hands every request to azure-functions-runtime, as Azure's worker does, and does the host's part
itself: %SETTING%, NCRONTAB, routes, POST /admin/functions/NAME. It stands in for development only.
"""

import argparse
import asyncio
import logging
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local import timer
from local.worker import Function, FunctionFailedError, Worker

ROOT = Path(__file__).resolve().parent.parent
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
LONGEST_WAIT = 5.0
"""Seconds of one sleep: after a laptop's sleep the timer is late by no more than this."""

log = logging.getLogger("host")


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime) -> None:
        """Return at `moment` or after it, never before."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110  time gives no event
            await asyncio.sleep(min(left, LONGEST_WAIT))


class Host:
    """The host of one loaded app."""

    def __init__(self, worker: Worker, state: Path) -> None:
        self.worker = worker
        self.state = state
        self.web = next((f.name for f in _with(worker, "httptrigger")), None)

    def asgi(self) -> Starlette:
        """The host as a web app: its own paths first, everything else to the HTTP function."""
        return Starlette(
            routes=[
                Route("/admin/functions/{name}", self.invoke, methods=["POST"]),
                Route("/admin/{rest:path}", _not_found, methods=METHODS),
                Route("/runtime/{rest:path}", _not_found, methods=METHODS),
                Route("/{rest:path}", self.forward, methods=METHODS),
            ]
        )

    async def invoke(self, request: Request) -> Response:
        """POST /admin/functions/NAME with a JSON body: run the timer now, and do not wait for it."""
        name = request.path_params["name"]
        if name not in {f.name for f in _with(self.worker, "timertrigger")}:
            return JSONResponse({"error": f"no timer function is called '{name}'"}, 404)
        if not await _is_json(request):
            return JSONResponse({"error": "a JSON body is needed, {} will do"}, 400)
        return Response(status_code=202, background=BackgroundTask(self.fire, name, past_due=False))

    async def forward(self, request: Request) -> Response:
        """Hand the request to the app's HTTP function; its failure is the host's empty 500."""
        if self.web is None:
            return await _not_found(request)
        try:
            reply = await self.worker.http(
                self.web, request.method, _url(request), headers=request.headers, body=await request.body()
            )
        except FunctionFailedError as error:
            log.error("web failed: %s\n%s", error, error.trace)  # noqa: TRY400  the trace is the worker's
            return Response(status_code=500)
        response = Response(reply.body, reply.status)
        for name, value in reply.headers:
            if name.lower() != "content-length":
                response.headers.append(name, value)
        return response

    async def fire(self, name: str, *, past_due: bool) -> None:
        """Run the timer once. A failure is logged; it neither stops the schedule nor is it tried again."""
        try:
            await self.worker.timer(name, past_due=past_due)
        except FunctionFailedError as error:
            log.error("%s failed: %s\n%s", name, error, error.trace)  # noqa: TRY400  the trace is the worker's

    def timers(self) -> list[asyncio.Task[None]]:
        """Start to keep the time of every timer function. Raises ValueError for one that cannot be kept."""
        plans = [(f.name, timer.checked(resolved(f.trigger["schedule"]))) for f in _with(self.worker, "timertrigger")]
        return [asyncio.create_task(self._keep(name, schedule)) for name, schedule in plans]

    async def _keep(self, name: str, schedule: str) -> None:
        async def run(fire: timer.Fire) -> None:
            await self.fire(name, past_due=fire.past_due)

        await timer.keep(schedule, WallClock(), self.state / f"{name}.json", run)


def resolved(text: str) -> str:
    """Replace a whole %NAME% by the setting of that name, as the host does. Raises ValueError when unset."""
    setting = re.fullmatch(r"%(.+)%", text)
    if setting is None:
        return text
    value = os.environ.get(setting[1])
    if not value:
        raise ValueError(f"The timer's schedule is {text}, and the setting {setting[1]} is not set.")
    return value


def _with(worker: Worker, kind: str) -> list[Function]:
    return [f for f in worker.functions.values() if str(f.trigger["type"]).lower() == kind]


def _url(request: Request) -> str:
    """The address as it was sent: decoded, a %3F in a name would begin the query."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.scheme}://{request.url.netloc}{path.decode('ascii')}{query}"


async def _not_found(_request: Request) -> Response:
    return Response(status_code=404)


async def _is_json(request: Request) -> bool:
    try:
        await request.json()
    except ValueError:
        return False
    return True


async def serve(port: int, state: Path) -> None:
    """Load the app of this checkout and serve it until a signal ends the process."""
    host = Host(await Worker.load(ROOT), state)
    timers = host.timers()
    config = uvicorn.Config(
        host.asgi(),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    try:
        await server.serve()
    finally:
        for task in timers:
            task.cancel()


def main() -> int:
    """Read the command line and serve. Exit 1 with a sentence when the app cannot be loaded or kept."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="A small Functions host.")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--state", type=Path, default=ROOT / ".local" / "timers", help="where timers remember")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("azure").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(chosen.port, chosen.state))
    except FunctionFailedError as error:
        print(f"{error}\n{error.trace}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
