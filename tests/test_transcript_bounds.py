"""A log that is longer than what is kept of one: its middle goes, and nothing of it stands twice."""

import pytest

from scheduler.kept import Kept
from scheduler.transcript import END, HELD, MIDDLE, MOST_KEPT
from tests.printing import Blob, Container, joins, small_platform

MEDIUM = {"RUNNING_BYTES": 512 * 1024, "MOST_KEPT": 2 * 1024 * 1024, "END": 8 * 1024}


def noisy(container: Container, minute: int) -> bytes:
    """Print 375 KB within a minute."""
    text = [f"{minute} {number} {'x' * 990}\n" for number in range(375)]
    for number, line in enumerate(text):
        container.prints(minute * 60 * 10**9 + number, line)
    return "".join(text).encode()


@pytest.mark.parametrize("slow", [0, 1, 30])
def test_a_log_is_bounded_and_its_middle_is_what_goes(slow: int) -> None:
    container, blob, most, end = Container(), Blob(), MEDIUM["MOST_KEPT"], MEDIUM["END"]
    with small_platform(**MEDIUM, ENDED_BYTES=2_000, ENDED_LINES=100, HELD=HELD):
        for minute in range(9):
            noisy(container, minute)
            blob.step(container.running(512 * 1024))
            assert len(blob.whole) <= most
        for number in range(slow):
            container.prints((10 + number) * 60 * 10**9, f"slow {number}\n")
            blob.step(container.running(512 * 1024))
        container.prints(10**13, "the end\n")
        blob.step(container.ended(2_000, 100), final=True)
    assert joins(blob.whole, container.whole) == 1
    before, _, behind = blob.whole.partition(MIDDLE)
    assert len(before) > most - 512 * 1024
    assert end - 1_100 <= len(behind) <= 2 * end
    assert len(blob.whole) <= most
    assert (blob.kept.cut, blob.kept.parts) == (True, len(blob.parts))


def test_a_log_that_becomes_too_long_with_its_last_reading_is_cut_there() -> None:
    blob = Blob(Kept(parts=1, size=MOST_KEPT - 2 * END - 200), [b"x" * (MOST_KEPT - 2 * END - 200)])
    container = Container()
    container.prints(0, "the end\n" * 100)
    blob.step(container.ended(), final=True)
    assert blob.whole.endswith(MIDDLE + b"the end\n" * 100)
    assert (blob.kept.parts, blob.kept.cut, blob.kept.end) == (2, True, 800)


def test_the_end_of_a_log_that_is_too_long_repeats_nothing_that_stands_before_its_middle() -> None:
    container, blob = Container(), Blob(Kept(parts=1, size=MOST_KEPT - 2 * END - 1_000), [b""])
    container.prints(0, "early\n" * 100)
    blob.step(container.running())
    for number in range(1, 4):
        container.prints(number, f"line {number}\n" * 100)
        blob.step(container.running())
    late = b"".join(f"line {number}\n".encode() * 100 for number in range(1, 4))
    assert blob.whole == b"early\n" * 100 + MIDDLE + late
    assert blob.kept.parts == 3
