"""APScheduler 4, a pre-release: its asynchronous scheduler, its pool of threads; schedules in memory or in SQLite."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler import AsyncScheduler
from apscheduler.abc import DataStore, Trigger
from apscheduler.datastores.memory import MemoryDataStore
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.ext.asyncio import create_async_engine

from bench import meter
from bench.peers.statements import Statements

#: Seconds before the due instant that are left when all is registered, at least.
AHEAD = 1.0


def store(order: meter.Order, statements: Statements) -> DataStore:
    """Open the store that is asked for."""
    if not (how := order.options.get("sqlite")):
        return MemoryDataStore()
    engine = create_async_engine(f"sqlite+aiosqlite:///{Path(order.folder) / 'jobs.sqlite'}")
    statements.watch(engine.sync_engine, how)
    return SQLAlchemyDataStore(engine)


async def measure(order: meter.Order) -> None:
    """Register, wait for the due instant, and then for the last start; it has no passes, so a minute stands for one."""
    statements = Statements()
    async with AsyncScheduler(store(order, statements)) as scheduler:
        each = await added(scheduler, order.later, lambda: CronTrigger(month=1, day=1))
        due = datetime.now(UTC) + timedelta(seconds=AHEAD + 3 * each * order.due)
        await added(scheduler, order.due, lambda: IntervalTrigger(days=1, start_time=due))
        await scheduler.start_in_background()
        left = (due - datetime.now(UTC)).total_seconds()
        if left < AHEAD / 2:
            raise SystemExit("the due instant came before all was registered")
        await asyncio.sleep(left - 0.1)
        statements.sent, begin, ahead = 0, meter.Begin(), (due - datetime.now(UTC)).total_seconds()
        meter.STARTS.expect(order.due, begin)
        spent = await asyncio.to_thread(meter.STARTS.spent)
        operations = statements.sent
        await asyncio.sleep(2)
        statements.sent, cpu = 0, time.process_time()
        await asyncio.sleep(meter.IDLE_SECONDS)
        idle = (time.process_time() - cpu) * 60 / meter.IDLE_SECONDS
        spent["wall"] -= ahead
        meter.report(**spent, idle_cpu=idle, idle_of="minute", operations=operations, idle_operations=statements.sent)


async def added(scheduler: AsyncScheduler, jobs: int, trigger: Callable[[], Trigger]) -> float:
    """Add so many, each with a trigger of its own; gives the seconds that each took."""
    begin = time.perf_counter()
    for _ in range(jobs):
        await scheduler.add_schedule(meter.start, trigger(), misfire_grace_time=None)
    return (time.perf_counter() - begin) / jobs


if __name__ == "__main__":
    asyncio.run(measure(meter.order()))
