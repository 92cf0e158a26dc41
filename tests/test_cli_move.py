"""A move to other tables: runs that are going, and due times that pass meanwhile, against Azurite and the emulator."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.row import iso
from tests.servers import Azurite
from tests.typist import Typist, settings, terminal

pytestmark = pytest.mark.azurite

JOB = "weather/extract"
IMAGES = {
    "hello": {"command": ["python", "-c", "print('::watermark::monday')"]},
    "dated": {"command": ["python", "-c", "import os; print('::watermark::' + os.environ['DUE'])"]},
    "sleeper": {"command": ["python", "-c", "import time; time.sleep(3600)"]},
}
#: After a row's own Timestamp and a container's start, which are of the machine's clock, and far from midnight.
LATER = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)

type Terminal = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def typist(capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(capsys)


@pytest.fixture
def old_and_new(
    azurite: Azurite, emulators: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> tuple[Terminal, Terminal]:
    """Two terminals: tables of their own, and by their settings the same installation."""
    emulator = emulators(IMAGES)
    places = [settings(azurite, emulator) | {"INSTALLATION": "store/Jobs"} for _ in range(2)]

    def opened(place: dict[str, str]) -> Terminal:
        return lambda **changed: terminal(monkeypatch, place | changed)

    return opened(places[0]), opened(places[1])


class Clock:
    """Ticks, each a little later than the one before."""

    def __init__(self, typist: Typist) -> None:
        self.typist, self.now = typist, LATER

    def tick(self, later: timedelta = timedelta(seconds=1)) -> None:
        self.now += later
        assert self.typist.type("tick", "--now", iso(self.now)) == 0, self.typist.err

    def until(self, wanted: Callable[[], bool], most: int = 3_000) -> None:
        for _ in range(most):
            if wanted():
                return
            self.tick()
        pytest.fail(f"it never came: {self.typist.json('runs', JOB)} {self.typist.json('job', 'show', JOB)}")

    def move(self, old: Terminal, new: Terminal, file: Path, *words: str, **changed: str) -> None:
        """Stop one scheduler, carry its tables, and start the other."""
        with old():
            assert self.typist.type("tables", "export", str(file)) == 0, self.typist.err
        self.now += timedelta(minutes=4)
        with new(**changed):
            code = self.typist.type("tables", "import", str(file), *words, now=self.now)
            assert code == 0, self.typist.err

    def row(self) -> dict[str, object]:
        found = self.typist.json("job", "show", JOB)
        assert isinstance(found, dict)
        return found

    def runs(self) -> list[tuple[object, object]]:
        found = self.typist.json("runs", JOB)
        assert isinstance(found, list)
        return [(one["State"], one["Attempt"]) for one in found if one["State"] != "Skipped"]


def test_a_run_that_is_going_is_finished_by_the_new_scheduler_and_not_started_again(
    old_and_new: tuple[Terminal, Terminal], typist: Typist, tmp_path: Path
) -> None:
    (old, new), clock = old_and_new, Clock(typist)
    with old():
        typist.type("job", "add", JOB, "Image=hello", "Request=run", "Timeout=30d")
        clock.tick()
        assert clock.runs() == [("Active", 1)]
    clock.move(old, new, tmp_path / "kept.jsonl")
    with new():
        clock.until(lambda: clock.runs() != [("Active", 1)])
        assert clock.runs() == [("Succeeded", 1)]
        clock.tick()
        assert clock.runs() == [("Succeeded", 1)]
        assert (clock.row()["Watermark"], clock.row()["Active"]) == ("monday", False)


def test_a_run_whose_container_is_gone_with_its_region_is_lost_and_tried_again(
    old_and_new: tuple[Terminal, Terminal], typist: Typist, tmp_path: Path
) -> None:
    (old, new), clock = old_and_new, Clock(typist)
    with old():
        typist.type("job", "add", JOB, "Image=sleeper", "Request=run", "Timeout=30d")
        clock.until(lambda: clock.row().get("Status") == "Running")
    clock.move(old, new, tmp_path / "kept.jsonl", "--runs-are-gone", ACI_RESOURCE_GROUP="elsewhere")
    with new(ACI_RESOURCE_GROUP="elsewhere"):
        for _ in range(5):
            clock.tick(timedelta(minutes=2))
        assert clock.runs() == [("Active", 2), ("Lost", 1)]  # the newest attempt first


def test_where_no_image_is_allowed_what_runs_is_finished_and_what_is_due_waits_for_the_new_scheduler(
    old_and_new: tuple[Terminal, Terminal], typist: Typist, tmp_path: Path
) -> None:
    (old, new), clock = old_and_new, Clock(typist)
    with old():
        typist.type("job", "add", JOB, "Image=hello", "Schedule=@daily", "Request=run", "Timeout=30d")
        clock.tick()
        assert clock.runs() == [("Active", 1)]
    with old(ALLOWED_IMAGES="none"):
        clock.until(lambda: clock.runs() == [("Succeeded", 1)])
        assert clock.row()["Status"] == "Invalid"
        clock.tick(timedelta(days=2))
        clock.tick()
        assert clock.runs() == [("Succeeded", 1)]
    clock.move(old, new, tmp_path / "kept.jsonl", INSTALLATION="another")
    with new(INSTALLATION="another"):
        clock.tick()
        newest = typist.json("runs", JOB)
        assert isinstance(newest, list)
        started = [(one["Trigger"], one["Due"][:10]) for one in newest if one["State"] == "Active"]
        assert started == [("schedule", clock.now.date().isoformat())]


def test_jobs_that_were_lost_come_back_from_an_older_file_and_runs_proves_what_ran_since(
    old_and_new: tuple[Terminal, Terminal], typist: Typist, tmp_path: Path
) -> None:
    (place, _), clock, file = old_and_new, Clock(typist), tmp_path / "kept.jsonl"
    with place():
        typist.type("job", "add", JOB, "Image=dated", "Schedule=@daily", "Timeout=30d")
        clock.until(lambda: clock.runs() == [("Succeeded", 1)])
        before = clock.row()["Watermark"]
        assert typist.type("tables", "export", str(file)) == 0
        clock.now += timedelta(days=1)
        clock.until(lambda: clock.runs() == [("Succeeded", 1)] * 2)
        since = clock.row()["Watermark"]
        clock.now += timedelta(minutes=4)
        assert typist.type("tables", "import", str(file), "--only", "jobs", "--replace", now=clock.now) == 0, typist.err
        assert clock.row()["Watermark"] == before
        clock.tick()
        clock.tick()
        assert clock.runs() == [("Succeeded", 1)] * 2
        assert clock.row()["Watermark"] == since != before
