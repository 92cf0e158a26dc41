"""The extractor's calendar: what each run loads, and what it answers."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
Snapshot = Callable[[], dict[str, bytes]]


def answers(ended: CompletedProcess[str]) -> list[str]:
    assert ended.returncode == 0, ended.stderr
    return [line for line in ended.stdout.splitlines() if line.startswith(("::metric", "::watermark"))]


def test_the_first_run_loads_the_first_thirty_days_and_answers_the_last_of_them(run: Run, store: Path) -> None:
    assert answers(run("extract", WATERMARK="")) == ["::metric rows::30", "::watermark::2012-01-30"]
    assert len(list((store / "days" / "2012-01").iterdir())) == 30


def test_a_run_without_the_variable_watermark_is_a_first_run(run: Run) -> None:
    assert answers(run("extract"))[-1] == "::watermark::2012-01-30"


@pytest.mark.parametrize(
    ("watermark", "days", "rows", "answer"),
    [
        ("", "30", 30, "2012-01-30"),
        ("2012-01-30", "30", 30, "2012-02-29"),
        ("2012-02-28", "1", 1, "2012-02-29"),
        ("2012-02-29", "1", 1, "2012-03-01"),
        ("2012-03-30", "30", 10, "2012-04-09"),
        ("2012-04-09", "30", 0, "2012-04-09"),
        ("2099-01-01", "30", 0, "2099-01-01"),
        ("2011-06-01", "30", 30, "2012-01-30"),
        ("", "1000", 100, "2012-04-09"),
        (" 2012-04-08 ", "30", 1, "2012-04-09"),
    ],
)
def test_a_run_takes_up_where_its_watermark_says(run: Run, watermark: str, days: str, rows: int, answer: str) -> None:
    ended = run("extract", WATERMARK=watermark, WEATHER_DAYS_PER_RUN=days)
    assert answers(ended) == [f"::metric rows::{rows}", f"::watermark::{answer}"]


def test_the_watermark_is_the_last_line_and_progress_leads_to_it(run: Run) -> None:
    lines = run("extract", WEATHER_DAYS_PER_RUN="4", RUN_ID="ct-1").stdout.splitlines()
    assert lines == [
        "ct-1: 4 days newer than the beginning",
        "::progress::25 stored 2012-01-01",
        "::progress::50 stored 2012-01-02",
        "::progress::75 stored 2012-01-03",
        "::progress::100 stored 2012-01-04",
        "::metric rows::4",
        "::watermark::2012-01-04",
    ]


def test_a_long_run_prints_one_progress_line_a_percent(run: Run, source: Path) -> None:
    header, *_ = source.read_text("utf-8").splitlines()
    days = [f"{2000 + n // 28}-01-{n % 28 + 1:02},0.0,1.0,0.0,1.0,sun" for n in range(250)]
    source.write_text("\n".join([header, *days]), "utf-8")
    ended = run("extract", WEATHER_DAYS_PER_RUN="250")
    assert ended.stdout.count("::progress::") == 100


def test_doing_a_run_twice_gives_the_same_bytes(run: Run, snapshot: Snapshot) -> None:
    run("extract", WATERMARK="")
    once = snapshot()
    run("extract", WATERMARK="")
    assert snapshot() == once


def test_a_rewound_watermark_rewrites_what_the_source_corrected(run: Run, source: Path, store: Path) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="100")
    source.write_text(source.read_text("utf-8").replace("2012/01/02,10.9", "2012/01/02,11.9"), "utf-8")
    assert answers(run("extract", WATERMARK="2012-01-01"))[-1] == "::watermark::2012-01-31"
    assert '"precipitation": 11.9' in (store / "days/2012-01/2012-01-02.jsonl").read_text("utf-8")
    assert len(list(store.rglob("*.jsonl"))) == 100


def test_a_day_is_stored_as_one_line_of_json(run: Run, snapshot: Snapshot) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="1")
    assert snapshot() == {
        "days/2012-01/2012-01-01.jsonl": b'{"date": "2012-01-01", "precipitation": 0.0, "temp_max": 12.8, '
        b'"temp_min": 5.0, "wind": 4.7, "weather": "drizzle"}\n'
    }


def test_a_source_without_rows_answers_no_watermark_on_the_first_run(run: Run, source: Path) -> None:
    source.write_text(source.read_text("utf-8").splitlines()[0], "utf-8")
    assert answers(run("extract")) == ["::metric rows::0"]


def test_what_a_killed_run_left_unfinished_is_removed(run: Run, store: Path, snapshot: Snapshot) -> None:
    run("extract")
    whole = snapshot()
    (store / "days/2012-01/.2012-01-31.jsonl.0a1b2c3d.tmp").write_text('{"date": "2012-', "utf-8")
    run("extract")
    assert snapshot() == whole


def test_a_day_is_forced_to_the_disk_before_it_takes_its_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the rename to reach the disk first, a power cut would leave an empty file under a whole file's name."""
    run("extract", WEATHER_DAYS_PER_RUN="1")
    steps: list[str] = []
    sync, put = os.fsync, os.replace

    def noted_sync(number: int) -> None:
        steps.append("sync")
        sync(number)

    def noted_replace(draft: Path, path: Path) -> None:
        steps.append("replace")
        put(draft, path)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    run("extract", WATERMARK="2012-01-01", WEATHER_DAYS_PER_RUN="2")
    assert steps == ["sync", "replace", "sync"] * 2


