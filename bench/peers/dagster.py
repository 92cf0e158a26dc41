"""Dagster: the daemon with a schedule for each job, SQLite, and a launcher that does nothing."""

import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from dagster import DefaultScheduleStatus, Definitions, ScheduleDefinition, job, op
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from bench import meter
from bench.peers import processes

#: What the processes of the daemon are told: how many jobs, how many of them due, when, and where starts are noted.
ORDER = "BENCH_ORDER"
SETTINGS = """
run_launcher: {module: bench.peers.dagster, class: Nothing}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
schedules: {use_threads: true, num_workers: 4}
telemetry: {enabled: false}
"""
#: Seconds until the daemon has read so many schedules, and one more for each.
LOADED, EACH = 45.0, 0.1


class Nothing(RunLauncher, ConfigurableClass):
    """Starts nothing, and notes when."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """As Dagster wants it."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, object]:
        """It has no settings."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Build it."""
        return cls(inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Note a start."""
        del context
        with (Path(os.environ["DAGSTER_HOME"]) / "starts").open("a") as starts:
            starts.write(f"{time.time()}\n")

    def terminate(self, run_id: str) -> bool:
        """There is nothing to end."""
        del run_id
        return False


def definitions(registered: int, due: int, cron: str) -> Definitions:
    """Give so many schedules."""

    @op
    def nothing() -> None: ...

    @job
    def work() -> None:
        nothing()

    return Definitions(
        schedules=[
            ScheduleDefinition(
                name=f"job{number:05}",
                job=work,
                cron_schedule=cron if number < due else "0 0 1 1 *",
                default_status=DefaultScheduleStatus.RUNNING,
            )
            for number in range(registered)
        ]
    )


if ORDER in os.environ:
    _registered, _due, _cron = os.environ[ORDER].split(",")
    DEFINITIONS = definitions(int(_registered), int(_due), _cron)


def main() -> None:
    """Run the daemon over a full minute at which they are due."""
    order = meter.order()
    home = Path(order.folder)
    (home / "dagster.yaml").write_text(SETTINGS)
    (home / "starts").touch()
    due = processes.minute_after(LOADED + EACH * order.registered)
    told = f"{order.registered},{order.due},{cron(due)}"
    env = {**os.environ, "DAGSTER_HOME": str(home), ORDER: told, "DAGSTER_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "bench.peers.dagster"]
    with processes.running(command, env, home / "log") as daemon:
        time.sleep(max(0.0, due.timestamp() - time.time() - 2 * meter.IDLE_SECONDS - 5))
        idle = processes.idle_minute(daemon)
        spent = processes.burst(daemon, due, order.due, lambda: starts(home))
    meter.report(**spent, idle_cpu=idle, idle_of="minute")


def starts(home: Path) -> list[float]:
    """Read the starts so far."""
    return [float(line) for line in (home / "starts").read_text().splitlines()]


def cron(due: datetime) -> str:
    """Write an instant as a daily schedule."""
    return f"{due.minute} {due.hour} * * *"


if __name__ == "__main__":
    main()
