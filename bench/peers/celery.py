"""Celery beat with redis: its persistent scheduler, tick by tick, as `celery beat` calls it; the workers are extra.

What it has sent it keeps in its schedule file. As it comes it writes that with the first send after three minutes
without a write: killed in a burst, it forgets all sends of it but the first, and the next beat sends them again. With
`beat_sync_every` at 1 it writes the file, which is always the whole schedule, after each send.
"""

from datetime import UTC, datetime
from pathlib import Path

from celery import Celery
from celery.beat import PersistentScheduler
from celery.schedules import crontab

from bench import meter
from bench.peers.calls import Calls, opened

DUE, BEFORE = datetime(2030, 6, 1, 10, tzinfo=UTC), datetime(2030, 6, 1, 9, 58, tzinfo=UTC)


class Clocked(Celery):
    """An app for which it is the time that the bench says."""

    instant = BEFORE

    def now(self) -> datetime:
        """Tell the time, to all schedules."""
        return self.instant


class Watched(PersistentScheduler):
    """The persistent scheduler, with an eye on how often it writes its schedule file."""

    writes = 0

    def sync(self) -> None:
        """Write the file: one value of a `dbm`, which is SQLite and flushes it to disk."""
        self.writes += 1
        super().sync()


def main() -> None:
    """Register, make passes that find nothing, then tick until all that is due is sent."""
    order = meter.order()
    redis = opened(order.options)
    app = Clocked("bench", broker=order.options["redis"])
    every = int(order.options.get("sync_every", 0))
    app.conf.update(timezone="UTC", beat_schedule=schedule(order), task_ignore_result=True, beat_sync_every=every)
    scheduler = Watched(app, schedule_filename=str(Path(order.folder) / "beat"))
    scheduler.writes, calls = 0, Calls(redis)
    idle = meter.idle_pass(scheduler.tick)
    idle_operations = (calls.made() + scheduler.writes) // (meter.PASSES + 1)
    # The connection to redis is made by the first message; a beat that runs for a day has it.
    scheduler.send_task("bench.warm")
    scheduler.writes, before, calls = 0, int(redis.llen("celery")), Calls(redis)
    app.instant, begin = DUE, meter.Begin()
    while scheduler.tick() == 0:
        pass
    spent = begin.spent()
    operations, sent = calls.made() + scheduler.writes, int(redis.llen("celery")) - before
    if sent != order.due:
        raise SystemExit(f"{sent} messages were sent: there should be {order.due}")
    if every and scheduler.writes * every < sent:
        raise SystemExit(f"the schedule file was written {scheduler.writes} times: there should be {sent // every}")
    meter.report(**spent, **idle, operations=operations, idle_operations=idle_operations)


def schedule(order: meter.Order) -> dict[str, object]:
    """Give so many daily and yearly entries, the due ones last."""
    year = crontab(minute="0", hour="0", day_of_month="1", month_of_year="1")
    day = crontab(minute="0", hour="10")
    return {
        f"job{number:05}": {"task": "bench.start", "schedule": year if number < order.later else day}
        for number in range(order.registered)
    }


if __name__ == "__main__":
    main()