def test_a_file_that_cannot_be_written_ends_the_run_without_a_watermark(
    run: Run, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    run("extract", WEATHER_DAYS_PER_RUN="1")
    before = snapshot()
    monkeypatch.setattr(os, "fsync", full)
    ended = run("extract", WATERMARK="2012-01-01")
    assert ended.returncode == 1
    assert "::watermark::" not in ended.stdout
    assert ended.stderr.endswith("cannot be written: No space left on device.\n")
    assert snapshot() == before


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "WATERMARK",
            "yesterday",
            "WATERMARK is 'yesterday': a day such as 2012-01-31, or nothing, is allowed.",
        ),
        ("WATERMARK", "2012-02-30", "WATERMARK is '2012-02-30': a day such as"),
        ("WATERMARK", "20120130", "WATERMARK is '20120130': a day such as"),
        ("WATERMARK", "2012-01-30T00:00:00Z", "WATERMARK is '2012-01-30T00:00:00Z': a day such as"),
        ("WATERMARK", "x" * 100_000, "xxx... (cut): a day such as"),
        ("WEATHER_DAYS_PER_RUN", "0", "WEATHER_DAYS_PER_RUN is '0': a whole number from 1 to 999999999"),
        ("WEATHER_DAYS_PER_RUN", "many", "WEATHER_DAYS_PER_RUN is 'many': a whole number from 1"),
        ("WEATHER_DAYS_PER_RUN", "-3", "WEATHER_DAYS_PER_RUN is '-3': a whole number from 1"),
        (
            "WEATHER_PAUSE_SECONDS",
            "nan",
            "WEATHER_PAUSE_SECONDS is 'nan': a number of seconds from 0 to 3600",
        ),
        ("WEATHER_PAUSE_SECONDS", "-1", "WEATHER_PAUSE_SECONDS is '-1': a number of seconds from 0 to 3600"),
        ("WEATHER_STORE", "", "WEATHER_STORE is not set: the path of an existing folder is allowed."),
        (
            "WEATHER_STORE",
            "no/such/folder",
            "The store 'no/such/folder' is not a folder: an existing, mounted",
        ),
        ("WEATHER_STORE", "n" * 5000, "... (cut) is not a folder: an existing, mounted"),
        ("WEATHER_SOURCE", "", "WEATHER_SOURCE is not set: the path of a CSV file or an http(s):// address"),
        ("CRONTABLE_URL", "http://127.0.0.1:1", "Only CRONTABLE_URL is set: CRONTABLE_URL and CRONTABLE_JOB"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(
    run: Run, snapshot: Snapshot, name: str, value: str, sentence: str
) -> None:
    ended = run("extract", **{name: value})
    assert (ended.returncode, ended.stdout, snapshot()) == (2, "", {})
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
