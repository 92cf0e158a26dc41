"""Huey with SQLite: what its consumer's scheduler does once a minute, which is to put what is due into the queue."""

from datetime import datetime
from pathlib import Path

from huey import SqliteHuey, crontab

from bench import meter

DUE, BEFORE = datetime(2030, 6, 1, 10, 0), datetime(2030, 6, 1, 9, 59)  # noqa: DTZ001 - huey's clock has no zone


def main() -> None:
    """Register, then make two passes: one that finds nothing, and one at the due instant."""
    order, statements = meter.order(), list[str]()
    queue = SqliteHuey("bench", filename=str(Path(order.folder) / "queue.sqlite"), fsync=False)
    for number in range(order.registered):
        when = crontab(hour="10", minute="0") if number < order.due else crontab(month="1", day="1")
        queue.periodic_task(when, name=f"job{number:05}")(meter.start)
    queue.storage.conn.set_trace_callback(statements.append)
    scheduler = queue.create_consumer(periodic=True)._create_scheduler()  # noqa: SLF001 - the consumer's own
    idle = meter.idle_pass(lambda: scheduler.enqueue_periodic_tasks(BEFORE))
    idle_operations = len(statements) // (meter.PASSES + 1)
    statements.clear()
    begin = meter.Begin()
    scheduler.enqueue_periodic_tasks(DUE)
    spent = begin.spent()
    if len(queue) != order.due:
        raise SystemExit(f"{len(queue)} messages are in the queue: there should be {order.due}")
    meter.report(**spent, **idle, operations=len(statements), idle_operations=idle_operations)


if __name__ == "__main__":
    main()
