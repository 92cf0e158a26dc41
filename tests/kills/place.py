"""Tables, a resource group and an installation of one's own, and the ticks that run there, each through a door."""

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from azure.storage.blob import ContainerClient

from scheduler.cloud.tables import AzureTable
from scheduler.ports import ANY, Insert, Merge
from scheduler.row import Columns, Row
from scheduler.settings import Settings
from tests.kills.containers import SUBSCRIPTION, Containers, Emulator
from tests.kills.names import Names
from tests.kills.processes import Begin, Ended
from tests.kills.proxy import Door, Kill
from tests.kills.turns import Turns
from tests.servers import ACCOUNT, KEY, Azurite

PARTITION = "kills"


@dataclass
class Place:
    """One play's corner of the servers; `number` tells it from every other, and `told` has what each tick said."""

    azurite: Azurite
    emulator: Emulator
    number: str
    begin: Begin
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = Settings(connection=self.azurite.connection)
        self.jobs = AzureTable.open(settings, f"Jobs{self.number}")
        self.runs = AzureTable.open(settings, f"Runs{self.number}")
        self.logs = ContainerClient.from_connection_string(self.azurite.connection, f"logs{self.number}")
        self.containers = Containers(self.emulator, f"rg{self.number}")

    def close(self) -> None:
        """Close the connections."""
        for client in (self.jobs, self.runs, self.logs):
            client.close()

    def furnish(self) -> None:
        """Make the tables and the logs' container, as they are there on any day but the first."""
        for table in (self.jobs, self.runs):
            table.query((), limit=1)
        self.logs.create_container()

    # People.

    def add(self, job: str, **columns: Any) -> None:
        """Add a job's row."""
        self.jobs.submit([Insert((PARTITION, job), columns)])

    def edit(self, job: str, **columns: Any) -> None:
        """Change some cells of a job's row."""
        self.jobs.submit([Merge((PARTITION, job), columns, ANY)])

    # Ticks.

    def settings(self, urls: Mapping[str, str]) -> dict[str, str]:
        """Give the app settings of a tick that goes through these addresses."""
        services = (("TableEndpoint", urls["table"]), ("BlobEndpoint", urls["blob"]))
        endpoints = ";".join(f"{name}={url}/{ACCOUNT}" for name, url in services)
        return {
            "AzureWebJobsStorage": f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}",
            "JOBS_TABLE": f"Jobs{self.number}",
            "RUNS_TABLE": f"Runs{self.number}",
            "LOGS_CONTAINER": f"logs{self.number}",
            "INSTALLATION": f"kills{self.number}",
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ACI_RESOURCE_GROUP": f"rg{self.number}",
            "ACI_LOCATION": "westeurope",
            "ARM_ENDPOINT": urls["arm"],
        }

    def tick(self, now: datetime, kill: Kill | None = None) -> Sequence[str]:
        """Run one tick to its end, or to its death; gives the names of its requests."""
        with self._door(now, kill=kill) as door:
            ended = self._ended(door, now)
        assert ended.code == (-9 if door.killed else 0), "\n".join(self.told)
        assert door.killed or not (kill and kill.sure), f"the request never came; there were {door.seen}"
        return door.seen

    def ticks(self, now: datetime, many: int, order: Random | None) -> tuple[Sequence[Ended], Sequence[Sequence[str]]]:
        """Run so many ticks at once, in step as `Turns` says, each to its end; gives their ends and their requests."""
        turns = Turns(many, order)

        def run(party: int) -> tuple[Ended, Sequence[str]]:
            with contextlib.ExitStack() as stack:
                door = stack.enter_context(self._door(now, turn=partial(turns.turn, party)))
                stack.callback(turns.ended, party)
                return self._ended(door, now), door.seen

        with ThreadPoolExecutor(many) as pool:
            ran = list(pool.map(run, range(many)))
        return [ended for ended, _ in ran], [seen for _, seen in ran]

    def _door(self, now: datetime, **how: Any) -> Door:
        """Open a way to the servers. The storage's clock says what the tick's does, so that no row is young.

        Scenario: it is the wall's. Every row was written within two real minutes, so that each look finds all
        of them, and a row that a kill has left where no look would find it is found all the same.
        """
        servers = {"table": self.azurite.table, "blob": self.azurite.blob, "arm": self.emulator.url}
        known = {f"{word}{self.number}": word for word in ("Jobs", "Runs", "logs")}
        return Door(servers, Names(known), date=now, **how)

    def _ended(self, door: Door, now: datetime) -> Ended:
        tick = self.begin(self.settings(door.urls), now)
        door.pid.set_result(tick.pid)
        ended = tick.ended()
        self.told.append(f"{now:%H:%M} {ended.code}: {ended.said.strip()}")
        return ended

    # What stands there.

    def rows(self) -> dict[str, Row]:
        """Read the jobs' rows by name."""
        return {row.name: row for row in self.jobs.query([[("PartitionKey", "eq", PARTITION)]]).rows}

    def history(self, job: str) -> list[Columns]:
        """Read a job's rows of Runs, oldest due first."""
        found = [row for row in self.runs.query(()).rows if row.name.startswith(f"{job}|")]
        return [row.columns for row in sorted(found, key=_oldest_first)]

    def log(self, name: str) -> str:
        """Read a log that was kept."""
        return self.logs.download_blob(name).readall().decode()


def _oldest_first(row: Row) -> tuple[int, str]:
    """Sort by due and attempt: a run's key counts down to the year 10000."""
    _, countdown, attempt = row.name.split("|")
    return -int(countdown), attempt
