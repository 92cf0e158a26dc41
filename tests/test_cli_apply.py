"""apply and export: a crontab that is kept in a file, typed against a real Azurite."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from scheduler import wiring
from scheduler.desk import acts, audit
from scheduler.desk.audit import Actor
from scheduler.ports import ANY, Merge
from tests.servers import Azurite
from tests.typist import NOW, Typist, settings, terminal

pytestmark = pytest.mark.azurite

FILE = """
jobs:
  weather/_python:
    Image: python:3.13
    Cpu: 1
  weather/extract:
    Template: _python
    Schedule: every 15 minutes
    Env: {MODE: full}
    Watermark: 2026-01-01
  weather/load:
    Template: _python
    Schedule: after extract
"""
ALICE = Actor("alice", "page", NOW)


@pytest.fixture
def typist(azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        yield Typist(capsys)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    """Write a file of jobs, and give its name."""

    def write(text: str) -> str:
        (tmp_path / "jobs.yaml").write_text(text)
        return str(tmp_path / "jobs.yaml")

    return write


def cells(name: str) -> dict[str, object]:
    partition, _, rest = name.partition("/")
    found = wiring.world().jobs.read((partition, rest))
    return dict(found.columns) if found else {}


def test_a_file_is_shown_asked_for_and_written_and_a_second_time_there_is_nothing_to_do(
    typist: Typist, file: Callable[[str], str]
) -> None:
    name = file(FILE)
    assert typist.type("apply", name, "--dry-run") == 3
    assert typist.out.splitlines() == [
        "+ weather/_python",
        "    Image: python:3.13",
        "    Cpu: 1",
        "+ weather/extract",
        "    Template: _python",
        "    Schedule: every 15 minutes",
        '    Env: {"MODE": "full"}',
        "    Watermark: 2026-01-01",
        "+ weather/load",
        "    Template: _python",
        "    Schedule: after extract",
        "3 to add; 0 as the file says.",
    ]
    assert cells("weather/extract") == {}
    assert typist.type("apply", name, "--yes") == 0
    assert typist.err == "3 written; the next tick reads them.\n"
    assert (cells("weather/extract")["Watermark"], cells("weather/_python")["Cpu"]) == ("2026-01-01", 1)
    assert typist.type("apply", name, "--dry-run", "--prune") == 0
    assert typist.out == "Nothing to do: 3 as the file says.\n"
    assert typist.json("apply", name) == {"Steps": [], "Alike": 3}


def test_a_change_is_told_cell_by_cell_and_what_runs_moved_is_left_alone(
    typist: Typist, file: Callable[[str], str]
) -> None:
    typist.type("apply", file(FILE), "--yes")
    typist.type("job", "rewind", "weather/extract", "2026-02-02")
    typist.type("job", "pause", "weather/load", "--reason", "on call")
    changed = FILE.replace("every 15 minutes", "'@hourly'").replace("    Env: {MODE: full}\n", "")
    assert typist.type("apply", file(changed), "--yes") == 0
    assert typist.out.splitlines() == [
        "~ weather/extract",
        "    Schedule: every 15 minutes -> @hourly",
        '    Env: {"MODE": "full"} -> (empty)',
        "1 to change; 2 as the file says.",
    ]
    row = cells("weather/extract")
    assert (row["Schedule"], row["Env"], row["Watermark"]) == ("@hourly", "", "2026-02-02")
    assert cells("weather/load")["PausedReason"] == "on call"


def test_pruning_removes_what_the_file_leaves_out_of_its_groups(typist: Typist, file: Callable[[str], str]) -> None:
    typist.type("job", "add", "weather/old", "Image=x")
    typist.type("job", "add", "sales/load", "Image=x")
    assert typist.type("apply", file(FILE), "--yes", "--prune") == 0
    assert typist.out.splitlines()[-2:] == ["- weather/old", "3 to add, 1 to remove; 0 as the file says."]
    assert (cells("weather/old"), cells("sales/load")["Image"]) == ({}, "x")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (FILE.replace("Cpu: 1", "Cpu: lots"), "jobs.yaml, line 6: weather/extract: Cpu is 'lots'"),
        (FILE.replace("15 minutes", "15 moons"), "jobs.yaml, line 8: weather/extract: "),
        (FILE.replace("after extract", "after nobody"), "line 13: weather/load: "),
        (FILE.replace("Template: _python\n    Schedule: after", "Template: _other\n    Schedule: after"), "line 12: "),
        (FILE.replace("Schedule: after", "Schedul: after"), "did you mean Schedule?"),
        (FILE.replace("python:3.13", "'"), "jobs.yaml, line "),
        (FILE + "    AlertTo: '***'\n", "line 14: weather/load: AlertTo holds stars"),
    ],
)
def test_nothing_of_a_file_with_a_fault_is_written(
    typist: Typist, file: Callable[[str], str], text: str, sentence: str
) -> None:
    assert typist.type("apply", file(text), "--yes") == 2
    assert sentence in typist.err
    assert typist.err.endswith("Nothing was written.\n")
    assert wiring.world().jobs.query(()).rows == []


def test_a_template_that_would_break_a_job_beside_the_file_is_refused(
    typist: Typist, file: Callable[[str], str]
) -> None:
    typist.type("apply", file(FILE), "--yes")
    typist.type("job", "add", "sales/load", "Template=weather/_python")
    assert typist.type("apply", file("jobs: {weather/_python: {Cpu: 1}}"), "--yes") == 2
    assert "beside it sales/load: " in typist.err
    assert cells("weather/_python")["Image"] == "python:3.13"


def test_a_row_beside_the_file_that_was_wrong_before_stands_in_nobodys_way(
    typist: Typist, file: Callable[[str], str]
) -> None:
    typist.type("job", "add", "sales/load", "Image=x", "Cpu=lots", "--force")
    assert typist.type("apply", file(FILE), "--yes") == 0, typist.err


def test_an_edit_that_came_between_is_told_and_what_it_touches_is_left_alone(
    typist: Typist, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typist.type("apply", file(FILE), "--yes")
    world, real = wiring.world(), acts.change

    def disturbed(*rest: object, **named: object) -> object:
        monkeypatch.setattr(acts, "change", real)
        real(world, ALICE, ("weather", "extract"), {"Timeout": "5m"})
        return real(*rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(acts, "change", disturbed)
    changed = FILE.replace("every 15 minutes", "'@hourly'").replace("after extract", "'@daily'")
    assert typist.type("apply", file(changed), "--yes") == 1
    assert "~ weather/extract: not written. weather/extract was changed since you read it" in typist.err
    assert typist.err.endswith("1 written, 1 not; the next tick reads them.\n")
    assert (cells("weather/extract")["Schedule"], cells("weather/load")["Schedule"]) == ("every 15 minutes", "@daily")


def test_what_the_scheduler_wrote_meanwhile_stands_in_nobodys_way(
    typist: Typist, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typist.type("apply", file(FILE), "--yes")
    world, real = wiring.world(), acts.change

    def ticked(*rest: object, **named: object) -> object:
        world.jobs.submit([Merge(("weather", "extract"), {"Status": "Running", "Watermark": "2026-03-03"}, ANY)])
        return real(*rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(acts, "change", ticked)
    assert typist.type("apply", file(FILE.replace("15 minutes", "20 minutes")), "--yes") == 0, typist.err
    row = cells("weather/extract")
    assert (row["Schedule"], row["Watermark"]) == ("every 20 minutes", "2026-03-03")


def test_nobody_who_could_answer_means_that_yes_must_be_typed(
    typist: Typist, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert typist.type("apply", file(FILE)) == 2
    assert "nobody can be asked here, so --yes must be typed" in typist.err
    assert cells("weather/extract") == {}


@pytest.mark.parametrize(("answer", "code", "there"), [("y\n", 0, True), ("n\n", 1, False), ("", 1, False)])
def test_a_person_is_asked(
    typist: Typist,
    file: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    answer: str,
    code: int,
    there: bool,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert typist.type("apply", file(FILE)) == code
    assert "Write this? [y/N]" in typist.err
    assert bool(cells("weather/extract")) is there


def test_the_json_of_a_plan_and_of_what_was_done(typist: Typist, file: Callable[[str], str]) -> None:
    typist.type("job", "add", "a/b", "Image=x", "Timeout=5m")
    name = file("jobs: {a/b: {Image: y}, a/c: {Image: x}}")
    assert typist.type("apply", name, "--dry-run", "--json") == 3
    planned = json.loads(typist.out)
    change, add = planned["Steps"]
    assert change == {
        "Act": "change", "Job": "a/b", "Result": "planned",
        "Cells": {"Image": {"From": "x", "To": "y"}, "Timeout": {"From": "5m", "To": None}},
    }  # fmt: skip
    assert (add["Act"], add["Job"], planned["Alike"]) == ("add", "a/c", 0)
    done = typist.json("apply", name, "--yes")
    assert isinstance(done, dict)
    assert [step["Result"] for step in done["Steps"]] == ["done", "done"]


def test_a_file_that_cannot_be_read_is_a_sentence(typist: Typist, tmp_path: Path) -> None:
    assert typist.type("apply", str(tmp_path / "none.yaml")) == 1
    assert typist.err == f"{tmp_path / 'none.yaml'} cannot be read: No such file or directory.\n"
    (tmp_path / "long.yaml").write_bytes(b"#" * 1_000_001)
    assert typist.type("apply", str(tmp_path / "long.yaml")) == 2
    assert "the file has more than 1,000,000 bytes" in typist.err
    (tmp_path / "latin.yaml").write_bytes("jobs: {}\n# ü".encode("latin-1"))
    assert typist.type("apply", str(tmp_path / "latin.yaml")) == 2
    assert "line 2: it must be UTF-8." in typist.err


def test_each_act_of_a_file_is_in_the_audit(typist: Typist, file: Callable[[str], str]) -> None:
    typist.type("apply", file(FILE), "--yes")
    (entry,), _ = audit.entries(wiring.world(), ("weather", "load"))
    assert (entry.via, entry.action, entry.result) == ("cli", "add", "done")
    assert entry.who


# export.


def test_what_is_exported_is_applied_elsewhere_and_here_there_is_nothing_to_do(
    typist: Typist, file: Callable[[str], str], tmp_path: Path, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    typist.type("apply", file(FILE), "--yes")
    typist.type("job", "add", "sales/load", "Image=x", "Description=two\nlines")
    assert typist.type("export") == 0
    assert "  weather/extract:\n    Schedule: every 15 minutes\n    Env:\n      MODE: full\n" in typist.out
    assert "Watermark" not in typist.out
    kept = tmp_path / "kept.yaml"
    assert typist.type("export", str(kept)) == 0
    assert typist.err == f"{kept} holds 4 rows.\n"
    assert typist.type("export", str(kept)) == 1
    assert "is there already" in typist.err
    assert typist.type("apply", str(kept), "--prune", "--dry-run") == 0
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        assert typist.type("apply", str(kept), "--yes") == 0, typist.err
        assert cells("sales/load") == {"Image": "x", "Description": "two\nlines"}


def test_an_export_of_a_group_and_as_json_is_read_too(
    typist: Typist, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typist.type("apply", file(FILE), "--yes")
    typist.type("job", "add", "sales/load", "Image=x")
    assert typist.json("export", "--group", "sales") == {"jobs": {"sales/load": {"Image": "x"}}}
    typist.type("export", "--json")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(typist.out.encode())))
    assert typist.type("apply", "-", "--dry-run", "--prune") == 0, typist.err


def test_a_secret_leaves_as_stars_and_stars_leave_it_as_it_is(
    typist: Typist, file: Callable[[str], str], tmp_path: Path
) -> None:
    address = "https://hooks.example.com/secret"
    assert typist.type("job", "add", "a/b", "Image=x", f"AlertTo={address}") == 0, typist.err
    for words in (("job", "show", "a/b"), ("job", "show", "a/b", "--json"), ("jobs", "--json")):
        assert typist.type(*words) == 0
        assert "***" in typist.out
        assert "/secret" not in typist.out
    kept = tmp_path / "kept.yaml"
    assert typist.type("export", str(kept)) == 0
    assert "a/b: AlertTo is written with stars in place of secrets." in typist.err
    assert address not in kept.read_text()
    assert typist.type("apply", str(kept), "--dry-run") == 0, typist.err
    assert (
        typist.type("apply", file("jobs: {a/b: {Image: x, AlertTo: 'https://hooks.example.com/other'}}"), "--yes") == 0
    )
    assert "    AlertTo: changed, and not shown" in typist.out
    assert "/other" not in typist.out + typist.err
    assert cells("a/b")["AlertTo"] == "https://hooks.example.com/other"


def test_what_no_file_can_say_is_left_out_and_told(typist: Typist) -> None:
    wiring.world().jobs.keep(("o'hara", "load"), {"Image": "x"})
    wiring.world().jobs.keep(("a", "b"), {"Image": "x", "Owner": b"binary"})
    assert typist.json("export") == {"jobs": {"a/b": {"Image": "x"}}}
    assert typist.err == "o'hara/load is left out: no job can have this name.\n"


def test_every_fault_of_a_file_is_told_at_once_in_the_order_of_its_lines(typist: Typist, tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(
        "jobs:\n  weather/one:\n    Imgae: x\n    Retries: 99\n  no name/two:\n    Image: x\n    Timeout: soon\n"
        "  weather/three:\n    Image: x\n    Cpu: lots\n"
    )
    assert typist.type("apply", str(file)) == 2
    told = [line.partition("jobs.yaml, ")[2][:40] for line in typist.err.splitlines()[:-1]]
    assert [line.partition(":")[0] for line in told] == ["line 3", "line 4", "line 5", "line 7", "line 10"]
    assert "Retries is '99'" in typist.err
    assert "ContainerGroup" not in typist.err, "an Image that was typed wrong is not missing, too"
