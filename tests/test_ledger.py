"""How far the data has come: ranges on a line, and every gap, overlap and rewind with the run that made it."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.ledger import Finding, Kind, Ledger, Range, Scale, Step, as_number, as_time


def line(*watermarks: str) -> list[Step]:
    """Runs a, b, c, ... that lead from each watermark to the next."""
    return [Step(chr(ord("a") + number), begin, end) for number, (begin, end) in enumerate(pairwise(watermarks))]


def sentences(ledger: Ledger) -> list[str]:
    return [finding.sentence for finding in ledger.findings]


def test_runs_that_join_up_have_nothing_odd() -> None:
    ledger = Ledger.of(line("", "2026-11-20", "2026-11-21", "2026-11-22"))
    assert ledger.scale is Scale.TIME
    assert ledger.findings == ()
    assert [(one.begin, one.end, one.runs) for one in ledger.ranges] == [
        ("", "2026-11-20", ("a",)),
        ("2026-11-20", "2026-11-21", ("b",)),
        ("2026-11-21", "2026-11-22", ("c",)),
    ]


def test_a_person_who_moved_the_watermark_ahead_left_a_gap_between_two_runs() -> None:
    ledger = Ledger.of([Step("a", "10", "20"), Step("b", "30", "40")])
    assert ledger.findings == (Finding(Kind.GAP, "20", "30", "a", "b"),)
    assert sentences(ledger) == ["20 to 30 was not processed: run a ended before it, run b began behind it."]
    assert [one.runs for one in ledger.ranges] == [("a",), ("b",)]


def test_a_gap_that_a_later_run_filled_is_none() -> None:
    ledger = Ledger.of([Step("a", "10", "20"), Step("b", "30", "40"), Step("c", "20", "30"), Step("d", "40", "50")])
    assert [finding.kind for finding in ledger.findings] == [Kind.REWIND]
    assert sentences(ledger) == ["Run c began at 20, behind 40, where run b had come to."]


def test_a_rewind_is_named_with_what_was_processed_again() -> None:
    ledger = Ledger.of([*line("1", "2", "3", "4"), Step("d", "2", "3"), Step("e", "3", "4"), Step("f", "4", "5")])
    assert ledger.findings == (
        Finding(Kind.OVERLAP, "2", "4", runs=("b", "c", "d", "e"), times=4),
        Finding(Kind.REWIND, "4", "2", "c", "d"),
    )
    assert sentences(ledger)[0] == "2 to 4 was processed more than once: by the runs b, c, d, e."


def test_a_rewind_to_nothing_goes_back_to_the_beginning() -> None:
    ledger = Ledger.of([*line("", "1", "2"), Step("c", "", "3")])
    assert Finding(Kind.REWIND, "2", "", "b", "c") in ledger.findings
    assert "Run c began at the beginning, behind 2, where run b had come to." in sentences(ledger)


def test_a_run_that_answers_an_earlier_watermark_goes_back_by_itself() -> None:
    ledger = Ledger.of(line("2026-11-22", "2026-11-21", "2026-11-22T00:00:00Z"))
    assert sentences(ledger) == ["Run a went back from 2026-11-22 to 2026-11-21: that is what it answered."]
    assert [one.runs for one in ledger.ranges] == [("b",)]


def test_two_ways_to_write_one_instant_join_up() -> None:
    ledger = Ledger.of([Step("a", "2026-11-20", "2026-11-21"), Step("b", "2026-11-21T01:00+01:00", "2026-11-22")])
    assert ledger.findings == ()


def test_a_backfill_and_a_run_with_its_own_watermark_stand_beside_the_line() -> None:
    ledger = Ledger.of([*line("5", "6", "7"), Step("back", "1", "3", apart=True), Step("next", "7", "8")])
    assert ledger.findings == ()
    assert [one.name for one in ledger.side] == ["back"]


def test_a_watermark_that_is_no_date_beside_the_line_does_not_spoil_it() -> None:
    assert Ledger.of([*line("5", "6"), Step("own", "all", "all of it", apart=True)]).scale is Scale.NUMBER


def test_opaque_watermarks_join_up_or_do_not() -> None:
    ledger = Ledger.of([*line("apple", "pear", "plum"), Step("c", "quince", "fig"), Step("d", "pear", "plum")])
    assert ledger.scale is Scale.TEXT
    assert ledger.findings == (
        Finding(Kind.OVERLAP, "pear", "plum", runs=("b", "d"), times=2),
        Finding(Kind.BREAK, "plum", "quince", "b", "c"),
        Finding(Kind.REWIND, "fig", "pear", "c", "d"),
    )
    assert sentences(ledger)[1] == "Run c began at quince, and run b before it had come to plum."
    assert ledger.share("pear") is None


def test_runs_that_stood_still_process_nothing_and_still_tell_of_a_rewind() -> None:
    ledger = Ledger.of([*line("1", "5"), Step("idle", "2", "2"), Step("c", "2", "5")])
    assert ledger.still == 1
    assert ledger.findings[-1] == Finding(Kind.REWIND, "5", "2", "a", "idle")


def test_a_job_without_watermarks_has_an_empty_ledger() -> None:
    assert Ledger.of([Step("a", "", ""), Step("b", "", "")]) == Ledger(Scale.TEXT, still=2)
    assert Ledger.of([]) == Ledger(Scale.TEXT)


def test_a_place_on_the_line_is_a_share_of_it() -> None:
    ledger = Ledger.of(line("", "2026-11-20", "2026-11-24"))
    assert [ledger.share(text) for text in ("", "2026-11-20", "2026-11-21", "2026-11-24", "2026-11-25", "soon")] == [
        *(0.0, 0.0, 0.25, 1.0),
        *(None, None),
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22", "2026-11-22T00:00+00:00"),
        (" 2026-11-22T09:00 ", "2026-11-22T09:00+00:00"),
        ("2026-11-22 09:00:01.123456789Z", "2026-11-22T09:00:01.123456+00:00"),
        ("2026-11-22T09:00:00+0130", "2026-11-22T07:30+00:00"),
        ("2026-11-22 09:00:00 +01:30", "2026-11-22T07:30+00:00"),
        *(
            (text, None)
            for text in ("", "20261122", "2026-02-30", "9", "2026-11-22x", "٢٠٢٦-11-22", "0001-01-01T00:00+14:00")
        ),
    ],
)
def test_a_watermark_reads_as_an_instant_or_as_none(text: str, instant: str | None) -> None:
    assert as_time(text) == (instant and datetime.fromisoformat(instant))


@pytest.mark.parametrize(
    ("text", "number"),
    [("17", 17), ("-3.5", -3.5), ("9" * 30, int("9" * 30)), ("1e5", None), ("nan", None), ("", None), ("٣", None)],
)
def test_a_watermark_reads_as_a_number_with_every_digit(text: str, number: float | None) -> None:
    assert as_number(text) == number


def test_numbers_longer_than_a_float_holds_are_still_told_apart() -> None:
    ledger = Ledger.of(
        [Step("a", "9007199254740992", "9007199254740993"), Step("b", "9007199254740994", "9007199254740995")]
    )
    assert [finding.kind for finding in ledger.findings] == [Kind.GAP]


WAYS: list[Callable[[int], str]] = [
    str,
    lambda place: f"{place}.50",
    lambda place: (date(2026, 1, 1) + timedelta(days=place)).isoformat(),
    lambda place: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=place)).isoformat(),
]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=9),
    way=st.sampled_from(WAYS),
)
def test_every_stretch_is_told_as_often_as_it_was_processed(
    spans: list[tuple[int, int]], way: Callable[[int], str]
) -> None:
    """Held against counting cell by cell."""
    ledger = Ledger.of(Step(str(number), way(begin), way(end)) for number, (begin, end) in enumerate(spans))
    counted = Counter(cell for begin, end in spans for cell in range(begin, end))
    places = {way(place): place for place in range(13)}

    def cells(found: Range | Finding) -> range:
        return range(places[found.begin], places[found.end])

    assert {cell: one.times for one in ledger.ranges for cell in cells(one)} == counted
    for one in ledger.ranges:
        assert [spans[int(name)] for name in one.runs] == [
            span for span in spans if span[0] <= places[one.begin] and places[one.end] <= span[1]
        ]
    known = {kind: [one for one in ledger.findings if one.kind is kind] for kind in Kind}
    between = range(min(counted, default=0), max(counted, default=-1) + 1)
    assert {cell for one in known[Kind.GAP] for cell in cells(one)} == {cell for cell in between if not counted[cell]}
    assert {cell for one in known[Kind.OVERLAP] for cell in cells(one)} == {
        cell for cell in counted if counted[cell] > 1
    }
    back = sum(begin > end for begin, end in spans) + sum(after[0] < before[1] for before, after in pairwise(spans))
    assert len(known[Kind.REWIND]) == back


@settings(derandomize=True, max_examples=100, deadline=None)
@given(steps=st.lists(st.integers(1, 5), min_size=1, max_size=30), way=st.sampled_from(WAYS))
def test_runs_that_only_go_ahead_from_where_the_last_one_came_to_are_never_odd(
    steps: list[int], way: Callable[[int], str]
) -> None:
    places = [sum(steps[:number]) for number in range(len(steps) + 1)]
    ledger = Ledger.of(Step(way(end), way(begin), way(end)) for begin, end in pairwise(places))
    assert ledger.findings == ()
    assert [one.end for one in ledger.ranges] == [way(place) for place in places[1:]]
    assert ledger.share(way(places[-1])) == 1.0


@settings(derandomize=True, max_examples=200, deadline=None)
@given(texts=st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6), st.booleans()), max_size=8))
def test_no_text_that_somebody_types_breaks_it(texts: list[tuple[str, str, bool]]) -> None:
    ledger = Ledger.of(Step(str(number), *one) for number, one in enumerate(texts))
    assert len(ledger.steps) + len(ledger.side) + ledger.still == len(texts)
    assert all(sentence for sentence in sentences(ledger))


def test_a_sentence_names_the_first_few_runs_and_counts_the_others() -> None:
    finding = Finding(Kind.OVERLAP, "2", "4", runs=tuple("abcdefg"), times=30)
    assert finding.sentence == "2 to 4 was processed more than once: by the runs a, b, c, d and 26 more."
