"""Prefect: the server with a deployment for each job, SQLite, and a worker that starts nothing; the worker is extra."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bench import meter
from bench.peers import processes
from local.needs import any_free

#: Seconds between two questions of the worker, and for the server to answer at first.
ASK_EVERY, ANSWERS_WITHIN = 1.0, 90.0
#: How often a request is sent that the server is too busy for, as it is while its own writes hold SQLite.
TRIES = 20
#: Seconds for so many runs to be scheduled ahead by the server.
SCHEDULED = 45.0
POOL = "bench"


async def answers(client: Any) -> None:  # noqa: ANN401 - Prefect's client
    """Wait for the server."""
    end = time.monotonic() + ANSWERS_WITHIN
    while await client.api_healthcheck():
        if time.monotonic() > end:
            raise SystemExit(f"the server did not answer within {ANSWERS_WITHIN:.0f} s")
        await asyncio.sleep(0.5)


async def register(client: Any, order: meter.Order) -> list[Any]:  # noqa: ANN401 - likewise
    """Make a work pool and a deployment for each job; gives the ids of those that will be due."""
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415 - after its settings

    await client.create_work_pool(WorkPoolCreate(name=POOL, type="nothing", base_job_template={}))
    flow = await client.create_flow_from_name("bench")
    yearly = schedule("0 0 1 1 *")
    made = []
    for number in range(order.registered):
        how = {"flow_id": flow, "name": f"job{number:05}", "work_pool_name": POOL, "schedules": yearly}
        made.append(await insisting(partial(client.create_deployment, **how)))
    return made[: order.due]


async def insisting[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until the server is not too busy."""
    from prefect.exceptions import PrefectHTTPStatusError  # noqa: PLC0415 - after its settings

    for _ in range(TRIES - 1):
        try:
            return await ask()
        except PrefectHTTPStatusError as error:
            if error.response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(1)
    return await ask()


def schedule(cron: str) -> Sequence[Any]:
    """Give a deployment's schedules."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate  # noqa: PLC0415 - likewise
    from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415 - likewise

    return [DeploymentScheduleCreate(schedule=CronSchedule(cron=cron, timezone="UTC"), active=True)]


async def fall_due(client: Any, deployments: Sequence[Any], due: datetime) -> None:  # noqa: ANN401 - likewise
    """Give the due ones a schedule for the instant."""
    for deployment in deployments:
        daily = [(one.schedule, True) for one in schedule(f"{due.minute} {due.hour} * * *")]
        await insisting(partial(client.create_deployment_schedules, deployment, daily))


async def work(client: Any, due: datetime, jobs: int, starts: dict[object, float]) -> None:  # noqa: ANN401 - likewise
    """Be the worker: take what is due, tell that it is pending, as workers do before they start it, and note when."""
    from prefect.states import Pending  # noqa: PLC0415 - likewise

    await asyncio.sleep(max(0.0, due.timestamp() - time.time()))
    end = time.monotonic() + meter.PATIENCE
    while len(starts) < jobs and time.monotonic() < end:
        now = datetime.now(UTC)
        due_now = partial(client.get_scheduled_flow_runs_for_work_pool, POOL, scheduled_before=now)
        for found in await insisting(due_now):
            if found.flow_run.id not in starts:
                await insisting(partial(client.set_flow_run_state, found.flow_run.id, Pending()))
                starts[found.flow_run.id] = time.time()
        await asyncio.sleep(ASK_EVERY)


async def measure(order: meter.Order, server: Any) -> None:  # noqa: ANN401 - a process
    """Register, let an idle stretch pass, then the due instant."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - likewise

    async with get_client() as client:
        await answers(client)
        deployments = await register(client, order)
        await asyncio.sleep(10)
        idle = await asyncio.to_thread(processes.idle_minute, server)
        due = processes.minute_after(SCHEDULED + len(deployments) * 0.2)
        await fall_due(client, deployments, due)
        starts: dict[object, float] = {}
        watch = asyncio.to_thread(processes.burst, server, due, order.due, lambda: list(starts.values()))
        _, spent = await asyncio.gather(work(client, due, order.due, starts), watch)
    meter.report(**spent, idle_cpu=idle, idle_of="minute")


def main() -> None:
    """Run the server; its settings are the environment's, and are read when Prefect is first imported."""
    order = meter.order()
    port = str(any_free())
    os.environ |= {
        "PREFECT_HOME": order.folder,
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui"]
    with processes.running(command, os.environ, Path(order.folder) / "log") as server:
        asyncio.run(measure(order, server))


if __name__ == "__main__":
    main()
