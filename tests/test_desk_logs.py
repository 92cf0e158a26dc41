"""A run's log, part by part: never whole, never torn, never harmful, and never with a secret in it."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import identity, transcript
from scheduler.desk import logs, runs
from scheduler.desk.faults import Wrong
from scheduler.desk.logs import LogPart
from scheduler.desk.runline import RunLine
from scheduler.identity import run_key
from scheduler.ports import Unknown
from tests.world import World, at, key

JOB = "weather/extract"
REF = "2026-11-22T10:00:00Z.1"
SECRET = "https://kv-1.vault.azure.net/secrets/api-key"
VALUE = 'pa55/word with "quotes"'


def going(*, duration: float | None = 3_000, until: str = "10:01", **columns: Any) -> World:
    """An hourly job whose run prints a line every ten seconds, its secret in some, and goes on."""
    world = World("09:00")
    world.secrets.put(SECRET, VALUE)
    world.groups.behave(
        start_delay=5,
        duration=duration,
        log=lambda env: [(number * 10.0, f"line {number} {env['API_KEY']}\n") for number in range(400)],
    )
    world.add(JOB, Schedule="0 10 * * *", Image="weather:1", SecureEnv=json.dumps({"API_KEY": SECRET}), **columns)
    world.ticks("09:01", "10:00")
    minute = 0
    while world.clock.now < at(until):
        minute += 1
        world.tick(f"10:{minute:02d}")
    return world


def line(world: World, ref: str = REF) -> RunLine:
    return runs.run(world.ports, key(JOB), ref)


def log_name(line: RunLine) -> str:
    assert line.claim
    return identity.log_name(line.claim.job, line.claim.run_id)


def part(world: World, start: int = 0, length: int = logs.MOST) -> LogPart:
    return logs.part(world.ports, line(world), start, length)


def kept(text: bytes, **columns: Any) -> tuple[World, RunLine]:
    """A closed run with a log of these bytes."""
    world = World("12:00")
    cells = {"State": "Succeeded", "Due": at("10:00"), "Attempt": 1, "Log": "weather/extract/x.log", **columns}
    world.runs_table.put(run_key(key(JOB), at("10:00"), 1), cells)
    world.logs.write("weather/extract/x.log", text)
    return world, line(world)


def every(world: World, run: RunLine, length: int) -> list[LogPart]:
    """Read a whole log in parts."""
    found = [logs.part(world.ports, run, 0, length)]
    while found[-1].more:
        found.append(logs.part(world.ports, run, found[-1].next, length))
    return found


def test_a_log_of_fifty_megabytes_is_paged_and_never_loaded() -> None:
    text = b"0123456789abcde\n" * (50 * 1024 * 64)
    world, run = kept(text)
    first = logs.part(world.ports, run)
    assert (len(first.text), first.next, first.size, first.more) == (256 * 1024, 256 * 1024, 50 * 1024 * 1024, True)
    last = logs.part(world.ports, run, -1000)
    assert last.text == text[-992:].decode()
    assert (last.start, last.next, last.more, last.growing) == (len(text) - 992, len(text), False, False)
    assert world.journal.matching("logs.*")[1:] == ["logs.read weather/extract/x.log"] * 3
    assert world.journal.matching("groups.*") == []


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from("aß€🌧\n\r\x1b[31m;\x00\x9b\u202e"), max_size=200),
    length=st.integers(logs.LEAST, 40),
)
def test_parts_put_together_are_the_whole_log(text: str, length: int) -> None:
    """Wherever a part ends: within a character, an escape sequence or a line break."""
    world, run = kept(text.encode())
    parts = every(world, run, length)
    whole = logs.part(world.ports, run)
    if "\x1b" not in text and "\x9b" not in text:
        assert "".join(one.text for one in parts) == whole.text
    assert all(one.start == before.next for before, one in pairwise(parts))
    assert parts[-1].next == whole.next == len(text.encode())
    assert not set(whole.text) & set("\x1b\x00\r\x9b\u202e")


@settings(derandomize=True, max_examples=100, deadline=None)
@given(data=st.binary(max_size=100), length=st.integers(logs.LEAST, 40))
def test_bytes_that_are_no_text_come_to_an_end_too(data: bytes, length: int) -> None:
    world, run = kept(data)
    parts = every(world, run, length)
    assert parts[-1].next == len(data)
    assert len(parts) <= len(data) + 1


def test_colours_that_stand_across_two_parts_are_taken_away_whole() -> None:
    world, run = kept(b"x" * 14 + b"\x1b[1;31mred\x1b[0m\n")
    assert [one.text for one in every(world, run, 16)] == ["x" * 14, "red\n"]


def test_a_part_that_counts_from_the_end_begins_with_a_line() -> None:
    world, run = kept(b"first line\nsecond line\nlast line\n")
    assert logs.part(world.ports, run, -25).text == "second line\nlast line\n"
    assert logs.part(world.ports, run, -1000).text == "first line\nsecond line\nlast line\n"


def test_a_part_that_begins_within_a_character_leaves_its_rest_out() -> None:
    world, run = kept("€ and £ and so on\n".encode())
    assert [logs.part(world.ports, run, start).text[:5] for start in range(5)] == ["€ and", *[" and "] * 3, "and £"]
    assert logs.part(world.ports, run, 1).start == 3


def test_behind_the_end_of_a_log_there_is_nothing() -> None:
    world, run = kept(b"all there is\n")
    assert logs.part(world.ports, run, 99) == LogPart("", 99, 99, 13)


def test_a_log_that_was_removed_and_one_that_never_was_say_so() -> None:
    world, run = kept(b"old\n")
    world.logs.remove("weather/extract/x.log")
    assert logs.part(world.ports, run).note.startswith("The log is not there any more")
    world, run = kept(b"", Log="")
    assert logs.part(world.ports, run).note == "No log was kept: it printed nothing, or its reason says why."
    world, run = kept(b"", State="Skipped", Log="")
    assert logs.part(world.ports, run).note == "A due time that was let pass has no log."


def test_a_store_that_does_not_answer_is_told_in_place_of_the_log() -> None:
    world, run = kept(b"text\n")
    world.logs.order("unavailable", "read", times=None)
    told = logs.part(world.ports, run, 3)
    assert (told.text, told.start, told.next) == ("", 3, 3)
    assert told.note.startswith("unavailable")


@pytest.mark.parametrize("length", [0, -5, logs.LEAST - 1, logs.MOST + 1])
def test_a_part_is_neither_too_short_nor_too_long(length: int) -> None:
    world, run = kept(b"text\n")
    with pytest.raises(Wrong, match=rf"^length is {length}: it must be a number from 16 to 262,144\.$"):
        logs.part(world.ports, run, 0, length)


def test_a_run_that_is_going_shows_what_its_container_says_now() -> None:
    world = going()
    told = part(world)
    assert told.text.splitlines()[-1] == "line 5 ***"
    assert (told.growing, told.more, told.note) == (True, False, "")
    assert log_name(line(world)) not in world.logs.blobs


def test_its_secret_is_never_seen_not_even_in_what_it_says_of_its_progress() -> None:
    world = World("09:00")
    world.secrets.put(SECRET, VALUE)
    world.groups.behave(
        start_delay=5,
        duration=None,
        log=lambda env: f"{env['API_KEY']}\n{json.dumps(env['API_KEY'])}\n::progress::40 {env['API_KEY']}\n",
    )
    world.add(JOB, Schedule="0 10 * * *", Image="weather:1", SecureEnv=json.dumps({"API_KEY": SECRET}))
    world.ticks("09:01", "10:00", "10:01")
    told = part(world)
    assert (told.text, told.progress) == ('***\n"***"\n::progress::40 ***\n', "40 ***")


def test_without_its_secrets_nothing_of_what_it_says_is_shown() -> None:
    world = going()
    world.secrets.deny(SECRET)
    told = part(world)
    assert told.text == ""
    assert told.note == (
        "What its container says now is not shown: its secrets could not be read, to take them out of it."
    )
    assert told.growing


def test_a_reader_who_follows_a_log_gets_each_line_once_from_its_beginning_to_its_end() -> None:
    """While parts of it are kept by ticks, and after its end."""
    world = going(duration=900)
    seen, at_ = "", 0
    for minute in range(2, 20):
        for second in (0, 20, 40):
            world.clock.to(f"10:{minute:02d}:{second:02d}")
            told = part(world, at_)
            seen, at_ = seen + told.text, told.next
        world.tick(f"10:{minute + 1:02d}")
    assert line(world).state == "Succeeded"
    told = part(world, at_)
    assert (seen + told.text).splitlines() == [f"line {number} ***" for number in range(91)]
    assert not told.growing
    assert told.next == told.size == len(world.log(line(world).log_name))


def test_a_view_makes_few_calls_and_many_readers_as_many_as_one() -> None:
    world = going(until="10:05")
    run = line(world)
    world.journal.clear()
    for _ in range(20):
        logs.part(world.ports, run)
    assert len(world.journal.matching("groups.log *")) == 1
    assert len(world.journal.matching("secrets.read *")) == 1
    assert len(world.journal.matching("logs.note *")) == 1
    assert world.journal.matching("groups.get *") == []
    world.clock.passes(3)
    logs.part(world.ports, run)
    assert len(world.journal.matching("groups.log *")) == 2


def test_a_container_that_does_not_answer_leaves_what_is_kept() -> None:
    world = going(until="10:06")
    world.groups.faults.order("unavailable", "log", times=None)
    told = part(world)
    assert told.text.startswith("line 0 ***\n")
    assert told.note.startswith("What its container says now cannot be read: ")
    assert told.growing


def test_a_tick_that_keeps_more_at_this_moment_makes_no_line_come_twice() -> None:
    world = going(until="10:02")
    run = line(world)
    before = logs.part(world.ports, run)
    world.clock.to("10:03:59.500")
    logs.part(world.ports, run)
    world.tick("10:04")
    # Within the moment for which the reading is good, the kept log has grown: it alone counts.
    told = logs.part(world.ports, line(world), before.next)
    lines = (before.text + told.text).splitlines()
    assert lines == [f"line {number} ***" for number in range(len(lines))]
    assert len(lines) > before.text.count("\n")
    assert world.log(log_name(run)).endswith(f"{lines[-1]}\n")


def test_of_a_log_that_is_too_long_only_what_is_kept_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end part is written anew with each reading: nothing can be put behind it."""
    monkeypatch.setattr(transcript, "MOST_KEPT", 2_000)
    monkeypatch.setattr(transcript, "END", 400)
    world = going(until="10:50")
    kept_log = world.log(log_name(line(world)))
    assert "lines are missing here" in kept_log
    told = part(world)
    assert told.text == kept_log
    assert (
        told.note
        == "The log is longer than 16 MiB: its middle is left out, and its newest lines come when they are kept."
    )
    assert told.growing


