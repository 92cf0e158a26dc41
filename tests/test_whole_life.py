"""The whole life of a run on real parts: Azurite, the emulator over HTTP, a vault, a git server, and the real SDKs."""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import ports, wiring
from scheduler.ports import ANY, Insert, Merge
from scheduler.row import Columns, Key
from scheduler.settings import Settings
from scheduler.steps.repair import newest_runs
from scheduler.tick import tick
from tests.gitserver import GitServer, gitserver
from tests.keyvault import keyvault
from tests.servers import Azurite

pytestmark = pytest.mark.azurite

JOB: Key = ("etl", "load")
VALUE = 'pa$$ "word" of the vault'
MOST_LOOKS = 3_000


def _python(program: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-c", program]}


IMAGES = {
    "loads": _python("import os; print('::watermark::' + os.environ['DUE'])"),
    "tells": _python("import os; print('key', os.environ['KEY']); print('::progress::1 ' + os.environ['KEY'])"),
    "fails": _python("import sys; print('no'); sys.exit(3)"),
    "twice": _python("import os, sys; sys.exit(0 if os.environ['ATTEMPT'] == '2' else 3)"),
    "waits": {"command": ["sleep", "600"]},
}


class Place:
    """One installation: its world, and ticks at instants that only go forward."""

    def __init__(self, settings: Settings) -> None:
        self.world: ports.World = wiring.build(settings)
        self.settings = settings
        self.now = datetime.now(UTC)

    def add(self, key: Key = JOB, **columns: Any) -> None:
        self.world.jobs.submit([Insert(key, columns)])
        self.tick()

    def set(self, key: Key = JOB, **columns: Any) -> None:
        self.world.jobs.submit([Merge(key, columns, ANY)])

    def tick(self, later: float = 1) -> None:
        self.now = max(self.now + timedelta(seconds=later), datetime.now(UTC))
        tick(self.world, self.now)

    def until(self, seen: Callable[[Columns], object], key: Key = JOB, later: float = 1) -> Columns:
        """Tick until the row is seen so; its groups are waited for, not slept for."""
        for _ in range(200):
            row = self.row(key)
            if seen(row):
                return row
            self._ended(row)
            self.tick(later)
        raise AssertionError(f"never seen so: {self.row(key)}")

    def row(self, key: Key = JOB) -> Columns:
        row = self.world.jobs.read(key)
        assert row
        return row.columns

    def runs(self, key: Key = JOB) -> list[Columns]:
        """The run rows, oldest claim first."""
        rows = [row.columns for row in newest_runs(self.world, key)]
        return sorted(rows, key=lambda row: (str(row.get("Claimed")), str(row.get("Attempt"))))

    def _ended(self, row: Columns) -> None:
        for one in json.loads(str(row.get("ActiveRuns") or "[]")):
            if one["state"] != "Waiting":
                self._over(one["group"])

    def _over(self, group: str) -> None:
        for _ in range(MOST_LOOKS):
            view = self.world.groups.get(group)
            if view is None or view.current.state == "Terminated" or view.image == "waits":
                return

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the emulator's own side."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.settings.arm_endpoint}/_emulator/{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@pytest.fixture
def place(
    azurite: Azurite, emulators: Callable[..., str], fresh: Callable[[str], str]
) -> Iterator[Callable[..., Place]]:
    made: list[Place] = []

    def make(**settings: Any) -> Place:
        made.append(
            Place(
                Settings(
                    connection=azurite.connection,
                    jobs_table=fresh("Jobs"),
                    runs_table=fresh("Runs"),
                    logs_container=fresh("logs").lower(),
                    subscription="11111111-2222-3333-4444-555555555555",
                    resource_group=fresh("life"),
                    location="westeurope",
                    arm_endpoint=emulators(IMAGES),
                    installation=fresh("life"),
                    **settings,
                )
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.world.pool.shutdown()


def succeeded(row: Columns) -> bool:
    return row.get("Status") == "Succeeded"


def test_a_run_that_fails_is_tried_again_under_another_name(place: Callable[..., Place]) -> None:
    here = place()
    here.add(Image="twice", Retries=1, RetryDelay="1m", Request="run")
    here.until(lambda row: row.get("Status") == "Waiting")
    here.until(succeeded, later=61)
    first, second = here.runs()
    assert (first["State"], first["Cause"], second["State"]) == ("Failed", "exit", "Succeeded")
    assert first["Due"] == second["Due"]
    assert first["Group"] != second["Group"]
    assert list(here.world.groups.tagged()) == []


def test_lack_of_room_in_one_location_tries_the_next(place: Callable[..., Place]) -> None:
    here = place()
    here.ask("faults", {"kind": "capacity", "operation": "put", "count": 1})
    here.add(Image="loads", Locations="westeurope, northeurope", Request="run")
    here.until(succeeded)
    assert [(row["Location"], row["State"], row["Cause"]) for row in here.runs()] == [
        ("westeurope", "Failed", "capacity"),
        ("northeurope", "Succeeded", ""),
    ]


def test_a_denied_creation_names_role_and_scope(place: Callable[..., Place]) -> None:
    here = place()
    here.ask("faults", {"kind": "denied", "operation": "put", "count": 1})
    here.add(Image="loads", Request="run")
    row = here.until(lambda row: row.get("Status") == "Waiting")
    assert "Azure Container Instances Contributor" in str(row["Reason"])
    assert here.settings.resource_group in str(row["Reason"])


def test_a_chain_and_a_backfill_on_real_tables(place: Callable[..., Place]) -> None:
    here = place()
    here.add(("etl", "report"), Image="loads", Schedule="after load")
    here.add(Image="loads", Schedule="0 0 * * *", Watermark="live", Request="run 2026-11-01..2026-11-04")
    row = here.until(lambda row: succeeded(row) and not row["Backfill"])
    assert "3 of 3 done" in str(row["Reason"])
    assert row["Watermark"] == "live"
    assert [run["WatermarkTo"] for run in here.runs()] == [f"2026-11-0{day}T00:00:00Z" for day in (1, 2, 3)]
    here.set(Request="run")
    here.tick()
    here.until(succeeded, ("etl", "report"))
    (below,) = here.runs(("etl", "report"))
    assert (below["Trigger"], below["Due"]) == ("after", here.row()["LastSuccessDue"])


def test_a_newer_run_replaces_one_and_begins_when_its_group_is_gone(place: Callable[..., Place]) -> None:
    here = place()
    here.add(Image="waits", Overlap="replace", Request="run")
    here.until(lambda row: row.get("Status") == "Running")
    here.set(Image="loads", Request="run")
    here.until(succeeded)
    old, new = here.runs()
    assert (old["State"], new["State"]) == ("Cancelled", "Succeeded")


def test_a_secret_is_told_to_the_run_and_to_nobody_else(place: Callable[..., Place]) -> None:
    with keyvault() as vault:
        vault.put("key", VALUE)
        here = place(vault_endpoint=vault.url)
        here.add(Image="tells", SecureEnv='{"KEY": "https://kv-1.vault.azure.net/secrets/key"}', Request="run")
        here.until(succeeded)
    (run,) = here.runs()
    log = _blob(here, str(run["Log"]))
    assert "key ***" in log
    told = [log, *(repr(row) for row in (here.row(), run)), json.dumps(here.ask("journal"))]
    assert not [text for text in told if VALUE in text or json.dumps(VALUE)[1:-1] in text]


def _blob(here: Place, name: str) -> str:
    from azure.storage.blob import ContainerClient  # noqa: PLC0415 - the one test that reads a blob itself

    with ContainerClient.from_connection_string(here.settings.connection, here.settings.logs_container) as container:
        return bytes(container.download_blob(name).readall()).decode()


@pytest.fixture
def code(tmp_path: Path) -> Iterator[GitServer]:
    with gitserver(tmp_path) as server:
        yield server


def test_the_commit_of_a_branch_is_resolved_and_stands_in_the_run(place: Callable[..., Place], code: GitServer) -> None:
    here = place()
    address = code.make("code")
    commit = code.push("code")
    here.add(Image="loads", GitRepo=address, GitRevision="main", Request="run")
    here.until(succeeded)
    assert here.runs()[0]["Commit"] == commit
