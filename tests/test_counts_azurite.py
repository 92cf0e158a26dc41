"""The budget of a tick again, as requests that really went to Azurite."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.cloud.tables import AzureTable
from scheduler.ports import Insert
from scheduler.ports import World as Ports
from scheduler.schedule import Schedule
from scheduler.settings import Settings
from scheduler.tick import tick
from tests.servers import Azurite
from tests.world import World

pytestmark = pytest.mark.azurite


@pytest.fixture
def sent() -> Counter[str]:
    """Requests by table."""
    return Counter()


@pytest.fixture
def place(azurite: Azurite, fresh: Callable[[str], str], sent: Counter[str]) -> Ports:
    """Real tables beside container groups in memory."""
    settings = Settings(
        connection=azurite.connection, location="westeurope", installation="counts", max_active_runs=1_000
    )

    def table(word: str) -> AzureTable:
        return AzureTable.open(settings, fresh(word), lambda *_: sent.update([word]))

    memory = World(datetime.now(UTC)).ports
    return replace(memory, jobs=table("Jobs"), runs=table("Runs"), pool=ThreadPoolExecutor(8), settings=settings)


@pytest.mark.parametrize(("jobs", "due"), [(10, 1), (300, 10), (1_000, 100)])
def test_a_tick_sends_what_the_budget_says(place: Ports, sent: Counter[str], jobs: int, due: int) -> None:
    rows = [
        Insert(("team", f"job{n:05}"), {"Schedule": "0 10 * * *" if n < due else "0 0 1 1 *", "Image": "x"})
        for n in range(jobs)
    ]
    for first in range(0, jobs, 100):
        place.jobs.submit(rows[first : first + 100])
    now = datetime.now(UTC)
    tick(place, now)
    at_ten = Schedule.parse("0 10 * * *").after(datetime.now(UTC))
    assert at_ten
    # As if the margin of two minutes had passed since the rows were written, and the hourly full read been made.
    place.memory.mark, place.memory.full_read = now + timedelta(minutes=10), at_ten - timedelta(minutes=30)

    sent.clear()
    tick(place, at_ten - timedelta(minutes=1))
    assert sent == {"Jobs": 2}

    place.memory.mark = now + timedelta(minutes=10)
    sent.clear()
    assert tick(place, at_ten).started == due
    assert sent == {"Jobs": 4, "Runs": 1}
    place.pool.shutdown()