def test_an_existing_group_shows_nothing_of_the_run_before() -> None:
    world = World("09:00")
    world.groups.provision("shared", "weather:1")
    world.groups.behave(start_delay=90, duration=20, log="what the last one said\n")
    world.add(JOB, Schedule="0 * * * *", ContainerGroup="shared")
    world.ticks("09:01", "10:00", *(f"10:{minute:02d}" for minute in range(1, 6)))
    assert line(world).state == "Succeeded"
    world.ticks("11:00", "11:01")
    told = logs.part(world.ports, line(world, "2026-11-22T11:00:00Z.1"))
    assert (told.text, told.growing) == ("", True)
    world.clock.to("11:01:40")
    world.ticks("11:01:45")
    told = logs.part(world.ports, line(world, "2026-11-22T11:00:00Z.1"))
    assert told.text == "what the last one said\n"


def test_an_attempt_that_waits_has_no_log_yet() -> None:
    world = World("09:00")
    world.groups.behave(duration=5, exit_code=3)
    world.add(JOB, Schedule="0 * * * *", Image="weather:1", Retries=1, RetryDelay="10m")
    world.ticks("09:01", "10:00", "10:01")
    told = logs.part(world.ports, line(world, "2026-11-22T10:00:00Z.2"))
    assert (told.text, told.note, told.growing) == ("", "It has not begun.", True)


def test_a_log_is_read_whole_in_pieces_for_whoever_downloads_it() -> None:
    text = bytes(range(256)) * 3_000
    world, run = kept(text)
    pieces = list(logs.whole(world.ports, run))
    assert b"".join(pieces) == text
    assert max(map(len, pieces)) == logs.MOST
    world.logs.order("unavailable", "read")
    with pytest.raises(Unknown):
        list(logs.whole(world.ports, run))
