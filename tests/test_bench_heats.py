"""The rounds, with stand-ins: in turn, each in a process; who cannot be had is named, and the bench goes on."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import heats, servers, venvs
from bench.contenders import EVERYBODY, PUT, SMALL, Contender
from bench.figures import Lap, Sample
from bench.heats import Heats
from bench.servers import Azure
from bench.venvs import MissingError
from local.children import Children
from local.needs import ROOT

FIGURES = {"cpu": 0.2, "wall": 0.5, "memory": 4e7, "idle_cpu": 0.001}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a test writes contenders, as modules of their own."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    (tmp_path / "sound.py").write_text(f"print('chatter')\nprint('''{json.dumps(FIGURES)}''')")
    (tmp_path / "broken.py").write_text("raise SystemExit('3 messages were sent: there should be 10')")
    (tmp_path / "silent.py").write_text("")
    return tmp_path


def run(folder: Path, field: Sequence[Contender], rounds: int = 1) -> tuple[list[Lap], list[str]]:
    said: list[str] = []
    bench = Heats(Children(folder), said.append, folder)
    return asyncio.run(bench.run(field, [SMALL], rounds, lambda *_: True)), said


def test_contenders_take_turns(stand_in: Path) -> None:
    laps, said = run(stand_in, [Contender("A", "sound"), Contender("B", "sound")], rounds=2)
    assert [line.partition(":")[0] for line in said] == [
        f"100/10  round {number} of 2  {name}" for number in (1, 2) for name in "AB"
    ]
    assert laps == [Lap(name, SMALL, [Sample.read(FIGURES)] * 2) for name in "AB"]


def test_who_takes_long_takes_part_in_fewer_rounds(stand_in: Path) -> None:
    laps, _ = run(stand_in, [Contender("A", "sound"), Contender("B", "sound", rounds=1)], rounds=2)
    assert [len(lap.samples) for lap in laps] == [2, 1]


def test_a_contender_is_told_its_settings_and_where_redis_is(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def redis(*_: object) -> str:
        return "redis://here"

    monkeypatch.setattr(servers, "redis", redis)
    (stand_in / "noting.py").write_text(
        f"import sys\nopen({str(stand_in / 'order')!r}, 'w').write(sys.argv[1])\nimport sound"
    )
    run(stand_in, [Contender("Beat", "noting", options={"sync_every": 1}, redis=True)])
    order = json.loads((stand_in / "order").read_text())
    assert (order["registered"], order["due"]) == (100, 10)
    assert order["options"] == {"sync_every": 1, "redis": "redis://here"}


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("broken", "3 messages were sent: there should be 10"),
        ("silent", "Expecting value"),
        ("nowhere", "No module named nowhere"),
    ],
)
def test_who_fails_is_missing_with_the_reason_and_the_others_go_on(module: str, reason: str, stand_in: Path) -> None:
    laps, said = run(stand_in, [Contender("Bad", module), Contender("Good", "sound")], rounds=2)
    assert reason in laps[0].missing
    assert (len(laps[0].samples), len(laps[1].samples)) == (0, 2)
    assert sum("Bad is missing" in line for line in said) == 1


def test_who_is_not_done_in_time_is_missing_and_ended(stand_in: Path) -> None:
    """It holds a pipe open: the end of what can be read is the proof that it is gone."""
    os.mkfifo(stand_in / "pipe")
    (stand_in / "asleep.py").write_text(f"import time\npipe = open({str(stand_in / 'pipe')!r}, 'w')\ntime.sleep(600)")
    with os.fdopen(os.open(stand_in / "pipe", os.O_RDONLY | os.O_NONBLOCK)) as pipe:
        laps, _ = run(stand_in, [Contender("Slow", "asleep", patience=3)])
        os.set_blocking(pipe.fileno(), True)
        assert pipe.read() == ""
    assert laps[0].missing == "it was not done within 3 s"


def test_a_peer_that_cannot_be_installed_is_named(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venvs, "PEERS", stand_in)
    (stand_in / "gone.txt").write_text("./gone-1.0-py3-none-any.whl\n")
    laps, _ = run(stand_in, [Contender("Gone", "sound", "gone"), Contender("Good", "sound")])
    assert laps[0].missing.startswith("it could not be installed: ")
    assert len(laps[1].samples) == 1


def test_an_environment_is_made_once_and_anew_when_its_requirements_change(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venvs, "PEERS", stand_in)
    (stand_in / "plain.txt").write_text("# nothing\n")
    made: list[Path] = []

    async def make(_children: Children, _contender: Contender, place: Path) -> None:
        made.append(place)
        (place / "bin").mkdir(parents=True, exist_ok=True)
        (place / "bin" / "python").touch()

    monkeypatch.setattr(venvs, "_make", make)
    peer = Contender("Plain", "sound", "plain")
    for wanted in ("# nothing\n", "# nothing\n", "# another\n"):
        (stand_in / "plain.txt").write_text(wanted)
        asyncio.run(venvs.python(Children(stand_in), peer, stand_in / "venvs"))
    assert len(made) == 2


def test_without_redis_those_who_need_it_are_named(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def redis(*_: object) -> str:
        raise MissingError("there is no redis-server on PATH, and this is no Debian to get it from")

    monkeypatch.setattr(servers, "redis", redis)
    laps, _ = run(stand_in, [Contender("Beat", "sound", redis=True), Contender("Good", "sound")])
    assert laps[0].missing.startswith("there is no redis-server on PATH")
    assert len(laps[1].samples) == 1


def test_every_pinned_peer_names_its_own_version_and_no_address() -> None:
    for peer in (one for one in EVERYBODY if one.package):
        text = venvs.requirements(peer).read_text()
        assert venvs.version(peer)
        assert "://" not in text
        assert all("==" in line for line in text.splitlines())


@pytest.mark.azurite
def test_a_tiny_crontable_runs_from_its_rows_to_the_report(tmp_path: Path) -> None:
    words = ["--only", "crontable", "--sizes", "20/2", "--starts", "6/4", "--rounds", "1", "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "last.json").read_text())
    decided, whole = report["rows"]
    assert (decided["size"], decided["missing"]) == ({"registered": 20, "due": 2}, "")
    assert decided["figures"]["idle_operations"]["median"] == 2
    assert decided["figures"]["operations"]["median"] == 3
    assert whole["figures"]["operations"]["median"] == 5
    assert 0 < decided["figures"]["cpu"]["median"] < whole["figures"]["cpu"]["median"]
    sent = {what: figure["median"] for what, figure in report["starts"]["figures"].items()}
    assert (report["starts"]["size"], report["starts"]["missing"]) == ({"registered": 6, "due": 4}, "")
    assert sent["looks"] > 0
    assert 0 < sent["first_put"] <= sent["last_put"] < sent["answered"]
    assert sent["answered"] >= sent["first_put"] + PUT
    assert (sent["operations"], sent["early"] < 4) == (5, True)


def test_starts_that_cannot_be_had_are_named(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    bench = Heats(Children(stand_in), said.append, stand_in)

    async def prepare(_field: object) -> None:
        bench.azure = Azure(None, None, "", "")  # type: ignore[arg-type]  # nobody asks it

    monkeypatch.setattr(bench, "_prepare", prepare)
    monkeypatch.setattr(Azure, "options", lambda _: {})
    monkeypatch.setattr(heats, "STARTS", Contender("Crontable, starts", "broken"))
    found = asyncio.run(bench.starts(SMALL, 3))
    assert (found.figures, found.missing.endswith("there should be 10")) == (None, True)
    assert said == [f"100/10  Crontable, starts are missing: {found.missing}"]
