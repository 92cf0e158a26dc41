"""Celery beat with redis: its persistent scheduler, tick by tick, as `celery beat` calls it; the workers are extra."""

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


def main() -> None:
    """Register, make passes that find nothing, then tick until all that is due is sent."""
    order = meter.order()
    redis = opened(order.options)
    app = Clocked("bench", broker=order.options["redis"])
    app.conf.update(timezone="UTC", beat_schedule=schedule(order), task_ignore_result=True)
    scheduler = PersistentScheduler(app, schedule_filename=str(Path(order.folder) / "beat"))
    calls = Calls(redis)
    idle = meter.idle_pass(scheduler.tick)
    idle_operations = calls.made() // (meter.PASSES + 1)
    # The connection to redis is made by the first message; a beat that runs for a day has it.
    scheduler.send_task("bench.warm")
    before, calls = int(redis.llen("celery")), Calls(redis)
    app.instant, begin = DUE, meter.Begin()
    while scheduler.tick() == 0:
        pass
    spent = begin.spent()
    operations, sent = calls.made(), int(redis.llen("celery")) - before
    if sent != order.due:
        raise SystemExit(f"{sent} messages were sent: there should be {order.due}")
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
