"""What changed is saved in one go, before anybody is told of it; no kill loses it, and after the end nothing is."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aci_emulator import keeper
from aci_emulator.group import Group
from aci_emulator.keeper import Keeper
from aci_emulator.kept import Taken
from aci_emulator.store import FILE, Key, Store, StoreError
from tests.emulator.driver import ROOT
from tests.emulator.test_aci_store import load, made, opened, operation
from tests.emulator.virtual import NINE


def kept_names(folder: Path) -> list[str]:
    return [each.path.name for each in load(folder).groups]


@pytest.mark.anyio
async def test_all_changes_of_one_turn_are_one_transaction(tmp_path: Path) -> None:
    with opened(tmp_path) as kept:
        transactions = []
        kept._db.set_trace_callback(lambda statement: transactions.append(1) if statement == "COMMIT" else None)
        groups = {(each := made(f"group-{n}", n)).path.key: each for n in range(200)}
        told = Keeper(kept, groups)
        for each in groups.values():
            told.changed(each)
            told.operated(operation(each.number))
            told.counted(Taken("create", "sub", "westeurope", NINE))
        told.noted("faults", [])
        await asyncio.sleep(0)
        assert len(transactions) == 1
        told.flush()
        await asyncio.sleep(0)
        assert len(transactions) == 1
        saved = kept.load()
        assert (len(saved.groups), len(saved.operations), len(saved.taken)) == (200, 200, 200)
        assert saved.things == {"faults": []}
        told.close()


@pytest.mark.anyio
async def test_a_group_that_changes_after_its_removal_stays_removed(tmp_path: Path) -> None:
    one = made("one")
    groups: dict[Key, Group] = {}
    with opened(tmp_path) as kept:
        told = Keeper(kept, groups)
        groups[one.path.key] = one
        told.changed(one)
        told.flush()
        del groups[one.path.key]
        for _ in range(2):
            told.changed(one)
            told.flush()
            assert kept.load().groups == []
        told.close()


async def saved(kept: Store, one: Group) -> None:
    while kept.has_grown(one):  # noqa: ASYNC110 - nothing tells of it: that is the point
        await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_what_a_running_container_prints_is_kept_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "GROWTH", 0.01)
    one = made("one", 1, b"first ")
    with opened(tmp_path) as kept:
        told = Keeper(kept, {one.path.key: one})
        told.changed(one)
        for word in (b"second ", b"third "):
            one.logs["main"].append(NINE, word)
            async with asyncio.timeout(10):
                await saved(kept, one)
        assert kept.load().groups[0].logs["main"].text() == "first second third "
        told.close()


@pytest.mark.anyio
async def test_an_orderly_end_keeps_all_and_then_no_more(tmp_path: Path) -> None:
    one = made("one", 1, b"first ")
    told = Keeper(Store(tmp_path), {one.path.key: one})
    told.changed(one)
    told.flush()
    one.logs["main"].append(NINE, b"last")
    told.close()
    one.stopped = True
    told.changed(one)
    with pytest.raises(StoreError, match="is ending"):
        told.flush()
    told.close()
    [back] = load(tmp_path).groups
    assert (back.stopped, back.logs["main"].text()) == (False, "first last")


@pytest.mark.anyio
async def test_what_cannot_be_written_is_said_once_and_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = made("one", 1, b"x" * 100_000)
    with opened(tmp_path) as kept:
        told = Keeper(kept, {one.path.key: one})
        kept._db.execute("PRAGMA max_page_count = 1")
        for _ in range(3):
            told.changed(one)
            await asyncio.sleep(0)
        with pytest.raises(StoreError, match="full"):
            told.flush()
        sentence = f"{tmp_path / FILE} cannot be used: database or disk is full"
        assert capsys.readouterr().err == f"aci_emulator: state is not kept: {sentence}\n"
        kept._db.execute("PRAGMA max_page_count = 1000000")
        told.flush()
        told.close()
    assert kept_names(tmp_path) == ["one"]


def test_without_a_store_nothing_is_kept_and_nothing_said(tmp_path: Path) -> None:
    told = Keeper()
    told.changed(made("one"))
    told.operated(operation(1))
    told.counted(Taken("create", "sub", "westeurope", NINE))
    told.noted("faults", [])
    told.flush()
    told.close()
    assert list(tmp_path.iterdir()) == []


WRITER = """
import itertools, sys
from pathlib import Path
from aci_emulator.store import Store
from tests.emulator.test_aci_store import NINE, made, operation
kept = Store(Path(sys.argv[1]))
one = made("one", 1, b"begin\\n")
for number in itertools.count(1):
    one.logs["main"].append(NINE, b"%d " % number * 500)
    one.number = number
    with kept.transaction():
        kept.save(one)
        kept.save(made(f"group-{number % 50}", number))
        kept.save_operation(operation(number))
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for at_least in (1, 100):
        folder = tmp_path / str(at_least)
        folder.mkdir()
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(at_least)]
            os.kill(process.pid, signal.SIGKILL)
            said += [line for line in process.stdout if line.endswith("\n")]
        acknowledged = int(said[-1])
        back = load(folder)
        assert acknowledged <= back.number <= acknowledged + 1
        [one] = [each for each in back.groups if each.path.name == "one"]
        assert one.number == back.number == int(back.operations[-1].id)
        whole = b"begin\n" + b"".join(b"%d " % number * 500 for number in range(1, back.number + 1))
        assert one.logs["main"].text().encode() == whole[-4 * 1024 * 1024 :]
