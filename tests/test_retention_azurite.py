"""The sweep again, with tables and blobs that are really there: requests as they went out, and what stays."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.cloud.logs import AzureLogs
from scheduler.cloud.tables import AzureTable
from scheduler.ports import Insert, Table
from scheduler.ports import World as Ports
from scheduler.row import HEARTBEAT
from scheduler.settings import Settings
from scheduler.steps.repair import NEWEST
from scheduler.steps.retire import MOST_REQUESTS, retire
from tests.servers import Azurite
from tests.test_retention import JOB, ended
from tests.world import World

pytestmark = pytest.mark.azurite
#: Rows cannot be written into the past: the sweep is of a day when they will be old.
WRITTEN = datetime.now(UTC)
LATER = WRITTEN + timedelta(days=91)
MANY = 460
WORDS = ("Jobs", "Runs", "Audit")


@pytest.fixture
def sent() -> Counter[str]:
    """Requests by service."""
    return Counter()


@pytest.fixture
def place(azurite: Azurite, fresh: Callable[[str], str], sent: Counter[str]) -> Iterator[Ports]:
    """Real tables and logs; the last tick was whole."""
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"), retention_days=90)
    tables = [AzureTable.open(settings, fresh(word), lambda *_: sent.update(["tables"])) for word in WORDS]
    logs = AzureLogs(settings)
    jobs, runs, audit = tables
    memory = World(WRITTEN).ports
    yield replace(memory, jobs=jobs, runs=runs, audit=audit, logs=logs, settings=settings)
    for table in tables:
        table.close()
    logs.close()


def put(place: Ports, many: int, logged: int) -> list[str]:
    """Put that many runs there, the oldest with logs; gives the names of the logs."""
    made = [ended(JOB, datetime(2026, 8, 1, tzinfo=UTC) + timedelta(hours=hour)) for hour in range(many)]
    for first in range(0, many, 100):
        place.runs.submit([Insert(run.key, cells) for run, cells in made[first : first + 100]])
    names = [str(cells["Log"]) for _, cells in made[:logged]]
    for name in names:
        place.logs.write(name, b"loaded\n")
    return names


def names(table: Table) -> list[str]:
    return [row.name for row in table.query([]).rows]


def test_what_is_old_goes_in_portions_and_the_newest_stay(place: Ports, sent: Counter[str]) -> None:
    logs = put(place, MANY, 60)
    newest = names(place.runs)[:NEWEST]
    place.audit.submit([Insert(("weather|extract", "1"), {"Action": "run"})])
    place.jobs.keep(HEARTBEAT, {"LastTick": WRITTEN})
    for minute in range(3):
        place.memory.mark = now = LATER + timedelta(minutes=minute)
        sent.clear()
        retire(place, now)
        assert sent["tables"] <= MOST_REQUESTS
    assert names(place.runs) == newest
    assert names(place.audit) == []
    assert [place.logs.read(name, 0, 0).size for name in logs] == [0] * 60
    sent.clear()
    retire(place, LATER + timedelta(hours=20))
    assert not sent, "it was done today"


def test_of_rows_that_are_young_not_one_goes(place: Ports) -> None:
    put(place, MANY, 0)
    place.memory.mark = LATER - timedelta(days=2)
    retire(place, LATER - timedelta(days=2))
    assert len(names(place.runs)) == MANY
