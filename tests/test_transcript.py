"""A long run's log, joined out of readings: the whole of it, or a line where lines are missing, and nothing twice."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.kept import Kept
from scheduler.transcript import GAP, HELD, splice
from tests.printing import ENDINGS, MINUTE, NINE, SMALL, Blob, Container, joins, small_platform

prints = st.tuples(st.integers(0, 3), st.lists(st.integers(0, 60), min_size=1, max_size=12), st.booleans())
reads = st.sampled_from(["read", "read", "dies", "same"])


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(
    st.lists(st.one_of(prints, reads), max_size=30),
    st.sampled_from(ENDINGS),
    st.sampled_from([3_000, 900]),
    st.booleans(),
)
def test_any_readings_give_the_whole_log_or_exactly_the_marked_cuts(
    story: list[tuple[int, list[int], bool] | str], ending: Callable[..., bytes], running: int, dies: bool
) -> None:
    container, blob, number, when = Container(), Blob(), 0, 0
    with small_platform(RUNNING_BYTES=running):
        for act in story:
            if isinstance(act, str):
                reading = container.running(running)
                blob.step(reading, dies=act == "dies")
                if act == "same":
                    assert blob.step(reading) == b""
                continue
            later, lengths, unfinished = act
            when += 10**later if later else 0
            for length in lengths:
                number += 1
                container.prints(when, f"line {number} {'x' * length}\n")
            if unfinished:
                container.prints(when, f"part {number}")
        end = ending(container, SMALL["ENDED_BYTES"], SMALL["ENDED_LINES"])
        blob.step(end, final=True, dies=dies)
        assert dies or blob.step(end, final=True) == b""
        blob.step(end, final=True)
    marked = joins(blob.whole, container.whole)
    assert blob.kept.cut is (marked > 0)


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 120), st.booleans()), min_size=1, max_size=60),
    st.sampled_from(ENDINGS),
)
def test_nothing_is_cut_as_long_as_little_is_printed_between_two_readings(
    story: list[tuple[int, int, bool]], ending: Callable[..., bytes]
) -> None:
    container, blob, when, unread = Container(), Blob(), 0, 0
    with small_platform():
        for number, (later, length, reads) in enumerate(story):
            text = f"line {number} {'x' * length}\n"
            if unread + len(text) + 60 > 200:
                blob.step(container.running(3_000), dies=reads)
                blob.step(container.running(3_000))
                unread = 0
            when += 1 + later * 7
            container.prints(when, text)
            unread += len(text) + 30
        blob.step(ending(container, SMALL["ENDED_BYTES"], SMALL["ENDED_LINES"]), final=True)
    first_was_cut = not blob.kept.parts > 1 and blob.kept.cut
    assert blob.whole == container.whole or first_was_cut


def test_a_step_that_is_done_twice_is_done_once() -> None:
    container, blob = Container(), Blob()
    container.prints(1, "one\ntwo\n")
    blob.step(container.running())
    container.prints(2, "three\n")
    blob.step(container.running(), dies=True)
    container.prints(3, "four\n")
    blob.step(container.running(), dies=True)
    assert blob.step(container.running()) == b"three\nfour\n"
    assert blob.step(container.running()) == b""
    assert (blob.whole, blob.kept.parts) == (b"one\ntwo\nthree\nfour\n", 2)


def test_equal_lines_of_one_instant_are_counted() -> None:
    """Eight kilobytes that a program prints at once have one instant, and many a line is like the one before."""
    container, blob = Container(), Blob()
    container.prints(0, "begins\n")
    for _ in range(3):
        container.prints(5, "x\nx\n")
        blob.step(container.running())
    assert blob.whole == b"begins\n" + b"x\n" * 6
    assert blob.kept.same == 6


def test_a_reading_that_begins_within_the_last_instant_is_joined_by_the_text() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "".join(f"line {number}\n" for number in range(5_000)))
    blob.step(container.running())
    container.prints(0, "and the end\n")
    blob.step(container.ended(), final=True)
    assert blob.whole == container.whole
    assert not blob.kept.cut


def test_where_lines_were_lost_a_line_says_so() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "begins\n")
    blob.step(container.running())
    for number in range(3_000):
        container.prints(number + 1, f"line {number}\n")
    blob.step(container.ended(), final=True)
    assert blob.kept.cut
    begin, _, end = blob.whole.partition(GAP)
    assert begin == b"begins\n"
    assert end.startswith(b"line 2001\n"), "the first line of a cut reading may be the rest of one"
    assert container.whole.endswith(end)


def test_a_log_that_begins_before_its_first_reading_says_so() -> None:
    container, blob = Container(), Blob()
    for number in range(60_000):
        container.prints(number, f"line {number} {'x' * 60}\n")
    blob.step(container.running())
    assert blob.whole.startswith(GAP + b"line ")
    assert container.whole.endswith(blob.whole.removeprefix(GAP))
    container.prints(60_000, "and the end\n")
    blob.step(container.ended(), final=True)
    assert blob.whole.count(GAP) == 1
    assert blob.whole.endswith(b"and the end\n")


def test_a_container_that_the_platform_started_again_begins_a_log_of_its_own() -> None:
    first, second, blob = Container(), Container(), Blob()
    first.prints(0, "first life\n")
    blob.step(first.running())
    second.prints(10**9, "second life\n")
    blob.step(second.running())
    assert blob.whole == b"first life\n" + GAP + b"second life\n"


def test_an_unfinished_line_waits_for_its_end_unless_it_is_long() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "whole\nhal")
    assert blob.step(container.running()) == b"whole\n"
    container.prints(1, "f and half\n" + "." * HELD)
    assert blob.step(container.running()) == b"half and half\n" + b"." * HELD
    container.prints(2, "..\n::watermark::a\n")
    assert blob.step(container.running()) == b"..\n::watermark::a\n"
    assert blob.whole == container.whole
    assert blob.kept.said.value == "a"


def test_a_line_that_goes_on_is_no_new_line_to_the_scheduler() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "." * HELD)
    blob.step(container.running())
    container.prints(1, "::watermark::not a line\n")
    blob.step(container.running())
    assert blob.whole == container.whole
    assert blob.kept.said.value is None


def test_a_gap_after_an_unfinished_line_begins_a_line_of_its_own() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "." * HELD)
    blob.step(container.running())
    for number in range(3_000):
        container.prints(number + 1, f"line {number}\n")
    blob.step(container.ended(), final=True)
    assert blob.whole.startswith(b"." * HELD + b"\n" + GAP)


def test_text_without_an_instant_goes_with_the_line_before_it() -> None:
    blob = Blob()
    blob.step(b"2026-11-22T09:00:01Z one\n  more of it\n")
    blob.step(b"2026-11-22T09:00:01Z one\n  more of it\n  and more\n2026-11-22T09:00:02Z two\n")
    assert blob.whole == b"one\n  more of it\n  and more\ntwo\n"


@pytest.mark.parametrize(
    "instant_text",
    ["2026-11-22T09:00:00Z", "2026-11-22T09:00:00.1Z", "2026-11-22T09:00:00.123456789Z", "2026-11-22T09:00:00+00:00"],
)
def test_an_instant_may_have_any_number_of_decimals_and_no_text(instant_text: str) -> None:
    blob = Blob()
    blob.step(f"{instant_text} one\n{instant_text}\n{instant_text} \n".encode())
    assert blob.whole == b"one\n\n\n"
    assert blob.kept.until == instant_text


def test_a_reading_that_cannot_be_joined_repeats_nothing_however_its_instants_are_written() -> None:
    blob = Blob()
    blob.step(b"2026-11-22T09:00:00Z one\n2026-11-22T09:00:00.5Z gone\n")
    for odd in ("00Z", "00.45Z", "00.5Z", "00.500000000Z", "00.05Z"):
        reading = f"2026-11-22T09:00:{odd} changed\n2026-11-22T09:00:00.51Z two\n2026-11-22T09:00:01Z three\n"
        _, text = splice(blob.kept, reading.encode(), NINE, final=True)
        assert text == GAP + b"two\nthree\n", odd


def test_lines_a_little_out_of_order_are_kept_as_they_come() -> None:
    blob = Blob()
    blob.step(b"2026-11-22T09:00:00.2Z out\n2026-11-22T09:00:00.1Z err\n")
    blob.step(b"2026-11-22T09:00:00.2Z out\n2026-11-22T09:00:00.1Z err\n2026-11-22T09:00:00.15Z late\n", final=True)
    assert blob.whole == b"out\nerr\nlate\n"


def test_a_log_without_instants_is_kept_at_its_end_as_it_is() -> None:
    blob = Blob()
    assert blob.step(b"no instants\n") == b""
    blob.step(b"no instants\n::watermark::a\n", final=True)
    assert (blob.whole, blob.kept.said.value, blob.kept.cut) == (b"no instants\n::watermark::a\n", "a", False)
    blob = Blob()
    blob.step(b"2026-11-22T09:00:00Z one\n")
    blob.step(b"no instants any more\n", final=True)
    assert blob.step(b"no instants any more\n", final=True) == b""
    assert (blob.whole, blob.kept.cut) == (b"one\n" + GAP + b"no instants any more\n", True)


def test_an_end_that_left_no_log_is_a_cut() -> None:
    blob = Blob()
    assert blob.step(b"", final=True) == b""
    assert not blob.kept.cut
    blob.step(b"2026-11-22T09:00:00Z one\n")
    assert blob.step(b"") == b""
    blob.step(b"", final=True)
    assert blob.step(b"", final=True) == b""
    assert (blob.whole, blob.kept.cut) == (b"one\n" + GAP, True)


def test_what_a_job_said_is_heard_in_every_part() -> None:
    container, blob = Container(), Blob()
    container.prints(0, "::watermark::a\n::metric rows::1\n::progress::10 loading\n")
    blob.step(container.running())
    container.prints(1, "::metric files::2\n")
    blob.step(container.running())
    assert (blob.kept.said.value, blob.kept.said.metrics) == ("a", {"rows": 1.0, "files": 2.0})
    container.prints(2, "::watermark::b\n::progress::90 soon\n")
    blob.step(container.ended(), final=True)
    assert (blob.kept.said.value, blob.kept.said.progress) == ("b", "90 soon")
    container.prints(3, "::watermark::\n")
    blob.step(container.ended(), final=True)
    assert (blob.kept.said.value, blob.kept.said.fault) == (None, "its watermark line is empty")


def test_secrets_are_taken_out_before_anything_is_kept_or_heard() -> None:
    def masked(text: bytes) -> bytes:
        return text.replace(b"hunter2", b"***")

    reading = b"2026-11-22T09:00:00Z the word is hunter2\n2026-11-22T09:00:01Z ::watermark::hunter2\n"
    kept, text = splice(Kept(), reading, NINE, final=False, masked=masked)
    assert text == b"the word is ***\n::watermark::***\n"
    assert "hunter2" not in kept.note
    other, _ = splice(Kept(), reading.replace(b"hunter2", b"***"), NINE, final=False)
    assert kept.digest == other.digest, "not even a digest knows of it"
    more = reading + b"2026-11-22T09:00:02Z hunter2 again\n"
    kept, text = splice(kept, more, NINE + MINUTE, final=True, masked=masked)
    assert text == b"*** again\n"
