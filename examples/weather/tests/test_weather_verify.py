"""The check: silent about a good store, and naming each fault that is planted in one."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def days(run: Run, store: Path) -> Path:
    """Return January's folder of a store with 33 days, 2012-01-01 to 2012-02-02, and their summaries."""
    run("extract", WEATHER_DAYS_PER_RUN="33")
    run("summarise")
    return store / "days" / "2012-01"


def faults(run: Run, *options: str) -> list[str]:
    ended = run("verify", *options)
    assert ended.returncode == 1
    return ended.stdout.splitlines()


@pytest.mark.usefixtures("days")
def test_a_good_store_is_said_to_be_good(run: Run) -> None:
    ended = run("verify")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "ok: 33 days from 2012-01-01 to 2012-02-02, no gap, no double\n"


@pytest.mark.usefixtures("days")
def test_days_after_the_watermark_may_be_there(run: Run) -> None:
    """A run that was killed before its answer leaves such days."""
    assert run("verify", "--watermark", "2012-01-30").stdout.startswith("ok: 30 days from 2012-01-01")


@pytest.mark.usefixtures("days")
def test_source_and_store_may_be_options(run: Run, source: Path, store: Path) -> None:
    given = run("verify", "--source", str(source), "--store", str(store), WEATHER_SOURCE="none", WEATHER_STORE="none")
    assert given.returncode == 0


def test_each_gap_is_named_from_its_first_to_its_last_day(run: Run, days: Path) -> None:
    for day in ("05", "06", "07", "20"):
        (days / f"2012-01-{day}.jsonl").unlink()
    assert faults(run)[:2] == [
        "gap: 2012-01-05 to 2012-01-07 (3 days) of the source are not in the store",
        "gap: 2012-01-20 to 2012-01-20 (1 days) of the source are not in the store",
    ]


def test_a_gap_at_either_end_is_a_gap(run: Run, days: Path) -> None:
    (days / "2012-01-01.jsonl").unlink()
    assert faults(run, "--watermark", "2012-02-04")[:2] == [
        "gap: 2012-01-01 to 2012-01-01 (1 days) of the source are not in the store",
        "gap: 2012-02-03 to 2012-02-04 (2 days) of the source are not in the store",
    ]


def test_an_empty_store_with_a_watermark_is_one_gap(run: Run) -> None:
    assert faults(run, "--watermark", "2012-01-02") == [
        "gap: 2012-01-01 to 2012-01-02 (2 days) of the source are not in the store"
    ]


def test_an_empty_store_without_a_watermark_is_not_called_good(run: Run) -> None:
    ended = run("verify")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "holds no day: there is nothing to verify." in ended.stderr


@pytest.mark.parametrize("place", ["2012-01/2012-01-06.jsonl", "2012-02/2012-01-05.jsonl", "2012-01/a copy.jsonl"])
def test_a_day_that_is_stored_twice_is_a_double(run: Run, days: Path, place: str) -> None:
    target = days.parent / place
    target.parent.mkdir(exist_ok=True)
    before = target.read_text("utf-8") if target.exists() else ""
    target.write_text(before + (days / "2012-01-05.jsonl").read_text("utf-8"), "utf-8")
    assert any(line.startswith("double: 2012-01-05 is in ") for line in faults(run))


def test_a_day_that_is_twice_in_its_own_file_is_a_double(run: Run, days: Path) -> None:
    path = days / "2012-01-05.jsonl"
    path.write_text(path.read_text("utf-8") * 2, "utf-8")
    [fault] = faults(run)
    assert fault.startswith("double: 2012-01-05 is in ")


def test_a_day_under_another_name_is_misplaced(run: Run, days: Path) -> None:
    (days / "2012-01-05.jsonl").rename(days / "2012-01-05 (1).jsonl")
    [fault] = faults(run)
    assert fault.startswith("misplaced: 2012-01-05 is in ")


def test_a_changed_value_is_named_with_what_the_source_says(run: Run, days: Path) -> None:
    path = days / "2012-01-02.jsonl"
    path.write_text(path.read_text("utf-8").replace("10.9", "10.8").replace("rain", "snow"), "utf-8")
    assert faults(run)[:2] == [
        "wrong: 2012-01-02 has precipitation 10.8, the source says 10.9",
        "wrong: 2012-01-02 has weather snow, the source says rain",
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"date": "2012-01-05"}', "[" * 100_000])
def test_a_file_that_holds_no_observation_is_broken_and_its_day_a_gap(run: Run, days: Path, text: str) -> None:
    (days / "2012-01-05.jsonl").write_text(text, "utf-8")
    broken, gap, *_ = faults(run)
    assert broken.startswith("broken: ")
    assert gap.startswith("gap: 2012-01-05 to 2012-01-05")


@pytest.mark.usefixtures("days")
def test_a_day_that_the_source_does_not_have_is_beyond_it(run: Run, source: Path) -> None:
    rows = source.read_text("utf-8").splitlines()[:33]
    source.write_text("\n".join(rows), "utf-8")
    assert faults(run) == ["beyond: 2012-02-02 is in the store, but not in the source"]


def test_a_watermark_that_the_source_does_not_reach_is_beyond_it(run: Run) -> None:
    run("extract", WEATHER_DAYS_PER_RUN="100")
    assert faults(run, "--watermark", "2012-04-10") == [
        "beyond: the watermark is 2012-04-10, but the source ends on 2012-04-09"
    ]


@pytest.mark.usefixtures("days")
def test_a_changed_summary_is_named_with_what_its_days_say(run: Run, store: Path) -> None:
    path = store / "months/2012-01.json"
    path.write_text(path.read_text("utf-8").replace('"days": 31', '"days": 30'), "utf-8")
    assert faults(run) == ["summary wrong: 2012-01 has days 30, its days say 31"]


@pytest.mark.usefixtures("days")
def test_summaries_that_lag_behind_the_days_are_good(run: Run) -> None:
    run("extract", WATERMARK="2012-02-02")
    assert run("verify").returncode == 0


@pytest.mark.usefixtures("days")
def test_a_summary_that_missed_days_of_a_closed_month_is_named(run: Run, store: Path) -> None:
    path = store / "months/2012-01.json"
    path.write_text(path.read_text("utf-8").replace("2012-01-31", "2012-01-30"), "utf-8")
    assert faults(run) == ["summary wrong: 2012-01 has last_day 2012-01-30, its days say 2012-01-31"]


@pytest.mark.usefixtures("days")
def test_a_missing_month_between_summaries_is_named(run: Run, store: Path) -> None:
    (store / "months/2012-01.json").unlink()
    assert "summary wrong: 2012-01 has days None, its days say 31" in faults(run)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"last_day": "soon"}'])
@pytest.mark.usefixtures("days")
def test_a_file_that_holds_no_summary_is_named(run: Run, store: Path, text: str) -> None:
    (store / "months/2012-02.json").write_text(text, "utf-8")
    assert faults(run)[0].startswith("summary broken: ")


def test_a_wrong_watermark_is_refused(run: Run) -> None:
    ended = run("verify", "--watermark", "soon")
    assert ended.returncode == 2
    assert "--watermark is 'soon': a day such as 2012-01-31 is allowed." in ended.stderr
