"""The small host's timer, in virtual time: the calendar of the Functions timer extension."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.host import resolved
from local.timer import Fire, Status, checked, keep, next_after

EVERY_MINUTE = "0 * * * * *"
EVERY_FIVE = "0 */5 * * * *"


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{time}").replace(tzinfo=UTC)


class EnoughError(Exception):
    """The story has seen all its runs."""


class Story:
    """A host's life in virtual time, from `start` on; each run takes its number of seconds."""

    def __init__(self, start: datetime, runs: Sequence[int]) -> None:
        self._now = start
        self._runs = list(runs)
        self.fired: list[tuple[str, bool]] = []
        self.running = 0

    def now(self) -> datetime:
        return self._now

    async def wait_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    async def invoke(self, fire: Fire) -> None:
        self.running += 1
        assert self.running == 1, "two runs overlap"
        self.fired.append((f"{self._now:%H:%M:%S}", fire.past_due))
        self._now += timedelta(seconds=self._runs.pop(0))
        self.running -= 1
        if not self._runs:
            raise EnoughError


def live(memory: Path, start: datetime, runs: Sequence[int], schedule: str = EVERY_MINUTE) -> list[tuple[str, bool]]:
    story = Story(start, runs)
    with pytest.raises(EnoughError):
        asyncio.run(keep(schedule, story, memory, story.invoke))
    return story.fired


def test_a_first_start_waits_for_the_minute_and_is_not_past_due(tmp_path: Path) -> None:
    assert live(tmp_path / "tick.json", at("10:00:30"), [2, 2]) == [("10:01:00", False), ("10:02:00", False)]


def test_a_host_that_was_down_fires_once_past_due_however_much_it_missed(tmp_path: Path) -> None:
    live(tmp_path / "tick.json", at("10:00:30"), [2])
    assert live(tmp_path / "tick.json", at("13:00:30"), [2, 2]) == [("13:00:30", True), ("13:01:00", False)]


def test_a_host_that_missed_nothing_is_not_past_due(tmp_path: Path) -> None:
    live(tmp_path / "tick.json", at("10:00:30"), [2], EVERY_FIVE)
    Status(EVERY_FIVE, at("10:10:00")).write(tmp_path / "tick.json")
    assert live(tmp_path / "tick.json", at("10:06:00"), [2], EVERY_FIVE) == [("10:10:00", False)]


def test_a_host_killed_in_the_middle_of_a_run_is_past_due_when_it_comes_back(tmp_path: Path) -> None:
    Status(EVERY_MINUTE, at("10:01:00")).write(tmp_path / "tick.json")
    assert live(tmp_path / "tick.json", at("10:01:20"), [2]) == [("10:01:20", True)]


def test_a_changed_schedule_is_not_past_due(tmp_path: Path) -> None:
    Status(EVERY_MINUTE, at("10:01:00")).write(tmp_path / "tick.json")
    assert live(tmp_path / "tick.json", at("12:01:00"), [2], EVERY_FIVE) == [("12:05:00", False)]


def test_a_run_that_outlasts_the_next_time_is_followed_by_one_run_at_once(tmp_path: Path) -> None:
    assert live(tmp_path / "tick.json", at("10:00:30"), [200, 5, 5]) == [
        ("10:01:00", False),
        ("10:04:20", False),
        ("10:05:00", False),
    ]


def test_a_memory_that_cannot_be_read_is_a_first_start(tmp_path: Path) -> None:
    (tmp_path / "tick.json").write_text('{"Schedule": "0 * * * * *", "Next": 5}')
    assert live(tmp_path / "tick.json", at("13:00:30"), [2]) == [("13:01:00", False)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 * * * * *", "2026-11-22T10:01:00+00:00"),
        ("*/10 * * * * *", "2026-11-22T10:00:40+00:00"),
        ("0 30 9 * * 1-5", "2026-11-23T09:30:00+00:00"),
    ],
)
def test_the_next_time_is_read_with_seconds_first(schedule: str, expected: str) -> None:
    assert next_after(schedule, at("10:00:30")).isoformat() == expected


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ("* * * * *", "six fields are needed"),
        ("0 61 * * * *", "no NCRONTAB"),
        ("0 0 0 13 * FRI", "not both"),
    ],
)
def test_a_schedule_that_this_host_would_keep_wrongly_is_refused(schedule: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked(schedule)


def test_a_setting_in_percent_signs_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICK_SCHEDULE", EVERY_FIVE)
    assert (resolved("%TICK_SCHEDULE%"), resolved("0 0 * * * *")) == (EVERY_FIVE, "0 0 * * * *")


def test_a_setting_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TICK_SCHEDULE", raising=False)
    with pytest.raises(ValueError, match="TICK_SCHEDULE is not set"):
        resolved("%TICK_SCHEDULE%")
