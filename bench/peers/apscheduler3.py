"""APScheduler 3: its scheduler in a thread, with its pool of threads; jobs in memory or in SQLite."""

from datetime import UTC, datetime
from pathlib import Path

from apscheduler.jobstores.base import BaseJobStore
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger

from bench import meter
from bench.peers.statements import Statements


def store(order: meter.Order, statements: Statements) -> BaseJobStore:
    """Open the store that is asked for."""
    if not (how := order.options.get("sqlite")):
        return MemoryJobStore()
    opened = SQLAlchemyJobStore(f"sqlite:///{Path(order.folder) / 'jobs.sqlite'}")
    statements.watch(opened.engine, how, hasty=True)
    return opened


def main() -> None:
    """Register while the scheduler is paused, and let it go: it finds what is due as when it wakes at that instant."""
    order, statements = meter.order(), Statements()
    scheduler = BackgroundScheduler(jobstores={"default": store(order, statements)}, timezone=UTC)
    scheduler.start(paused=True)
    trigger = CronTrigger(hour=(datetime.now(UTC).hour + 12) % 24, minute=0, timezone=UTC)
    for _ in range(order.later):
        scheduler.add_job("bench.meter:start", trigger, misfire_grace_time=None)
    for _ in range(order.due):
        scheduler.add_job("bench.meter:start", trigger, misfire_grace_time=None, next_run_time=datetime.now(UTC))
    statements.registered()
    statements.sent, begin = 0, meter.Begin()
    meter.STARTS.expect(order.due, begin)
    scheduler.resume()
    spent = meter.STARTS.spent()
    scheduler.pause()
    operations, statements.sent = statements.sent, 0
    # Not resumed: its thread sleeps until the next due instant, and would else make passes beside these.
    scheduler.state = STATE_RUNNING
    idle = meter.idle_pass(scheduler._process_jobs)  # noqa: SLF001 - the pass of its thread
    meter.report(**spent, **idle, operations=operations, idle_operations=statements.sent // (meter.PASSES + 1))


if __name__ == "__main__":
    main()
