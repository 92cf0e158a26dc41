"""The extractor: load the days of the source that are newer than the watermark into the store."""

import time
from collections.abc import Iterable, Mapping
from datetime import date

from weather.crontable import (
    answer_metric,
    answer_progress,
    answer_watermark,
    ask,
    note,
    setting,
    setting_count,
    setting_seconds,
)
from weather.observation import Observation
from weather.source import read_source
from weather.store import Store

DAYS_PER_RUN = 30


def extract(environment: Mapping[str, str]) -> None:
    """Store the next days, oldest first, and answer the last of them as the watermark.

    Killed at any point, the days stored so far are whole and the watermark is where it was: the next run
    stores the same days again, into the same files.
    """
    told = ask(environment)
    if told is None:
        note("no run is active: nothing to do")
        return
    limit = setting_count(environment, "WEATHER_DAYS_PER_RUN", DAYS_PER_RUN)
    pause = setting_seconds(environment, "WEATHER_PAUSE_SECONDS")
    store = Store(setting(environment, "WEATHER_STORE", "the path of an existing folder"))
    source = read_source(setting(environment, "WEATHER_SOURCE", "the path of a CSV file or an http(s):// address"))
    days = newer(source, told.watermark)[:limit]
    note(f"{told.run_id or 'extract'}: {len(days)} days newer than {told.watermark or 'the beginning'}")
    store.clean("days")
    for number, observation in enumerate(days, start=1):
        store.put_day(observation)
        answer_progress(number, len(days), f"stored {observation.day}")
        time.sleep(pause)
    answer_metric("rows", len(days))
    answer_watermark(days[-1].day if days else told.watermark)


def newer(observations: Iterable[Observation], watermark: date | None) -> list[Observation]:
    """Return the observations of days after the watermark; all of them when there is none yet."""
    return [observation for observation in observations if watermark is None or observation.day > watermark]
