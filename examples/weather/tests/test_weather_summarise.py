"""The transform's calendar: which months a run rewrites, and what it answers."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
Snapshot = Callable[[], dict[str, bytes]]


def answers(ended: CompletedProcess[str]) -> list[str]:
    assert ended.returncode == 0, ended.stderr
    return [line for line in ended.stdout.splitlines() if line.startswith(("::metric", "::watermark"))]


def coverage(store: Path) -> dict[str, str]:
    """Return how far each month's summary goes."""
    return {path.stem: json.loads(path.read_text("utf-8"))["last_day"] for path in store.glob("months/*.json")}


def test_the_first_run_summarises_all_that_is_stored(run: Run, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="40")
    assert answers(run("summarise")) == ["::metric rows::40", "::metric months::2", "::watermark::2012-02-09"]
    assert coverage(store) == {"2012-01": "2012-01-31", "2012-02": "2012-02-09"}


def test_a_second_run_rewrites_only_the_months_it_has_news_of(run: Run, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="40")
    run("summarise")
    january = (store / "months/2012-01.json").stat().st_ino
    run("extract", WATERMARK="2012-02-09", WEATHER_DAYS_PER_RUN="30")
    ended = run("summarise", WATERMARK="2012-02-09")
    assert answers(ended) == ["::metric rows::30", "::metric months::2", "::watermark::2012-03-10"]
    assert coverage(store) == {"2012-01": "2012-01-31", "2012-02": "2012-02-29", "2012-03": "2012-03-10"}
    assert (store / "months/2012-01.json").stat().st_ino == january


@pytest.mark.parametrize("watermark", ["2012-02-09", "2013-01-01"])
def test_nothing_new_answers_the_same_watermark_and_writes_nothing(
    run: Run, snapshot: Snapshot, watermark: str
) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="40")
    before = snapshot()
    ended = run("summarise", WATERMARK=watermark)
    assert answers(ended) == ["::metric rows::0", "::metric months::0", f"::watermark::{watermark}"]
    assert snapshot() == before


def test_an_empty_store_answers_no_watermark_on_the_first_run(run: Run, snapshot: Snapshot) -> None:
    assert answers(run("summarise")) == ["::metric rows::0", "::metric months::0"]
    assert snapshot() == {}


@pytest.mark.parametrize("watermark", ["", "2012-01-15", "2012-02-05"])
def test_doing_it_twice_or_from_an_older_watermark_gives_the_same_bytes(
    run: Run, snapshot: Snapshot, watermark: str
) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="40")
    run("summarise")
    once = snapshot()
    assert answers(run("summarise", WATERMARK=watermark))[-1] == "::watermark::2012-02-09"
    assert snapshot() == once


def test_a_summary_says_what_the_days_come_to(run: Run, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="5")
    run("summarise")
    assert json.loads((store / "months/2012-01.json").read_text("utf-8")) == {
        "month": "2012-01",
        "days": 5,
        "last_day": "2012-01-05",
        "total_precipitation": 33.3,
        "mean_temp_max": 11.24,
        "mean_temp_min": 4.68,
        "max_wind": 6.1,
        "weather": {"drizzle": 1, "rain": 4},
    }


def test_a_broken_day_ends_the_run_without_a_watermark(run: Run, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="4")
    (store / "days/2012-01/2012-01-03.jsonl").write_text("{", "utf-8")
    ended = run("summarise")
    assert ended.returncode == 1
    assert "::watermark::" not in ended.stdout
    assert "2012-01-03.jsonl' holds '{', which is not JSON." in ended.stderr


def test_a_file_with_another_day_in_it_is_refused(run: Run, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="4")
    days = store / "days/2012-01"
    (days / "2012-01-03.jsonl").write_bytes((days / "2012-01-02.jsonl").read_bytes())
    ended = run("summarise")
    assert ended.returncode == 1
    assert "must hold one observation, of 2012-01-03: rewind extract to before it." in ended.stderr


def test_what_a_killed_run_left_unfinished_is_removed(run: Run, store: Path, snapshot: Snapshot) -> None:
    run("extract")
    run("summarise")
    whole = snapshot()
    (store / "months/.2012-01.json.0a1b2c3d.tmp").write_text("{", "utf-8")
    run("summarise")
    assert snapshot() == whole
