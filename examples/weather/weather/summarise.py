"""The transform: one summary for each month of the store, rewritten when days were added to it."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from math import fsum

from weather.crontable import (
    answer_metric,
    answer_progress,
    answer_watermark,
    ask,
    note,
    setting,
    setting_seconds,
)
from weather.observation import Observation, month_of
from weather.store import Store


def summarise(environment: Mapping[str, str]) -> None:
    """Summarise the months that have days newer than the watermark; answer the newest day as the watermark.

    A month is always computed from all its days, so that doing it twice gives the same bytes. The days are
    listed once, at the beginning: what an extractor adds meanwhile is for the next run.
    """
    told = ask(environment)
    if told is None:
        note("no run is active: nothing to do")
        return
    pause = setting_seconds(environment, "WEATHER_PAUSE_SECONDS")
    store = Store(setting(environment, "WEATHER_STORE", "the path of an existing folder"))
    days = store.days()
    new = [day for day in days if told.watermark is None or day > told.watermark]
    months = sorted({month_of(day) for day in new})
    note(f"{told.run_id or 'summarise'}: {len(new)} days newer than {told.watermark or 'the beginning'}")
    store.clean("months")
    for number, month in enumerate(months, start=1):
        observations = [store.read_day(day) for day in days if month_of(day) == month]
        store.put_summary(month, json.dumps(summary(observations)))
        answer_progress(number, len(months), f"summarised {month}")
        time.sleep(pause)
    answer_metric("rows", len(new))
    answer_metric("months", len(months))
    answer_watermark(days[-1] if new else told.watermark)


def summary(days: Sequence[Observation]) -> dict[str, object]:
    """Return what the days of one month come to; they are in order and at least one.

    Means and totals are rounded to two decimals: mm, degrees Celsius, m/s. `last_day` is how far it covers.
    """
    return {
        "month": days[0].month,
        "days": len(days),
        "last_day": days[-1].day.isoformat(),
        "total_precipitation": round(fsum(day.precipitation for day in days), 2),
        "mean_temp_max": round(fsum(day.temp_max for day in days) / len(days), 2),
        "mean_temp_min": round(fsum(day.temp_min for day in days) / len(days), 2),
        "max_wind": max(day.wind for day in days),
        "weather": dict(sorted(Counter(day.weather for day in days).items())),
    }
