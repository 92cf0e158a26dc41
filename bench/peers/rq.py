"""rq-scheduler with redis: its pass, which is to move what is due into the queue; the workers are extra."""

import time

from rq_scheduler import Scheduler

from bench import meter
from bench.peers.calls import Calls, opened


def main() -> None:
    """Register, make passes that find nothing, then let the due instant of some have come, and make one pass."""
    order = meter.order()
    redis = opened(order.options)
    scheduler = Scheduler(connection=redis)
    for _ in range(order.later):
        scheduler.cron("0 0 1 1 *", meter.start)
    jobs = [scheduler.cron("0 0 1 1 *", meter.start) for _ in range(order.due)]
    calls = Calls(redis)
    idle = meter.idle_pass(scheduler.enqueue_jobs)
    idle_operations = calls.made() // (meter.PASSES + 1)
    redis.zadd(scheduler.scheduled_jobs_key, {job.id: time.time() - 1 for job in jobs})
    calls, begin = Calls(redis), meter.Begin()
    scheduler.enqueue_jobs()
    spent = begin.spent()
    operations, queued = calls.made(), redis.llen("rq:queue:default")
    if queued != order.due:
        raise SystemExit(f"{queued} messages are in the queue: there should be {order.due}")
    meter.report(**spent, **idle, operations=operations, idle_operations=idle_operations)


if __name__ == "__main__":
    main()
