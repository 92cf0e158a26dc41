"""python -m scheduler loop: a tick a minute without Azure Functions, in virtual time; and once as a real process."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import wiring
from scheduler.commands import loop as rooms
from scheduler.commands.loop import NAP, Loop, times
from scheduler.desk.faults import Wrong
from scheduler.facts.ticks import Ticked
from tests.servers import Azurite
from tests.typist import Typist, settings, terminal

EVERY_MINUTE = "0 * * * * *"


def at(text: str) -> datetime:
    """An instant of the one day that the stories play on."""
    return datetime.fromisoformat(f"2026-11-22T{text}Z")


def summary() -> Ticked:
    return Ticked(seen=3, started=1, finished=0, skipped=0, throttled=0, seconds=0.25)


class Day:
    """A clock that only waiting and ticking move, and who ends the loop at an instant."""

    def __init__(self, begin: str, end: str, schedule: str = EVERY_MINUTE) -> None:
        self.now, self.end = at(begin), at(end)
        self.ticks: list[str] = []
        self.failures: list[str] = []
        self.waits: list[float] = []
        self.lasting: dict[str, timedelta | Exception] = {}
        self.loop = Loop(
            schedule=times(schedule, self.now),
            clock=lambda: self.now,
            tick=self._tick,
            ended=self._ended,
            whole=lambda when, _: self.ticks.append(f"{when:%H:%M:%S}"),
            failed=lambda when, error: self.failures.append(f"{when:%H:%M:%S} {error}"),
        )

    def _tick(self, now: datetime) -> Ticked:
        lasted = self.lasting.get(f"{now:%H:%M:%S}", timedelta(seconds=1))
        if isinstance(lasted, Exception):
            raise lasted
        self.now += lasted
        return summary()

    def _ended(self, seconds: float) -> bool:
        assert 0 <= seconds <= NAP, "a wait that is longer would sleep through a clock that is set"
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        return self.now >= self.end

    def play(self) -> Sequence[str]:
        self.loop.run()
        return self.ticks


def test_a_tick_comes_on_each_whole_minute() -> None:
    assert Day("09:00:10", "09:03:30").play() == ["09:01:00", "09:02:00", "09:03:00"]


def test_a_loop_that_begins_on_the_minute_waits_for_the_next_one() -> None:
    assert Day("09:00:00", "09:01:30").play() == ["09:01:00"]


def test_the_schedule_of_the_setting_is_obeyed() -> None:
    assert Day("09:00:10", "09:30:00", "30 */10 * * * *").play() == ["09:00:30", "09:10:30", "09:20:30"]


def test_a_tick_that_lasts_longer_than_a_minute_does_not_pile_up() -> None:
    day = Day("09:00:10", "09:06:30")
    day.lasting["09:01:00"] = timedelta(minutes=2, seconds=20)
    assert day.play() == ["09:01:00", "09:04:00", "09:05:00", "09:06:00"]


def test_a_tick_that_fails_is_told_and_the_next_one_comes() -> None:
    day = Day("09:00:10", "09:03:30")
    day.lasting["09:02:00"] = ConnectionError("nobody listens")
    assert day.play() == ["09:01:00", "09:03:00"]
    assert day.failures == ["09:02:00 nobody listens"]


def test_the_end_is_heard_while_waiting() -> None:
    day = Day("09:00:10", "09:00:25")
    assert day.play() == []
    assert day.now == at("09:00:25")


def test_the_end_asked_for_during_a_tick_lets_it_come_to_its_end() -> None:
    day = Day("09:00:10", "09:01:02")
    day.lasting["09:01:00"] = timedelta(seconds=40)
    assert day.play() == ["09:01:00"]
    assert day.now == at("09:01:40")
    assert day.waits[-1] == 0


def test_the_end_asked_for_during_a_tick_that_fails_is_heard_too() -> None:
    day = Day("09:00:10", "09:01:00")
    day.lasting["09:01:00"] = ConnectionError("nobody listens")
    day.end = at("09:01:00") + timedelta(microseconds=1)
    day.lasting["09:01:00"] = ConnectionError("nobody listens")

    def failed(when: datetime, error: Exception) -> None:
        day.failures.append(f"{when:%H:%M:%S} {error}")
        day.now += timedelta(seconds=1)

    Loop(day.loop.schedule, day.loop.clock, day.loop.tick, day.loop.ended, day.loop.whole, failed).run()
    assert (day.ticks, day.failures) == ([], ["09:01:00 nobody listens"])


def test_a_clock_that_is_set_forward_is_noticed_within_a_nap() -> None:
    day = Day("09:00:10", "12:01:30")
    ended = day._ended

    def jumped(seconds: float) -> bool:
        if day.now == at("09:00:25"):
            day.now = at("12:00:20")
        return ended(seconds)

    Loop(day.loop.schedule, day.loop.clock, day.loop.tick, jumped, day.loop.whole, day.loop.failed).run()
    assert day.ticks == ["12:00:35", "12:01:00"]


def test_a_schedule_with_an_end_ends_the_loop() -> None:
    assert Day("09:00:10", "10:00:00", "at 2026-11-22T09:05").play() == ["09:05:00"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("*/30 * * * * *", "TICK_SCHEDULE is '*/30 * * * * *', which a loop cannot obey."),
        ("each minute", "TICK_SCHEDULE is 'each minute', which a loop cannot obey."),
        ("manual", "TICK_SCHEDULE is 'manual': it has no time ahead."),
        ("after a/b", "TICK_SCHEDULE is 'after a/b': it has no time ahead."),
        ("at 2020-01-01T00:00", "it has no time ahead. Every minute is `0 * * * * *`."),
    ],
)
def test_a_schedule_that_a_loop_cannot_obey_is_told_at_once(text: str, why: str) -> None:
    with pytest.raises(Wrong) as wrong:
        times(text, at("09:00:00"))
    assert why in str(wrong.value)


# As a command, its ticks and its clock in the test's hand.


@pytest.fixture
def typist(
    azurite: Azurite,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        yield Typist(capsys)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    """Let the command live through a day."""
    day = Day("09:00:10", "09:03:30")

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Any:
            assert tz is UTC
            return day.now

    @contextmanager
    def told() -> Iterator[Callable[[float], bool]]:
        yield day._ended

    monkeypatch.setattr(rooms, "datetime", Clock)
    monkeypatch.setattr(rooms, "_until_told", told)
    monkeypatch.setattr(wiring, "run_tick", day._tick)
    return day


def test_each_tick_is_a_line_and_a_failed_one_a_sentence(typist: Typist, day: Day) -> None:
    day.lasting["09:02:00"] = ConnectionError("nobody listens\nat all")
    assert typist.type("loop", now=day.now) == 0
    line = "tick: 3 rows looked at, 1 started, 0 finished, 0 skipped, in 0.25 s"
    assert typist.out.splitlines() == [f"2026-11-22T09:01:00Z {line}", f"2026-11-22T09:03:00Z {line}"]
    assert typist.err.splitlines() == [
        "A tick at 0 * * * * *, the first at 2026-11-22T09:01:00Z; Ctrl-C ends it.",
        "2026-11-22T09:02:00Z tick failed, the next one tries again: ConnectionError: nobody listens",
    ]


def test_each_tick_can_be_json(typist: Typist, day: Day) -> None:
    assert typist.type("loop", "--json", now=day.now) == 0
    first = json.loads(typist.out.splitlines()[0])
    assert (first["now"], first["started"]) == ("2026-11-22T09:01:00Z", 1)


def test_a_health_check_can_look_at_a_file(typist: Typist, day: Day, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    seen: list[bool] = []
    tick = day._tick

    def looked(now: datetime) -> Ticked:
        seen.append(beat.exists())
        os.utime(beat, (0, 0))
        if len(seen) == 3:
            raise ConnectionError("nobody listens")
        return tick(now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "run_tick", looked)
        assert typist.type("loop", "--beat", str(beat), now=day.now) == 0
    assert seen == [True, True, True]
    assert beat.stat().st_mtime == 0, "the last tick failed: it is not a sign of life"


def test_a_file_that_cannot_be_written_is_told_at_once(typist: Typist, day: Day, tmp_path: Path) -> None:
    assert typist.type("loop", "--beat", str(tmp_path / "none" / "beat"), now=day.now) == 2
    assert "which cannot be written: No such file or directory." in typist.err
    assert typist.out == ""


def test_settings_that_no_tick_can_work_with_are_told_at_once(
    typist: Typist, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACI_LOCATION")
    assert typist.type("loop", now=day.now) == 2
    assert "ACI_LOCATION is not set" in typist.err
    wiring.world.cache_clear()
    monkeypatch.setenv("ACI_LOCATION", "westeurope")
    monkeypatch.setenv("TICK_SCHEDULE", "soon")
    assert typist.type("loop", now=day.now) == 2
    assert "TICK_SCHEDULE is 'soon'" in typist.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_wakes_who_waits_and_the_handlers_of_before_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with rooms._until_told() as ended:
        assert not ended(0)
        signal.raise_signal(number)
        assert ended(60)
        assert ended(0)
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    with rooms._until_told():
        signal.raise_signal(signal.SIGINT)
        assert left == []
        signal.raise_signal(signal.SIGINT)
    assert left == [130]


def test_a_clock_that_is_set_back_while_it_waits_is_noticed() -> None:
    day = Day("09:00:10", "23:00:00")
    waited = day.loop.ended

    def back(seconds: float) -> bool:
        if len(day.waits) == 1:
            day.now, day.end = at("07:30:05"), at("07:32:30")
        return waited(seconds)

    replace(day.loop, ended=back).run()
    assert day.ticks == ["07:31:00", "07:32:00"]
