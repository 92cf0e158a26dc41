"""tables export and tables import, typed against a real Azurite: a file brings every cell to other tables."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty

from scheduler import wiring
from scheduler.commands import incoming, progress
from scheduler.ports import Delete, Insert
from tests.places import Place, carried, counted, fill, filled, held
from tests.servers import Azurite
from tests.typist import Typist

pytestmark = pytest.mark.azurite

TYPED: dict[str, Any] = {
    "PartitionKey": "odd' one",
    "RowKey": "Ü",
    "Whole": 2.0,
    "NotANumber": float("nan"),
    "Endless": float("-inf"),
    "Small": -5,
    "Long": EntityProperty(5, EdmType.INT64),
    "Longest": EntityProperty(-(2**63), EdmType.INT64),
    "Text": "line\nline \U0001f600",
    "Empty": "",
    "Yes": True,
    "Bytes": b"\x00\xff",
    "Date": EntityProperty("2026-11-22T09:00:00.1234567Z", EdmType.DATETIME),
    "Unset": EntityProperty("1601-01-01T00:00:00Z", EdmType.DATETIME),
    "Id": EntityProperty("d8d79aaa-c8e5-4709-97c6-e5f889641826", EdmType.GUID),
}


@pytest.fixture
def places(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Place]:
    return lambda: Place(azurite, monkeypatch)


@pytest.fixture
def typist(capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(capsys)


def test_a_file_brings_every_cell_to_other_tables_with_its_type(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    with here.here():
        fill()
        with here.client("JOBS_TABLE") as client:
            client.create_entity(TYPED)
        assert typist.type("tables", "export", str(file)) == 0, typist.err
        assert typist.out == f"{file} holds 7 rows of Jobs, 4 rows of Runs and 2 rows of Audit.\n"
    with there.here():
        assert typist.type("tables", "import", str(file)) == 0, typist.err
        assert typist.out == "Imported: 7 rows of Jobs, 4 rows of Runs and 2 rows of Audit.\n"
    assert there.rows() == carried(here)
    assert [one.name for one in tmp_path.iterdir()] == ["kept.jsonl"]


def test_empty_tables_are_carried_too(places: Callable[[], Place], typist: Typist, tmp_path: Path) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    with here.here():
        assert typist.json("tables", "export", str(file)) == {"jobs": 0, "runs": 0, "audit": 0}
    with there.here():
        assert typist.json("tables", "import", str(file)) == {"jobs": 0, "runs": 0, "audit": 0}
        assert there.rows() == [[], [], []]


def test_a_stream_goes_out_and_comes_in(
    places: Callable[[], Place],
    typist: Typist,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = places(), places()
    with here.here():
        fill()
        assert typist.type("tables", "export", "-") == 0
        told = typist.out
        assert typist.err == "Exported: 6 rows of Jobs, 4 rows of Runs and 2 rows of Audit.\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(told.encode())))
    with there.here():
        assert typist.type("tables", "import", "-") == 0, typist.err
        assert (typist.out, typist.err) == ("", "Imported: 6 rows of Jobs, 4 rows of Runs and 2 rows of Audit.\n")
    assert there.rows()[1] == here.rows()[1]


def test_many_rows_go_in_transactions_of_a_hundred_of_one_partition(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.jsonl"
    place = places()
    with place.here():
        world = wiring.world()
        for at in range(0, 300, 100):
            world.jobs.submit([Insert(("a", f"{n:03}"), {"Text": "x"}) for n in range(at, at + 100)])
        world.jobs.submit([Insert(("b", f"{n}"), {"Text": "x"}) for n in range(50)])
        world.runs.submit([Insert(("b", f"{n}|1"), {"Text": "x" * 30_000}) for n in range(10)])
        typist.type("tables", "export", str(file))
    sizes = counted(monkeypatch)
    monkeypatch.setattr(incoming, "_MOST_BYTES", 100_000)
    other = places()
    with other.here():
        assert typist.type("tables", "import", str(file)) == 0, typist.err
    assert sizes == [*[("runs", 3)] * 3, ("runs", 1), *[("jobs", 100)] * 3, ("jobs", 50)]
    assert other.rows() == place.rows()


def test_a_key_that_stands_there_twice_is_written_twice_and_the_last_one_whole(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.jsonl"
    head = {"crontable": 1, "exported": "", "installation": "", "subscription": "", "resource_group": ""}
    cells = ({"Schedule": "@daily", "Image": "old"}, {"Schedule": "@hourly"})
    rows = [{"table": "jobs", "key": ["a", "b"], "cells": each} for each in cells]
    file.write_text("\n".join(json.dumps(one) for one in (head, *rows, {"end": {"jobs": 2, "runs": 0}})))
    place = places()
    sizes = counted(monkeypatch)
    with place.here():
        assert typist.type("tables", "import", str(file)) == 0, typist.err
    assert sizes == [("jobs", 1), ("jobs", 1)]
    assert place.rows()[0] == [{"PartitionKey": "a", "RowKey": "b", "Schedule": "@hourly"}]


def test_the_audit_is_carried_and_what_was_done_since_stays_told(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    place, file = places(), tmp_path / "kept.jsonl"
    with place.here():
        fill()
        assert typist.type("tables", "export", str(file)) == 0, typist.err
        assert '"table":"audit","key":["weather|job0","1|a"],"cells":{"Who":"anna"' in file.read_text()
        wiring.world().audit.submit([Insert(("weather|job0", "0|b"), {"Who": "ben", "Action": "remove"})])
        wiring.world().audit.submit([Delete(("weather|job0", "1|a"))])
        assert typist.type("tables", "import", str(file), "--replace") == 0, typist.err
        assert held("audit") == [("o'hara|job0", "1|a"), ("weather|job0", "0|b"), ("weather|job0", "1|a")]


# How far it is.


def test_where_there_is_no_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress("Importing", total=30_000, done=9_000) as told:
        for _ in range(21):
            told(1_000)
    assert capsys.readouterr().err.splitlines() == [
        "Importing: 10,000 of 30,000 rows",
        "Importing: 20,000 of 30,000 rows",
        "Importing: 30,000 of 30,000 rows",
    ]


def test_on_a_terminal_a_bar_moves_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.progress("Importing", total=4, done=1) as told:
        told(3)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Importing" in said.err
    assert "4/4" in said.err


def test_the_first_line_tells_whose_tables_these_are_and_dates_are_the_services_own(
    places: Callable[[], Place], typist: Typist, tmp_path: Path
) -> None:
    place, file = places(), tmp_path / "kept.jsonl"
    filled(place, typist, file, many=1, runs=0)
    first, row, *_ = [json.loads(line) for line in file.read_text().splitlines()]
    assert first == {
        "crontable": 2, "exported": "2026-11-22T09:00:00Z", "installation": "store/Jobs",
        "subscription": place.settings["AZURE_SUBSCRIPTION_ID"], "resource_group": "local",
    }  # fmt: skip
    assert row["cells"]["NextRun"]["DateTime"].startswith("2026-11-22T09:00:00")
