"""When a running container's log is read again, and what is remembered of it meanwhile."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.kept import ENDED_BYTES, FIRST, LONGEST_GAP, Kept, due, merged
from scheduler.watermark import LONGEST, Answer

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def readings(minutes: int, *printed: int) -> list[tuple[int, int]]:
    """Tick once a minute; gives at which minutes the log was read, and how many bytes each reading found.

    `printed`: bytes a minute, minute by minute, the last one for ever.
    """
    kept, unread, read = Kept(), 0, []
    for minute in range(1, minutes + 1):
        unread += printed[min(minute, len(printed)) - 1]
        now = NINE + minute * MINUTE
        if due(kept, NINE, now):
            read.append((minute, unread))
            kept, unread = kept.after(unread / ENDED_BYTES, now, NINE), 0
    return read


def test_a_short_run_is_not_read_while_it_runs() -> None:
    assert readings(2, 100_000) == []
    assert readings(3, 100_000)[0][0] == 3
    assert not due(Kept(), None, NINE)
    assert not due(Kept(), NINE, NINE + FIRST - timedelta(milliseconds=1))


def test_a_silent_container_is_read_less_and_less_often() -> None:
    assert [minute for minute, _ in readings(120, 0)] == [3, 9, 21, 45, 75, 105]


@pytest.mark.parametrize("pace", [1, 20, 200, 500, 1_000, 2_000, 4_000])
def test_a_steady_container_is_read_before_it_has_printed_what_an_ended_one_keeps(pace: int) -> None:
    found = readings(24 * 60, pace)
    assert max(size for _, size in found) <= ENDED_BYTES * 3 / 4
    assert len(found) <= 24 * 60 * pace / (ENDED_BYTES / 4) + 24 * 2 + 5, "and no more often than it takes"


def test_a_loud_container_is_read_by_each_tick() -> None:
    assert [minute for minute, _ in readings(9, 20_000)] == [3, 4, 5, 6, 7, 8, 9]


def test_a_burst_is_remembered_for_a_while() -> None:
    minutes = [minute for minute, _ in readings(240, 100, 100, 100, 50_000, 0)]
    burst = [minute for minute in minutes if minute >= 4]
    pauses = [second - first for first, second in itertools.pairwise(burst)]
    assert (pauses[:4], pauses[-1]) == ([1, 1, 2, 4], 30)


@settings(derandomize=True, max_examples=150, database=None, deadline=None)
@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=60))
def test_a_pause_is_never_longer_than_half_an_hour_nor_than_twice_the_last(printed: list[int]) -> None:
    minutes = [0, *(minute for minute, _ in readings(200, *printed))]
    pauses = [second - first for first, second in itertools.pairwise(minutes)]
    assert all(pause <= LONGEST_GAP / MINUTE for pause in pauses)
    assert all(pause <= 2 * last for last, pause in itertools.pairwise(pauses))


def test_a_clock_that_was_set_back_does_not_put_off_a_reading() -> None:
    kept = Kept(next=NINE + timedelta(days=1))
    assert due(kept, None, NINE)
    assert not due(Kept(next=NINE + LONGEST_GAP), None, NINE)


def test_the_last_watermark_line_counts_whichever_part_it_stands_in() -> None:
    first = Answer("a", metrics={"rows": 1.0, "files": 2.0}, progress="half")
    assert merged(first, Answer()) == first
    assert merged(first, Answer("b", metrics={"rows": 5.0})) == Answer(
        "b", metrics={"rows": 5.0, "files": 2.0}, progress="half"
    )
    assert merged(first, Answer(fault="its watermark line is empty")).value is None
    assert merged(Answer(fault="its watermark line is empty"), Answer("b")).fault == ""


def test_there_are_never_more_metrics_than_in_one_log() -> None:
    many = [Answer(metrics={f"m{part}-{number}": 1.0 for number in range(50)}) for part in range(2)]
    assert list(merged(*many).metrics) == [f"m1-{number}" for number in range(50)]


kept_ones = st.builds(
    Kept,
    parts=st.integers(0, 10_000),
    size=st.integers(0, 2**24),
    until=st.sampled_from(["", "2026-11-22T09:00:00.123456789Z"]),
    same=st.integers(0, 2**20),
    length=st.integers(0, 2**22),
    digest=st.sampled_from(["", "0123456789ab"]),
    open=st.booleans(),
    said=st.builds(
        Answer,
        value=st.none() | st.text(max_size=100),
        fault=st.sampled_from(["", "its watermark line is empty"]),
        metrics=st.dictionaries(st.sampled_from(["rows", "files"]), st.floats(-1e9, 1e9)),
        progress=st.text(max_size=80),
    ),
    cut=st.booleans(),
    end=st.none() | st.integers(0, 2**16),
    read=st.none() | st.integers(0, 10**6).map(lambda seconds: NINE + timedelta(seconds=seconds)),
    next=st.none() | st.integers(0, 10**6).map(lambda seconds: NINE + timedelta(seconds=seconds)),
    rate=st.floats(0, 1e6),
)


@settings(derandomize=True, max_examples=150, database=None, deadline=None)
@given(kept_ones)
def test_what_is_kept_reads_back_as_it_was_written(kept: Kept) -> None:
    assert Kept.from_note(kept.note) == kept
    assert Kept.from_json(json.loads(json.dumps(kept.as_json()))) == kept


def test_a_note_is_small_and_fits_into_metadata_at_its_worst() -> None:
    usual = Kept(9, 10**6, "2026-11-22T09:00:00.123456789Z", 3, 90, "0123456789ab", read=NINE, next=NINE, rate=0.12345)
    assert len(usual.note) < 250
    worst = Answer("\N{GRINNING FACE}" * (LONGEST // 4), "", {f"m{number}" + "x" * 60: 1e300 for number in range(50)})
    whole = Kept(said=worst, end=1, cut=True, open=True)
    assert whole.note.isascii()
    assert len(whole.note) < 8_000
    assert list(Kept.from_note(whole.note).said.metrics) == [f"m{number}" + "x" * 60 for number in range(42, 50)]
    assert Kept.from_note(whole.note).said.value == worst.value


@pytest.mark.parametrize(
    "note",
    ["", "{", "[]", "null", '{"parts": "x"}', '{"next": "2026-11-22"}', '{"next": 1}', '{"metrics": [1]}', "[" * 10**5],
)
def test_a_note_that_somebody_mangled_tells_of_nothing_kept(note: str) -> None:
    assert Kept.from_note(note) == Kept()
