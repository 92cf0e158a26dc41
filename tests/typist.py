"""A person at a terminal, whose settings name tables of their own on a real Azurite and a real emulator."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from scheduler import wiring
from scheduler.cli import main
from tests.servers import Azurite, fresh

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Typist:
    """Types commands; `out` and `err` hold what the last one printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def type(self, *words: str, now: datetime = NOW) -> int:
        code = main(words, now)
        self.out, self.err = self._capsys.readouterr()
        return code

    def read(self) -> str:
        """What was printed by something that did not come back."""
        return self._capsys.readouterr().out

    def json(self, *words: str) -> object:
        assert self.type(*words, "--json") == 0, self.err
        return json.loads(self.out)


def settings(azurite: Azurite, emulator: str) -> dict[str, str]:
    """Settings with tables that nobody else has."""
    return {
        "AzureWebJobsStorage": azurite.connection,
        "JOBS_TABLE": fresh("Jobs"),
        "RUNS_TABLE": fresh("Runs"),
        "AUDIT_TABLE": fresh("Audit"),
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
        "ACI_RESOURCE_GROUP": "local",
        "ACI_LOCATION": "westeurope",
        "ARM_ENDPOINT": emulator,
    }


@contextlib.contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str]) -> Iterator[None]:
    """A terminal with these settings, in which the commands build a world of their own."""
    with monkeypatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        wiring.world.cache_clear()
        try:
            yield
        finally:
            wiring.world().pool.shutdown()
            wiring.world.cache_clear()
