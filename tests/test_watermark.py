"""What a run may answer by printing lines, and which watermark survives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.watermark import LONGEST, MOST_METRICS, Answer, Survivor, heard, survivor


@pytest.mark.parametrize(
    ("story", "log", "value"),
    [
        ("a line", b"::watermark::2026-11-22T00:00:00Z\n", "2026-11-22T00:00:00Z"),
        ("without a line's end", b"::watermark::7", "7"),
        ("among others", b"loading\n::watermark::7\ndone\n", "7"),
        ("the last one counts", b"::watermark::1\n::watermark::3\n::watermark::2\n", "2"),
        ("with white space about it", b"::watermark::  a b\t\n", "a b"),
        ("from Windows", b"x\r\n::watermark::7\r\ny\r\n", "7"),
        ("after a bar that redraws itself", b"10 %\r20 %\r::watermark::7\n", "7"),
        ("of other letters", "::watermark::größer 日\n".encode(), "größer 日"),
        ("as long as may be", b"::watermark::" + b"x" * LONGEST, "x" * LONGEST),
        ("colons inside", b"::watermark::a::b\n", "a::b"),
        ("odd bytes in another line", b"\xff\xfe\x00\n::watermark::7\n\x80", "7"),
        ("not at the line's beginning", b" ::watermark::7\n", None),
        ("in other words", b"::Watermark::7\n::watermark:7\n::watermarks::7\n", None),
        ("nothing said", b"", None),
    ],
)
def test_the_last_watermark_line_is_heard(story: str, log: bytes, value: str | None) -> None:
    assert heard(log) == Answer(value), story


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"x" * 1025, "its watermark line has 1,025 bytes, and at most 1,024 are allowed"),
        (b"x" * 100_000, "its watermark line has 100,000 bytes, and at most 1,024 are allowed"),
        ("ä".encode() * 513, "its watermark line has 1,026 bytes"),
        (b"\xff\xfe", "its watermark line is not UTF-8"),
        ("\N{REPLACEMENT CHARACTER}7".encode(), "holds characters that cannot be printed"),
        (b"a\x00b", "holds characters that cannot be printed"),
        (b"\x1b[32m7\x1b[0m", "holds characters that cannot be printed"),
        ("a\u2028b".encode(), "holds characters that cannot be printed"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why_and_moves_nothing(line: bytes, fault: str) -> None:
    answer = heard(b"::watermark::1\n::watermark::" + line + b"\n")
    assert answer.value is None
    assert fault in answer.fault
    kept = survivor("1", "1", answer, cut=False)
    assert kept.value == "1"
    assert kept.note.endswith(": the watermark stays where it was")
    assert len(kept.note) < 200


def test_a_good_line_after_a_bad_one_is_good() -> None:
    assert heard(b"::watermark::" + b"x" * 2000 + b"\n::watermark::7\n") == Answer("7")


def test_megabytes_of_noise_do_not_hide_the_line() -> None:
    assert heard(b"::noise\n" * 200_000 + b"::watermark::7\n").value == "7"


def test_metrics_are_numbers_by_name() -> None:
    log = b"::metric rows::1532\n::metric share::-0.25\n::metric big::1.5e3\n::metric rows::1600 \n"
    assert heard(log).metrics == {"rows": 1600.0, "share": -0.25, "big": 1500.0}


@pytest.mark.parametrize(
    "line",
    [
        *(b"::metric rows::many", b"::metric rows::", b"::metric ::1", b"::metric two words::1", b"::metric 1st::1"),
        *(b"::metric rows::nan", b"::metric rows::1;2", b"metric rows::1", b"::metric " + b"x" * 64 + b"::1"),
    ],
)
def test_a_metric_that_is_none_is_only_a_line(line: bytes) -> None:
    assert heard(line) == Answer()


def test_a_metric_beyond_all_numbers_is_only_a_line() -> None:
    assert heard(b"::metric rows::1e999") == Answer()


def test_more_metrics_than_figures_are_a_log() -> None:
    log = b"".join(b"::metric m%d::1\n" % number for number in range(MOST_METRICS + 10))
    assert len(heard(log).metrics) == MOST_METRICS


def test_the_last_progress_counts_and_is_cut() -> None:
    log = b"::progress::40 loading\n::progress::90 " + b"x" * 500 + b"\n"
    assert heard(log).progress == "90 " + "x" * 197


@pytest.mark.parametrize(
    ("story", "values", "answer", "cut", "kept"),
    [
        ("moved", ("1", "1"), Answer("2"), False, Survivor("2")),
        ("moved back by the run", ("2", "2"), Answer("1"), False, Survivor("1")),
        ("the first value", ("", ""), Answer("1"), False, Survivor("1")),
        ("said nothing", ("1", "1"), Answer(), False, Survivor("1")),
        ("said nothing while somebody edited", ("1", "0"), Answer(), False, Survivor("0")),
        ("moved, in a log that was cut", ("1", "1"), Answer("2"), True, Survivor("2")),
    ],
)
def test_what_the_row_holds_after_a_success(
    story: str, values: tuple[str, str], answer: Answer, cut: bool, kept: Survivor
) -> None:
    assert survivor(*values, answer, cut=cut) == kept, story


def test_a_person_who_rewound_meanwhile_wins_and_the_run_says_so() -> None:
    kept = survivor("5", "1", Answer("6"), cut=False)
    assert kept == Survivor("1", "the watermark was edited during the run: the edit stays, '6' is dropped")


def test_a_cut_log_without_a_line_says_so() -> None:
    kept = survivor("5", "5", Answer(), cut=True)
    assert kept == Survivor("5", "its log was cut and shows no watermark line: the watermark stays where it was")


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda raw: b"::watermark::" + raw))))
def test_whatever_bytes_a_container_prints_the_value_is_short_and_printable(lines: list[bytes]) -> None:
    answer = heard(b"\n".join(lines))
    assert not (answer.value is not None and answer.fault)
    assert answer.value is None or (answer.value.isprintable() and len(answer.value.encode()) <= LONGEST)
