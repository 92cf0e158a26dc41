"""Exports and imports that Ctrl-C, or a dead line, cut off: the same command goes on from there."""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import wiring
from scheduler.cloud.whole import WholeTable
from scheduler.commands.incoming import MARK
from scheduler.row import HEARTBEAT
from tests.places import Place, carried, filled, held
from tests.servers import Azurite
from tests.typist import NOW, Typist

pytestmark = pytest.mark.azurite


@pytest.fixture
def places(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Place]:
    return lambda: Place(azurite, monkeypatch)


@pytest.fixture
def typist(capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(capsys)


# Interrupted.


class Interrupting:
    """Lets so many calls of a method through, then acts as Ctrl-C does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, calls: int) -> None:
        self.left = calls
        real = getattr(WholeTable, name)

        def called(table: WholeTable, *rest: Any) -> Any:
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
            self.left -= 1
            return real(table, *rest)

        monkeypatch.setattr(WholeTable, name, called)


def test_an_import_goes_on_where_it_was_interrupted(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    stop = Interrupting(monkeypatch, "put", 5)
    with there.here():
        assert typist.type("tables", "import", str(file)) == 130
        assert typist.err == "Interrupted after 9 of 12 rows. The same command goes on from there.\n"
        assert len(held("runs")) == 4
        assert "weather" not in {partition for partition, _ in held("jobs")}
        stop.left = 1
        assert typist.type("tables", "import", str(file)) == 0, typist.err
        assert typist.out == "Imported: 6 rows of Jobs, 4 rows of Runs and 2 rows of Audit.\n"
        assert stop.left == 0
    assert there.rows() == carried(here)


def test_an_import_on_whose_half_somebody_ticked_begins_anew(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    stop = Interrupting(monkeypatch, "put", 3)
    with there.here():
        assert typist.type("tables", "import", str(file)) == 130
        stop.left = -1
        wiring.world().jobs.keep(HEARTBEAT, {"LastTick": datetime(2026, 11, 1, tzinfo=UTC)})
        assert typist.type("tables", "import", str(file)) == 1
        assert "begin anew, with --replace" in typist.err
        assert typist.type("tables", "import", str(file), "--replace") == 0, typist.err
    assert there.rows() == carried(here)


def test_another_file_is_refused_while_an_import_is_half_done(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file, other = places(), places(), tmp_path / "kept.jsonl", tmp_path / "other.jsonl"
    filled(here, typist, file)
    other.write_text(file.read_text().replace("@daily", "@hourly"))
    stop = Interrupting(monkeypatch, "put", 1)
    with there.here():
        assert typist.type("tables", "import", str(file)) == 130
        stop.left = -1
        assert typist.type("tables", "import", str(other)) == 1
        assert "An import of another file, or with other options, was begun here" in typist.err
        assert typist.type("tables", "import", str(file), "--only", "jobs") == 1
        assert typist.type("tables", "import", str(other), "--replace") == 0, typist.err
        assert len(held("runs")) == 4
        shown = typist.json("job", "show", "o'hara/job0")
        assert isinstance(shown, dict)
        assert shown["Schedule"] == "@hourly"


def test_a_replacement_that_was_interrupted_amid_its_deletions_goes_on_with_them(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    with there.here():
        wiring.world().jobs.keep(("own", "job"), {"Image": "mine"})
        wiring.world().runs.keep(("own", "job|1|001"), {"State": "Succeeded"})
    stop = Interrupting(monkeypatch, "drop", 1)
    with there.here():
        assert typist.type("tables", "import", str(file), "--replace") == 130
        assert typist.err.startswith("Interrupted after 0 of 12 rows.")
        assert held("jobs") == [MARK]
        stop.left = -1
        assert typist.type("tables", "import", str(file)) == 1, "deletions need their word again"
        assert typist.type("tables", "import", str(file), "--replace") == 0, typist.err
    assert there.rows()[1] == here.rows()[1]


def test_what_a_network_cut_off_goes_on_too(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, file = places(), places(), tmp_path / "kept.jsonl"
    filled(here, typist, file)
    put, calls = WholeTable.put, iter(range(10))

    def cut(table: WholeTable, records: Sequence[Any]) -> None:
        if next(calls) == 2:
            raise ConnectionError("the line is dead")
        put(table, records)

    monkeypatch.setattr(WholeTable, "put", cut)
    with there.here():
        assert typist.type("tables", "import", str(file)) == 1
        assert typist.err == "ConnectionError: the line is dead\n"
        assert typist.type("tables", "import", str(file)) == 0, typist.err
    assert there.rows()[1] == here.rows()[1]


def pages(monkeypatch: pytest.MonkeyPatch) -> Interrupting:
    """Pages of one row each, of which some come before Ctrl-C."""
    real = WholeTable.records

    def single(table: WholeTable, *rest: Any) -> Iterator[Sequence[Any]]:
        for page in real(table, *rest):
            for record in page:
                table._turn()  # type: ignore[attr-defined]  # made below
                yield [record]

    monkeypatch.setattr(WholeTable, "_turn", lambda _: None, raising=False)
    monkeypatch.setattr(WholeTable, "records", single)
    return Interrupting(monkeypatch, "_turn", -1)


@pytest.mark.parametrize("before", [0, 1, 3, 6, 8])
def test_an_export_goes_on_where_it_was_interrupted_and_is_as_if_it_had_not_been(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    place, file, whole = places(), tmp_path / "kept.jsonl", tmp_path / "whole.jsonl"
    filled(place, typist, whole)
    stop = pages(monkeypatch)
    part = tmp_path / "kept.jsonl.part"
    with place.here():
        stop.left = before
        assert typist.type("tables", "export", str(file)) == 130
        assert typist.err.startswith(f"Interrupted: {part} holds ")
        assert not file.exists()
        with part.open("a") as out:
            out.write('{"table":"jobs","ke')  # a line that a cut left torn
        stop.left = -1
        assert typist.type("tables", "export", str(file)) == 0, typist.err
    assert file.read_text() == whole.read_text()
    assert not part.exists()


def test_what_is_left_of_another_export_is_refused(places: Callable[[], Place], typist: Typist, tmp_path: Path) -> None:
    place, file, part = places(), tmp_path / "kept.jsonl", tmp_path / "kept.jsonl.part"
    filled(place, typist, tmp_path / "whole.jsonl")
    with place.here(INSTALLATION="another"):
        part.write_text((tmp_path / "whole.jsonl").read_text())
        assert typist.type("tables", "export", str(file)) == 2
        assert "is left of another export: delete it" in typist.err
        assert "It holds tables of store/Jobs, and these are of another." in typist.err
        part.write_text("notes\n")
        assert typist.type("tables", "export", str(file)) == 2
        assert part.read_text() == "notes\n"


def test_an_export_that_is_gone_on_with_says_how_old_its_beginning_is(
    places: Callable[[], Place], typist: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, file = places(), tmp_path / "kept.jsonl"
    filled(place, typist, tmp_path / "whole.jsonl")
    stop = pages(monkeypatch)
    with place.here():
        stop.left = 3
        assert typist.type("tables", "export", str(file)) == 130
        stop.left = -1
        assert typist.type("tables", "export", str(file), now=NOW + timedelta(hours=5, minutes=59)) == 0
        assert (
            typist.err == f"Going on with {file}.part, begun 5 hours ago: "
            "2 rows of Jobs, 0 rows of Runs and 0 rows of Audit are in it.\n"
        )


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (timedelta(days=1, minutes=1), "It was begun 24 hours ago. --replace begins anew in its place."),
        (timedelta(days=40), "It was begun 40 days ago. --replace begins anew in its place."),
    ],
)
def test_an_export_that_was_begun_days_ago_is_not_gone_on_with_but_replaced(
    places: Callable[[], Place],
    typist: Typist,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    later: timedelta,
    why: str,
) -> None:
    place, file, part = places(), tmp_path / "kept.jsonl", tmp_path / "kept.jsonl.part"
    filled(place, typist, tmp_path / "whole.jsonl")
    stop = pages(monkeypatch)
    with place.here():
        stop.left = 3
        assert typist.type("tables", "export", str(file)) == 130
        stop.left, left = -1, part.read_bytes()
        assert typist.type("tables", "export", str(file), now=NOW + later) == 2
        assert why in typist.err
        assert part.read_bytes() == left
        assert typist.type("tables", "export", str(file), "--replace", now=NOW + later) == 0, typist.err
        assert typist.err == ""
    first, *rest = file.read_text().splitlines()
    assert json.loads(first)["exported"] == (NOW + later).isoformat().replace("+00:00", "Z")
    assert rest == (tmp_path / "whole.jsonl").read_text().splitlines()[1:]
