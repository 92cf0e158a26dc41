"""The quick bench as a command: what it says of a tick that became slower, and that it is never green for nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import command
from bench.contenders import MIDDLE, SMALL, Size
from bench.figures import Lap, Sample
from bench.heats import Heats

OURS = Sample(0.2, 1.5, 7e7, 0.005, 5, 2, decided_cpu=0.1, decided_operations=3, calibration=0.002)
HERE = {"100/10 an idle tick": 2.5, "100/10 up to the first PUT": 50.0, "100/10 the whole tick": 100.0}
THERE = {row.replace("100/10", "1,000/100"): loops for row, loops in HERE.items()}
GONE = Lap("Crontable", SMALL, missing="Azurite does not run")

type Bench = Callable[..., int]


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The committed figures, for this test alone."""
    monkeypatch.setattr(command, "COMMITTED", file := tmp_path / "figures.json")
    return file


@pytest.fixture
def bench(figures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The command, with laps in place of each time that it measures."""

    commit(figures, HERE)

    def run(*words: str, laps: Sequence[Sequence[Lap]]) -> int:
        left = list(laps)

        async def heats(_heats: Heats, *_: object) -> Sequence[Lap]:
            return left.pop(0)

        monkeypatch.setattr(Heats, "run", heats)
        code = command.main(["--quick", "--folder", str(tmp_path / "bench"), *words])
        assert not left, "it should have measured more often"
        return code

    monkeypatch.setattr("local.children._kill_orphans", lambda: None)  # they are the tests'
    return run


def commit(file: Path, loops: Mapping[str, float]) -> None:
    file.write_text(json.dumps({"loops": loops}))


def committed(file: Path) -> object:
    return json.loads(file.read_text())["loops"]


def lap(size: Size = SMALL, *, times: float = 1.0) -> Lap:
    return Lap("Crontable", size, [replace(OURS, cpu=OURS.cpu * times)])


@pytest.mark.parametrize(("before", "code"), [(100.0, 0), (70.0, 1)])
def test_the_quick_bench_is_red_when_a_row_became_slower(
    before: float, code: int, bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, {**HERE, "100/10 the whole tick": before})
    # What seems slower is measured once more.
    assert bench("--sizes", "100/10", laps=[[lap()]] * (1 + code)) == code
    said = capsys.readouterr().err.splitlines()
    slower = "100/10 the whole tick costs 100.0 calibrating loops where 70.0 are committed: 43 % more."
    assert said == ([slower, command.BUSY] if code else [])


def test_who_became_slower_in_one_row_is_not_told_to_commit_to_another(
    bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, {**HERE, "100/10 the whole tick": 70.0, "100/10 an idle tick": 5.0})
    assert bench("--sizes", "100/10", laps=[[lap()]] * 2) == 1
    assert "100/10 an idle tick became cheaper by more than a fifth.\n" in capsys.readouterr().out


def test_a_bench_that_measured_nothing_is_not_green(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(laps=[[GONE, replace(GONE, size=MIDDLE)]]) == 2
    said = capsys.readouterr()
    assert f"Not measured: {'; '.join([*HERE, *THERE])}.\n" in said.err
    assert "Missing at 100/10: Crontable: Azurite does not run" in said.out


def test_a_bench_that_measured_one_size_of_two_is_not_green_and_tells_what_became_slower_there(
    bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, HERE | THERE)
    assert bench(laps=[[GONE, lap(MIDDLE, times=2)]] * 2) == 2
    said = capsys.readouterr().err
    assert f"Not measured: {'; '.join(HERE)}.\n" in said
    assert "1,000/100 the whole tick costs 200.0 calibrating loops" in said


@pytest.mark.parametrize("loops", [{}, dict.fromkeys(HERE, 0.0)])
def test_held_against_nothing_the_bench_is_not_green(
    loops: Mapping[str, float], bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, loops)
    assert bench("--sizes", "100/10", laps=[[lap()]]) == 2
    assert f"Nobody committed to: {'; '.join(HERE)}. make bench-quick ARGS=--write" in capsys.readouterr().err


def test_a_committed_row_that_is_not_measured_any_more_is_not_green(
    bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, {**HERE, "100/10 a row of old": 3.0, "1,000/100 a row of old": 3.0})
    assert bench("--sizes", "100/10", laps=[[lap()]]) == 2
    assert capsys.readouterr().err == "Not measured: 100/10 a row of old.\n"


@pytest.mark.parametrize("laps", [[GONE, replace(GONE, size=MIDDLE)], [lap(), replace(GONE, size=MIDDLE)]])
def test_a_measurement_with_holes_is_not_committed_to(
    laps: Sequence[Lap], bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(figures, HERE | THERE)
    assert bench("--write", laps=[laps]) == 2
    assert "1,000/100 the whole tick. Nothing is written.\n" in capsys.readouterr().err
    assert committed(figures) == HERE | THERE


def test_of_sizes_that_were_not_chosen_what_was_committed_stays(bench: Bench, figures: Path) -> None:
    commit(figures, HERE | THERE | {"100/10 a row of old": 3.0})
    assert bench("--write", "--sizes", "100/10", laps=[[lap(times=0.5)]]) == 0
    assert committed(figures) == HERE | THERE | {"100/10 the whole tick": 50.0}


def test_whoever_allows_more_is_told_so(bench: Bench, figures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--write", "--sizes", "100/10", laps=[[lap(times=1.3)]]) == 0
    assert capsys.readouterr().err == (
        "Raised: 100/10 the whole tick from 100.0 to 130.0 calibrating loops, 30 % more.\n"
    )
    assert committed(figures) == HERE | {"100/10 the whole tick": 130.0}
    assert bench("--write", "--sizes", "100/10", laps=[[lap(times=1.4)]]) == 0
    assert capsys.readouterr().err == "", "less than a fifth"


def test_the_committed_figures_hold_every_row_of_the_quick_bench() -> None:
    assert set(json.loads(command.COMMITTED.read_text())["loops"]) == {*HERE, *THERE}
