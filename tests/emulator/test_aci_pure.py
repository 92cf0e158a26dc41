"""The pure rooms: logs, images, allowance, states."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aci_emulator.allowance import Allowance
from aci_emulator.limits import Limits
from aci_emulator.logs import Log
from aci_emulator.runtimes.images import read_catalogue
from aci_emulator.runtimes.watcher import groups_left
from aci_emulator.states import ALWAYS, NEVER, ON_FAILURE, State, View, back_off, group_state

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


def printed(*pieces: bytes) -> Log:
    """A log whose pieces came one second apart from nine o'clock on."""
    log = Log()
    for second, piece in enumerate(pieces):
        log.append(NINE + timedelta(seconds=second), piece)
    return log


def test_a_running_log_keeps_the_last_4_mb() -> None:
    log = printed(b"first", b"x" * int(Limits().log_running), b"last")
    assert len(log.text()) == int(Limits().log_running)
    assert log.text().endswith("xlast")


@pytest.mark.parametrize(
    ("what", "output", "kept"),
    [
        ("little", b"a\nb", b"a\nb"),
        ("16 KB", b"x" * 20_000 + b"\nend\n", (b"x" * 20_000 + b"\nend\n")[-int(Limits().log_stopped) :]),
        ("1,000 lines", b"".join(b"%d\n" % n for n in range(1_500)), b"".join(b"%d\n" % n for n in range(500, 1_500))),
        ("a last line without its end counts", b"y\n" * 1_000 + b"z", b"y\n" * 999 + b"z"),
        ("nothing", b"", b""),
    ],
)
def test_a_stopped_log_keeps_16_kb_or_1000_lines_whichever_is_less(what: str, output: bytes, kept: bytes) -> None:
    for pieces in ([output], [output[i : i + 700] for i in range(0, len(output), 700)]):
        log = printed(*pieces)
        log.settle()
        assert log.text().encode() == kept, what


@pytest.mark.parametrize(
    ("tail", "text"), [(0, ""), (1, "three"), (2, "two\nthree"), (3, "one\ntwo\nthree"), (9, "one\ntwo\nthree")]
)
def test_a_tail_counts_lines_from_the_end(tail: int, text: str) -> None:
    assert printed(b"one\ntwo\nthree").text(tail) == text


def test_a_lines_instant_is_that_of_its_first_byte() -> None:
    log = printed(b"on", b"e\ntwo\nth", b"ree\n")
    assert log.text(timestamps=True).splitlines() == [
        "2026-11-22T09:00:00.000000Z one",
        "2026-11-22T09:00:01.000000Z two",
        "2026-11-22T09:00:01.000000Z three",
    ]
    assert log.text(1, timestamps=True) == "2026-11-22T09:00:01.000000Z three\n"


def test_a_character_that_came_in_two_pieces_is_whole() -> None:
    assert printed(b"\xc3", b"\xa9").text() == "é"


def test_millions_of_tiny_lines_stay_within_4_mb_with_instants_too() -> None:
    log = printed(b"\n" * int(Limits().log_running))
    assert len(log.text(timestamps=True)) == int(Limits().log_running)


def test_single_bytes_do_not_pile_up_as_pieces() -> None:
    log = Log()
    for _ in range(40_000):
        log.append(NINE, b"x")
    assert len(log.text()) == 40_000
    assert len(log._pieces) < 17_000


def test_an_exact_name_wins_then_the_first_glob_in_the_files_order(tmp_path: Path) -> None:
    path = tmp_path / "images.json"
    path.write_text(json.dumps({"a*": {"command": ["1"]}, "ab*": {"command": ["2"]}, "abc": {"command": ["3"]}}))
    catalogue = read_catalogue(path)
    found = [catalogue.find(name) for name in ("abc", "abx", "b", "ABC")]
    assert [image.command if image else None for image in found] == [("3",), ("1",), None, None]


def test_a_digest_changes_with_the_name_and_with_the_definition(tmp_path: Path) -> None:
    path = tmp_path / "images.json"
    digests = set()
    for command in (["1"], ["2"]):
        path.write_text(json.dumps({"*": {"command": command}}))
        for name in ("a", "b"):
            for _ in range(2):
                image = read_catalogue(path).find(name)
                assert image is not None
                digests.add(image.digest(name))
    assert len(digests) == 4
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in digests)


def test_the_allowance_never_goes_below_nothing() -> None:
    allowance = Allowance()

    def left(after: timedelta) -> list[str]:
        return list(allowance.remaining(NINE + after, 300, 100).values())

    for _ in range(301):
        allowance.take(NINE)
    assert left(timedelta()) == ["0", "0"]
    assert left(timedelta(minutes=5)) == ["0", "100"]
    assert left(timedelta(hours=1)) == ["300", "100"]


def test_a_request_waits_for_the_narrower_window() -> None:
    allowance = Allowance()
    for minute in range(3):
        allowance.take(NINE + timedelta(minutes=minute))
    now = NINE + timedelta(minutes=3)
    assert allowance.wait(now, 10, 4) == 0
    assert allowance.wait(now, 10, 3) == 120
    assert allowance.wait(now, 10, 2) == 180
    assert allowance.wait(now, 3, 10) == 57 * 60
    assert allowance.wait(now, math.inf, math.inf) == 0
    assert allowance.wait(now, math.inf, 0) == 300


def test_the_back_off_doubles_from_10_seconds_to_5_minutes() -> None:
    assert [back_off(restarts) for restarts in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert back_off(10_000) == 300


def view(code: int | None) -> View:
    """A container that runs, or ended with `code`."""
    return View(State("Running") if code is None else State("Terminated", exit_code=code))


@pytest.mark.parametrize(
    ("codes", "always", "on_failure", "never"),
    [
        ((None,), "Running", "Running", "Running"),
        ((0,), "Running", "Succeeded", "Succeeded"),
        ((1,), "Running", "Running", "Failed"),
        ((0, None), "Running", "Running", "Running"),
        ((0, 0), "Running", "Succeeded", "Succeeded"),
        ((0, 1), "Running", "Running", "Failed"),
    ],
)
def test_the_groups_state_from_its_containers(
    codes: tuple[int | None, ...], always: str, on_failure: str, never: str
) -> None:
    views = [view(code) for code in codes]
    for policy, state in ((ALWAYS, always), (ON_FAILURE, on_failure), (NEVER, never)):
        assert group_state(policy, views, stopped=False, pending=False) == state
        assert group_state(policy, views, stopped=True, pending=True) == "Stopped"
        assert group_state(policy, views, stopped=False, pending=True) == "Pending"


def test_the_watcher_kills_what_was_announced_and_not_taken_back() -> None:
    assert groups_left(["+1\n", "+2\n", "-1\n", "-9\n"]) == {2}
