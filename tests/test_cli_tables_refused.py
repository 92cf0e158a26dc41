"""What tables export and tables import refuse, before anything is written."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import wiring
from scheduler.cloud.whole import WholeTable
from scheduler.row import HEARTBEAT
from tests.places import Place, carried, fill, filled, held
from tests.servers import Azurite
from tests.typist import NOW, Typist

pytestmark = pytest.mark.azurite


@pytest.fixture
def places(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Place]:
    return lambda: Place(azurite, monkeypatch)


@pytest.fixture
def typist(capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(capsys)


# What is refused, before anything is written.


FOREIGN = [
    (0, "PartitionKey,RowKey", "line 1: this is no file of `tables export`."),
    (3, '{"table": "jobs"', "line 4: it is no JSON"),
    (
        3,
        "",
        "line 13: it tells of {'jobs': 6, 'runs': 4, 'audit': 2}, and {'jobs': 5,",
    ),
    (13, "", "line 14: the file ends before its last line: it is not whole."),
]


@pytest.mark.parametrize("spoilt", FOREIGN)
def test_a_torn_or_foreign_file_is_refused_with_its_line_before_anything_is_written(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, spoilt: tuple[int, str, str]
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    at, line, why = spoilt
    lines = file.read_text().splitlines()
    lines[at : at + 1] = [line] if line else []
    file.write_text("\n".join(lines))
    with there.here():
        assert typist.type("tables", "import", str(file), "--replace") == 2
        assert f"Nothing was written. The file cannot be imported, {why}" in typist.err
        assert (held("jobs"), held("runs")) == ([], [])


@pytest.mark.parametrize(("name", "key"), [("jobs", ("own", "job")), ("runs", ("own", "job|1|001"))])
def test_a_table_that_holds_a_row_is_refused_unless_it_is_to_be_replaced(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, name: str, key: tuple[str, str]
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        getattr(wiring.world(), name).keep(key, {"Image": "mine"})
        assert typist.type("tables", "import", str(file)) == 1
        assert f"The table of {name} holds rows." in typist.err
        assert held("jobs") + held("runs") == [key]
        assert typist.type("tables", "import", str(file), "--replace") == 0, typist.err
    assert there.rows() == carried(here)


def test_a_row_of_somebodys_is_found_behind_however_many_letters(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    """Scenario: a week of alerts stands before the jobs in the table, and the first rows are all Crontable's own."""
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        for number in range(5):
            wiring.world().jobs.keep((HEARTBEAT[0], f"alert-{number}"), {"Alert": "{}"})
        wiring.world().jobs.keep(("own", "job"), {"Image": "mine"})
        assert typist.type("tables", "import", str(file)) == 1
        assert "The table of jobs holds rows." in typist.err


def test_a_heartbeat_alone_is_no_content_and_goes_so_that_the_next_tick_reads_everything(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        wiring.world().jobs.keep(HEARTBEAT, {"LastTick": NOW - timedelta(minutes=4)})
        assert typist.type("tables", "import", str(file)) == 0, typist.err
        assert wiring.world().jobs.read(HEARTBEAT) is None


def test_while_a_scheduler_ticks_nothing_is_written(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        wiring.world().jobs.keep(HEARTBEAT, {"LastTick": NOW - timedelta(minutes=2)})
        assert typist.type("tables", "import", str(file), "--replace") == 1
        assert "A scheduler ticked here at 2026-11-22T08:58:00Z: stop it first" in typist.err
        assert held("jobs") == [HEARTBEAT]


def test_a_tick_amid_the_import_is_told_of(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    put = WholeTable.put

    def ticked(table: WholeTable, records: Sequence[Any]) -> None:
        wiring.world().jobs.keep(HEARTBEAT, {"LastTick": NOW})
        put(table, records)

    monkeypatch.setattr(WholeTable, "put", ticked)
    with there.here():
        assert typist.type("tables", "import", str(file)) == 0
        assert "A scheduler ticked meanwhile" in typist.err


def test_a_file_that_is_there_is_not_written_over(places: Callable[[], Place], typist: Typist, tmp_path: Path) -> None:
    place, file = places(), tmp_path / "kept.jsonl"
    file.write_text("dear to me")
    with place.here():
        assert typist.type("tables", "export", str(file)) == 1
        assert "is there already" in typist.err
        assert file.read_text() == "dear to me"
        assert typist.type("tables", "export", str(file), "--replace") == 0
        assert file.read_text() != "dear to me"


def test_files_that_cannot_be_opened_are_named(places: Callable[[], Place], typist: Typist, tmp_path: Path) -> None:
    place = places()
    with place.here():
        assert typist.type("tables", "import", str(tmp_path / "none.jsonl")) == 1
        assert "none.jsonl cannot be read: No such file or directory." in typist.err
        assert typist.type("tables", "export", str(tmp_path / "none" / "kept.jsonl")) == 2
        assert "kept.jsonl.part cannot be written: No such file or directory." in typist.err
        assert typist.type("tables", "export", str(tmp_path), "--replace") == 2
        assert "which is a folder" in typist.err
        assert not tmp_path.with_name(f"{tmp_path.name}.part").exists()


# Open runs.


def going(world_rows: dict[str, str] | None = None) -> None:
    wiring.world().runs.keep(("weather", "job0|999|001"), {"State": "Active", **(world_rows or {})})


@pytest.mark.parametrize("setting", ["INSTALLATION", "ACI_RESOURCE_GROUP", "AZURE_SUBSCRIPTION_ID"])
def test_open_runs_are_refused_where_their_container_groups_would_not_be_found(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, setting: str
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    with here.here():
        fill()
        going()
        assert typist.type("tables", "export", str(file)) == 0
    with there.here(**{setting: "another"}):
        assert typist.type("tables", "import", str(file)) == 2
        assert "Runs were going when the file was made (weather/job0), in container groups of" in typist.err
        assert setting in typist.err
        assert typist.type("tables", "import", str(file), "--runs-are-gone") == 0, typist.err
    with there.here():
        assert typist.type("tables", "import", str(file), "--replace") == 0, typist.err
        assert "The first tick looks after the open runs of 1 job." in typist.out


def test_another_installation_is_welcome_to_rows_without_open_runs(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here(INSTALLATION="another"):
        assert typist.type("tables", "import", str(file)) == 0, typist.err


def test_jobs_alone_leave_runs_as_they_are(places: Callable[[], Place], typist: Typist, tmp_path: Path) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        wiring.world().runs.keep(("own", "job|1|001"), {"State": "Succeeded"})
        wiring.world().jobs.keep(("own", "job"), {"Image": "mine"})
        assert typist.type("tables", "import", str(file), "--only", "jobs", "--replace") == 0, typist.err
        assert typist.out == "Imported: 6 rows of Jobs, 0 rows of Runs and 0 rows of Audit.\n"
        assert held("runs") == [("own", "job|1|001")]
        assert len(held("jobs")) == 6
