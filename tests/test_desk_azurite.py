"""What people read, as requests that really go to Azurite: how many there are does not depend on how much there is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler.cloud.logs import AzureLogs
from scheduler.cloud.tables import AzureTable
from scheduler.desk import jobs, ledgers, logs, runs
from scheduler.desk.faults import Wrong
from scheduler.identity import run_key
from scheduler.ports import Insert
from scheduler.ports import World as Ports
from scheduler.row import Value
from tests.servers import Azurite
from tests.world import World, at, key
from tests.world.story import SETTINGS

pytestmark = pytest.mark.azurite

JOB = key("weather/extract")
COUNT = 200


@pytest.fixture
def sent() -> Counter[str]:
    """Requests by table."""
    return Counter()


@pytest.fixture
def place(azurite: Azurite, fresh: Callable[[str], str], sent: Counter[str]) -> Ports:
    """Real tables and blobs beside container groups in memory; one job has many runs, its neighbours have some."""
    settings = replace(SETTINGS, connection=azurite.connection, logs_container=fresh("logs").lower())

    def table(word: str) -> AzureTable:
        return AzureTable.open(settings, fresh(word), lambda *_: sent.update([word]))

    made = replace(World().ports, jobs=table("Jobs"), runs=table("Runs"), logs=AzureLogs(settings), settings=settings)
    made.jobs.submit([Insert((JOB[0], name), {"Schedule": "manual", "Image": "x:1"}) for name in ("a", JOB[1], "z")])
    dues = [at("09:00") - timedelta(minutes=number) for number in range(COUNT)]
    rows = [Insert(run_key(JOB, due, 1), row(due, number)) for number, due in enumerate(dues)]
    for first in range(0, COUNT, 100):
        made.runs.submit(rows[first : first + 100])
    made.runs.submit(
        [Insert(run_key((JOB[0], name), at("09:00"), 1), row(at("09:00"), 0)) for name in ("a", "extract-2")]
    )
    sent.clear()
    return made


def row(due: datetime, number: int) -> dict[str, Value]:
    state = "Failed" if number % 50 == 49 else "Succeeded"
    to = f"{COUNT - number}"
    told = to if state == "Failed" else f"{COUNT - number - 1}"
    cells: dict[str, Value] = {"State": state, "Due": due, "Attempt": 1, "Trigger": "schedule", "Finished": due}
    return cells | {"WatermarkFrom": told, "WatermarkTo": to, "Events": "x" * 1_000}


def test_every_page_of_runs_is_one_request_and_together_they_are_all_runs(place: Ports, sent: Counter[str]) -> None:
    seen: list[str] = []
    after, pages = "", 0
    while after or not pages:
        lines, after = runs.runs(place, JOB, limit=60, after=after)
        assert sent.pop("Runs") == 1
        assert sent.pop("Jobs", 0) == (0 if pages else 1)
        seen += [line.ref for line in lines]
        pages += 1
    assert len(seen) == len(set(seen)) == COUNT
    assert seen == sorted(seen, reverse=True)


def test_a_filter_finds_all_in_few_requests(place: Ports, sent: Counter[str]) -> None:
    lines, after = runs.runs(place, JOB, state="failed")
    found = [line.state for line in lines]
    while after:
        lines, after = runs.runs(place, JOB, state="failed", after=after)
        found += [line.state for line in lines]
    assert found == ["Failed"] * (COUNT // 50)
    assert sent["Runs"] <= 2 * runs.MOST_LOOKS


def test_a_cursor_of_another_page_is_used_as_one_and_nonsense_is_refused(place: Ports) -> None:
    _, after = runs.runs(place, JOB, limit=10)
    first, _ = runs.runs(place, JOB, limit=10, after=after)
    assert first[0].due == at("08:50")
    with pytest.raises(Wrong, match=r"^after is "):
        runs.runs(place, JOB, after="eyJub3RoaW5nIjogMX0")


def test_the_jobs_and_a_ledger_are_a_request_each_and_one_for_the_row(place: Ports, sent: Counter[str]) -> None:
    assert [line.name for line in jobs.lines(place)] == ["weather/a", "weather/extract", "weather/z"]
    assert sent == {"Jobs": 1}
    told = ledgers.ledger(place, JOB)
    assert sent == {"Jobs": 2, "Runs": 1}
    assert len(told.ledger.steps) == COUNT - COUNT // 50
    assert not told.more


def test_parts_of_a_log_are_parts_of_its_blob(place: Ports) -> None:
    text = "Zeile ünd Zeile\n" * 20_000
    name = "weather/extract/x.log"
    place.logs.write(name, text.encode())
    due = at("09:30")
    place.runs.submit([Insert(run_key(JOB, due, 1), {**row(due, 0), "Log": name})])
    line = runs.run(place, JOB, "2026-11-22T09:30:00Z.1")
    first = logs.part(place, line, 0, 1_001)
    second = logs.part(place, line, first.next, 1_001)
    assert text.startswith(first.text + second.text)
    assert logs.part(place, line, -100).text == text[-80:]
    assert logs.part(place, line, first.size).text == ""
