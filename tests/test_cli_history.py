"""history, typed against a real Azurite with runs that were put there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler import wiring
from scheduler.identity import run_key
from scheduler.ports import Insert
from scheduler.recent import Past, write
from scheduler.row import Value
from scheduler.run import State
from tests.servers import Azurite
from tests.typist import NOW, Typist, settings, terminal

pytestmark = pytest.mark.azurite

JOB = "weather/extract"
KEY = ("weather", "extract")
HOUR = timedelta(hours=1)
TOO_FEW = (
    "Too few runs succeeded to say whether it gets slower: 2 in the last day, 0 in the day before; it takes 7 in each."
)


@pytest.fixture
def typist(azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        typed = Typist(capsys)
        assert typed.type("job", "add", JOB, "Image=x", "Schedule=@hourly") == 0, typed.err
        yield typed


def due(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def put(*rows: tuple[datetime, int, dict[str, Value]]) -> None:
    told: dict[str, Value] = {"State": "Succeeded", "Trigger": "schedule", "Duration": 60.0}
    several = [Insert(run_key(KEY, when, attempt), {**told, "Due": when, **cells}) for when, attempt, cells in rows]
    for first in range(0, len(several), 100):
        wiring.world().runs.submit(several[first : first + 100])


def test_each_day_is_a_line_with_a_bar_and_below_stands_what_they_come_to(typist: Typist) -> None:
    put(
        (due(20, 0), 1, {"Duration": 30.0, "Cost": 0.25}),
        (due(20, 1), 1, {"State": "Failed", "Duration": 5.0}),
        (due(20, 1), 2, {"State": "Failed", "Duration": 5.0}),
        (due(20, 2), 1, {"State": "Skipped", "From": due(20, 2)}),
        (due(22, 0), 1, {}),
        (due(22, 1), 1, {}),
        (due(18, 1), 1, {}),
    )
    assert typist.type("history", JOB, "--days", "4") == 0, typist.err
    head, first, second, *told = typist.out.splitlines()
    assert " ".join(head.split()) == "DAY RUNS FAILED SKIPPED SUCCESS MEDIAN 95 % LONGEST SLOW COST"
    assert " ".join(first.split()) == f"2026-11-20 2 1 1 50 % 30 s 30 s 30 s - 0.2500 {'=' * 12}"
    assert " ".join(second.split()) == f"2026-11-22 2 0 0 100 % 1 min 1 min 1 min - - {'=' * 24}"
    assert told == [
        "= half of the successful runs, - 95 of 100; days without any run are left out.",
        "weather/extract since 2026-11-19 (UTC): 3 of 4 runs succeeded, half of those within 1 min; 1 skips.",
        "The longest row of failures: 1, from 2026-11-20T01:00:00Z to 2026-11-20T01:00:00Z.",
        "Beside these 1 attempts before the last ones, and 0 of a backfill.",
        TOO_FEW,
    ]


def test_in_json_every_day_is_there_and_what_gets_slower_is_told(typist: Typist) -> None:
    slower: list[tuple[datetime, int, dict[str, Value]]] = [
        (NOW - HOUR * back, 1, {"Duration": (62.0 if back < 7 * 24 else 41.0) + back % 5}) for back in range(20 * 24)
    ]
    put(*slower)
    found: Any = typist.json("history", JOB)
    assert (len(found["Days"]), found["Days"][-1]["Day"], found["Rows"]) == (30, "2026-11-22", 480)
    assert found["All"]["Runs"] == 480
    assert found["Streak"] == {"Of": "Succeeded", "Runs": 480}
    assert (found["Failures"], found["Going"], found["Since"], found["Notes"]) == (None, 0, "", [])
    assert found["Trend"]["Verdict"] == "slower"
    assert found["Trend"]["Sentence"].startswith("Median of the last 7 days 1 min 4 s, of the 7 before 43 s: 49 %")
    assert typist.type("history", JOB, "--zone", "Europe/Berlin", "--days", "2") == 0
    assert "since 2026-11-21 (Europe/Berlin): 35 of 35 runs" in typist.out


def test_of_a_job_that_has_not_run_it_says_so(typist: Typist) -> None:
    assert typist.type("history", JOB) == 0
    assert typist.out.splitlines()[0] == "weather/extract since 2026-10-24 (UTC): no run has ended yet; 0 skips."
    assert typist.type("history", "weather/load") == 1
    assert "There is no job weather/load." in typist.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--days", "0"), "--days is 0: it must be a number from 1 to 366."),
        (("--days", "91"), "--days is 91: it must be a number from 1 to 90 (RETENTION_DAYS)."),
        (("--days", "all"), "--days is all: it must be a number from 1 to 366."),
        (("--zone", "Mars"), "--zone 'Mars' is not an IANA time zone"),
    ],
)
def test_what_is_typed_wrong_is_told_in_a_sentence(typist: Typist, words: tuple[str, ...], sentence: str) -> None:
    assert typist.type("history", JOB, *words) == 2
    assert sentence in typist.err


def test_the_list_of_jobs_marks_those_that_get_slower_and_finds_them(typist: Typist) -> None:
    for name, newer in (("slower", 90), ("alike", 60)):
        took = [60 + back % 5 for back in range(15)] + [newer + back % 5 for back in range(15)]
        dues = [NOW - timedelta(days=30 - number) for number in range(30)]
        recent = write(
            [Past(when, 1, State.SUCCEEDED, when, one, moved=False) for when, one in zip(dues, took, strict=True)]
        )
        row: dict[str, Value] = {"Image": "x", "Schedule": "@daily", "Recent": recent}
        wiring.world().jobs.submit([Insert(("weather", name), row)])
    assert typist.type("jobs") == 0
    lines = {line.split()[0]: line for line in typist.out.splitlines()}
    assert "1 min 17 s, 48 % slower" in lines["weather/slower"]
    assert lines["weather/alike"].endswith(" 1 min 2 s")
    assert "slower" not in lines["weather/alike"]
    found: Any = typist.json("jobs", "--status", "slower")
    assert [row["RowKey"] for row in found] == ["slower"]
