"""The live tables fit any terminal: no job, run or Reason is lost without a word."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from rich.console import Console

from local.screen import LEAST_REASON, LEAST_RUNS, Screen, draw
from local.view import JobLine, Look, RunLine

NOW = datetime(2026, 11, 22, 10, 1, tzinfo=UTC)
REASON = "The run due 2026-11-22T09:01:00Z: Succeeded in 1 s. Next run 2026-11-22T09:02:00Z."


def job(number: int = 0, **columns: object) -> JobLine:
    own = {
        "PartitionKey": "sales",
        "RowKey": f"load-{number}",
        "Status": "Succeeded",
        "Reason": REASON,
        "Watermark": "2012-01-31",
        "NextRun": NOW + timedelta(minutes=1),
        "LastFinished": NOW,
        "LastDuration": 1.5,
        "Timestamp": NOW + timedelta(seconds=number),
    }
    return JobLine.from_row(own | columns)


def run(number: int = 0, **columns: object) -> RunLine:
    own = {"RowKey": f"{number}", "Due": NOW, "State": "Active", "Timestamp": NOW + timedelta(seconds=number)}
    return RunLine.from_row("sales/load-0", own | columns)


def drawn(jobs: list[JobLine], runs: list[RunLine] | None = None, *, size: tuple[int, int] = (80, 23)) -> list[str]:
    return [line.plain for line in draw(Look(jobs, runs or []), NOW, *size)]


@pytest.mark.parametrize("size", [(80, 23), (140, 44), (110, 30), (40, 12), (250, 60)])
@pytest.mark.parametrize("count", [0, 1, 3, 30])
def test_nothing_is_wider_or_taller_than_the_terminal(size: tuple[int, int], count: int) -> None:
    lines = drawn([job(n) for n in range(count)], [run(n) for n in range(10)], size=size)
    assert len(lines) <= size[1]
    assert max(cell_len(line) for line in lines) <= size[0]


def test_a_narrow_terminal_has_the_whole_reason_below_its_job() -> None:
    assert drawn([job()])[2:] == [
        f"sales/load-0  Succeeded  {here(1)}  2012-01-31  {here(0)}  1.5",
        "  The run due 2026-11-22T09:01:00Z: Succeeded in 1 s. Next run",
        "  2026-11-22T09:02:00Z.",
    ]


def here(minutes: int) -> str:
    return f"{(NOW + timedelta(minutes=minutes)).astimezone():%H:%M:%S}"


@pytest.mark.parametrize("width", [110, 120, 140])
def test_a_wide_terminal_drops_columns_before_the_reason_gets_too_little(width: int) -> None:
    head = drawn([job(RowKey="x" * 60, Watermark="9" * 60)], size=(width, 23))[1]
    assert width - head.index("REASON") >= LEAST_REASON
    assert "STATUS" in head


def test_when_jobs_do_not_fit_those_that_changed_last_are_shown_and_the_others_counted() -> None:
    lines = drawn([job(n) for n in range(30)], [run(n) for n in range(10)])
    shown = [line.split()[0] for line in lines if line.startswith("sales/load-") and "Active" not in line]
    assert shown == [f"sales/load-{n}" for n in range(30 - len(shown), 30)]
    assert f"+{30 - len(shown)} more: python -m scheduler jobs" in lines
    assert len([line for line in lines if "Active" in line]) >= LEAST_RUNS


def test_what_has_not_happened_is_a_dash_and_another_day_has_its_date() -> None:
    never = datetime(1601, 1, 1, tzinfo=UTC)
    later = NOW + timedelta(days=3)
    (line,) = drawn([job(LastFinished=never, LastDuration=0.0, Watermark="", NextRun=later, Reason="")])[2:]
    assert line == f"sales/load-0  Succeeded  {later.astimezone():%Y-%m-%d %H:%M}  -          -         -"
    (line,) = drawn([], [run(Duration=0.0)])[-1:]
    assert line.split() == ["sales/load-0", "Active", here(0), "-"]


def test_each_of_the_latest_runs_is_there_once_in_its_last_state() -> None:
    output = io.StringIO()
    shown = Screen(Console(file=output, width=120, height=40, force_terminal=True, _environ={"TERM": "xterm"}))
    shown.show(Look([job()], [run(n) for n in range(30)]), NOW)
    ended = run(25, State="Succeeded", WatermarkFrom="a", WatermarkTo="b", Timestamp=NOW + timedelta(minutes=1))
    shown.show(Look([job()], [ended]), NOW)
    shown.close()
    last = output.getvalue().rpartition("Jobs at")[2]
    assert (last.count("Active"), last.count("a -> b")) == (9, 1)
    assert last.index("a -> b") < last.index("Active")


def test_brackets_are_text_and_no_markup() -> None:
    assert "  Command [bold]" in drawn([job(Reason="Command [bold]")])
