"""What the bench makes of its samples: medians, spreads, ratios, an order; and what became slower."""

import json
from dataclasses import asdict, replace

import pytest

from bench import quick, starts
from bench.contenders import EVERYBODY, LARGE, MIDDLE, SMALL, Size
from bench.figures import DECIDED, SENT, WHOLE, Figure, Lap, Row, Sample, Starts, rows, written

OURS = Sample(0.4, 1.5, 7e7, 0.005, 5, 2, decided_cpu=0.1, decided_operations=3, calibration=0.002)
PEER = Sample(0.2, 0.5, 4e7, 0.001, 202, 4)


def test_a_figure_is_a_median_with_its_spread() -> None:
    assert Figure.of([3.0, 1.0, 2.0]) == Figure(2.0, 1.0, 3.0)
    assert Figure.of([1.0, 2.0]) == Figure(1.5, 1.0, 2.0)


def test_crontable_has_a_row_up_to_its_first_put_and_one_for_the_whole_tick() -> None:
    decided, whole = rows([Lap("Crontable", SMALL, [OURS])])
    assert (decided.name, decided.median("cpu"), decided.median("operations")) == (DECIDED, 0.1, 3)
    assert (whole.name, whole.median("cpu"), whole.median("operations")) == (WHOLE, 0.4, 5)
    assert (decided.ratio, whole.ratio) == (1.0, 4.0)


def test_every_row_has_its_ratio_to_crontable_at_its_own_size() -> None:
    slow = replace(PEER, cpu=3.0)
    table = rows(
        [
            Lap("Peer", MIDDLE, [slow]),
            Lap("Peer", SMALL, [PEER]),
            *(Lap("Crontable", s, [OURS]) for s in (SMALL, MIDDLE)),
        ]
    )
    assert [(str(row.size), row.name, row.ratio) for row in table if row.name == "Peer"] == [
        ("100/10", "Peer", 2.0),
        ("1,000/100", "Peer", 30.0),
    ]
    assert table[2].idle_ratio == pytest.approx(0.2)


def test_without_crontable_there_is_no_ratio() -> None:
    assert [row.ratio for row in rows([Lap("Peer", SMALL, [PEER])])] == [None]


def test_ours_come_first_then_the_cheapest_and_who_is_missing_last() -> None:
    laps = [
        Lap("Gone", SMALL, missing="no network"),
        Lap("Slow", SMALL, [replace(PEER, cpu=9.0)]),
        Lap("Quick", SMALL, [replace(PEER, cpu=0.01)]),
        Lap("Crontable", SMALL, [OURS]),
    ]
    table = rows(laps)
    assert [row.name for row in table] == [DECIDED, WHOLE, "Quick", "Slow", "Gone"]
    assert table[-1].missing == "no network"


def test_a_figure_that_a_contender_cannot_give_is_left_out() -> None:
    (row,) = rows([Lap("Peer", SMALL, [replace(PEER, operations=None)])])
    assert row.median("operations") is None
    assert row.median("azurite_cpu") is None
    assert row.median("cpu") == 0.2


def test_rows_go_through_json_unchanged() -> None:
    table = rows([Lap("Crontable", SMALL, [OURS, OURS]), Lap("Gone", SMALL, missing="no network")])
    assert [Row.read(each) for each in written(table)] == table


@pytest.mark.parametrize(("text", "size"), [("100/10", SMALL), ("1,000/100", MIDDLE), (" 10000 / 1000", LARGE)])
def test_a_size_is_read_as_people_write_it(text: str, size: Size) -> None:
    assert Size.read(text) == size


@pytest.mark.parametrize("text", ["", "100", "10/100", "100/100", "100/0", "a/b", "-5/1"])
def test_what_is_no_size_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no size: it must be as 1000/100"):
        Size.read(text)


def test_celery_beat_takes_part_as_it_comes_and_with_its_file_written_after_each_send() -> None:
    plain, synced = [one for one in EVERYBODY if one.name.startswith("Celery beat")]
    assert (plain.options, synced.options) == ({}, {"sync_every": 1})
    assert [plain.meets(LARGE, long=long, asked=False) for long in (False, True)] == [True, True]
    assert [synced.meets(LARGE, long=long, asked=False) for long in (False, True)] == [False, True]
    assert replace(synced, name=plain.name, options={}, sizes=plain.sizes, long=()) == plain


def test_who_takes_minutes_meets_the_middle_size_in_the_long_bench_only() -> None:
    prefect = next(one for one in EVERYBODY if one.name.startswith("Prefect"))
    assert prefect.meets(SMALL, long=False, asked=False)
    assert not prefect.meets(MIDDLE, long=False, asked=False)
    assert prefect.meets(MIDDLE, long=True, asked=False)
    assert not prefect.meets(LARGE, long=True, asked=True)


# The quick bench.


def test_crontable_is_measured_in_calibrating_loops_the_least_of_the_rounds() -> None:
    noisy = replace(OURS, cpu=4.0, calibration=0.002)
    assert quick.loops([Lap("Crontable", SMALL, [noisy, OURS])]) == {
        "100/10 an idle tick": 2.5,
        "100/10 up to the first PUT": 50.0,
        "100/10 the whole tick": 200.0,
    }


def test_a_slower_machine_is_no_regression() -> None:
    slower = replace(OURS, cpu=0.8, idle_cpu=0.01, decided_cpu=0.2, calibration=0.004)
    committed = quick.loops([Lap("Crontable", SMALL, [OURS])])
    assert list(quick.regressions(quick.loops([Lap("Crontable", SMALL, [slower])]), committed)) == []


@pytest.mark.parametrize(("now", "red"), [(100.0, False), (119.0, False), (121.0, True), (300.0, True), (50.0, False)])
def test_more_than_a_fifth_more_is_a_regression_which_names_its_row(now: float, red: bool) -> None:
    found = list(quick.regressions({"1,000/100 the whole tick": now}, {"1,000/100 the whole tick": 100.0}))
    assert bool(found) == red
    assert all("1,000/100 the whole tick costs" in sentence for sentence in found)


def test_a_row_that_nobody_committed_to_is_no_regression() -> None:
    assert list(quick.regressions({"20/2 the whole tick": 5.0}, {})) == []


def test_measured_again_the_least_counts() -> None:
    assert quick.least({"a": 5.0, "b": 1.0}, {"a": 3.0}) == {"a": 3.0, "b": 1.0}


def test_what_became_cheaper_by_a_fifth_is_named() -> None:
    assert quick.gains({"a": 79.0, "b": 90.0}, {"a": 100.0, "b": 100.0}) == ["a"]


# The starts.


def test_starts_are_medians_too_and_go_through_json_unchanged() -> None:
    sample = dict.fromkeys(SENT, 1.0)
    found = Starts.of(Size(200, 100), 3.0, [sample, {**sample, "last_put": 9.0}, {**sample, "last_put": 8.0}])
    assert (found.rounds, found.running) == (3, 100)
    assert found.figures
    assert found.figures["last_put"] == Figure(8.0, 1.0, 9.0)
    assert Starts.read(json.loads(json.dumps(asdict(found)))) == found
    gone = Starts(Size(200, 100), 3.0, missing="no network")
    assert Starts.read(json.loads(json.dumps(asdict(gone)))) == gone


def test_what_is_sent_before_its_turn_is_told_by_places() -> None:
    ordered = starts.importance(40)
    assert ordered[:4] == ["team/job00009", "team/job00029", "team/job00019", "team/job00039"]
    assert starts.early(ordered, ordered) == 0
    assert starts.early([ordered[3], *ordered[:3], *ordered[4:]], ordered) == 3
