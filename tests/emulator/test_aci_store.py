"""The file that outlives the emulator: what it keeps, what it refuses, and who may have it."""

import contextlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aci_emulator import store
from aci_emulator.group import Group, GroupPath
from aci_emulator.kept import Saved, Taken
from aci_emulator.limits import Limits
from aci_emulator.logs import Log
from aci_emulator.operations import Operation
from aci_emulator.spec import read_spec
from aci_emulator.store import FILE, Store, StoreError
from tests.emulator.driver import ROOT, container, group
from tests.emulator.virtual import NINE

SPEC = read_spec(group(container("job"), container("job", name="side")))


def made(name: str, number: int = 1, output: bytes = b"") -> Group:
    """A group whose container main printed `output`."""
    made = Group(GroupPath("Sub", "RG", name), SPEC, number)
    if output:
        log = made.logs["main"] = Log()
        log.append(NINE, output)
    return made


def operation(number: int, status: str = "Pending") -> Operation:
    return Operation("Sub", "westeurope", "/the/group", NINE, status, id=f"{number:08}")


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Store]:
    kept = Store(folder, patience=0)
    try:
        yield kept
    finally:
        kept.close()


def keep(folder: Path, *groups: Group) -> None:
    with opened(folder) as kept, kept.transaction():
        for each in groups:
            kept.save(each)


def load(folder: Path) -> Saved:
    with opened(folder) as kept:
        return kept.load()


def rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(folder / FILE)) as db:
        return db.execute(question).fetchall()


def test_all_comes_back_in_its_order(tmp_path: Path) -> None:
    taken = [Taken("create", "sub", "westeurope", NINE + timedelta(seconds=n)) for n in range(3)]
    with opened(tmp_path) as kept:
        assert kept.load() == Saved()
        with kept.transaction():
            for name, number in (("b", 2), ("c", 3), ("a", 1)):
                kept.save(made(name, number))
            for number in (2, 1, 3):
                kept.save_operation(operation(number))
            for each in taken:
                kept.save_taken(each)
            kept.save_thing("resource groups", {"rg": {"tags": {"a": "ä"}}})
        with kept.transaction():
            kept.save_operation(operation(2, "Succeeded"))
    back = load(tmp_path)
    assert back.groups == [made("a", 1), made("b", 2), made("c", 3)]
    assert back.operations == [operation(2, "Succeeded"), operation(1), operation(3)]
    assert back.taken == taken
    assert back.things == {"resource groups": {"rg": {"tags": {"a": "ä"}}}}


def test_a_number_is_given_once_though_its_group_is_gone(tmp_path: Path) -> None:
    keep(tmp_path, made("one", 7, b"output"), made("two", 3))
    with opened(tmp_path) as kept, kept.transaction():
        kept.remove(("sub", "rg", "one"))
        kept.remove(("sub", "rg", "never there"))
    assert ([each.path.name for each in load(tmp_path).groups], load(tmp_path).number) == (["two"], 7)
    assert rows(tmp_path, "SELECT key FROM logs UNION SELECT key FROM chunks") == []


def test_a_group_of_the_same_name_in_another_case_is_the_same(tmp_path: Path) -> None:
    keep(tmp_path, made("one", 1, b"old"))
    keep(tmp_path, replace(made("one", 2), path=GroupPath("SUB", "rg", "one")))
    [back] = load(tmp_path).groups
    assert (back.path.subscription, back.number, back.logs) == ("SUB", 2, {})


def test_only_what_still_counts_and_is_still_remembered_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    with opened(tmp_path) as kept, kept.transaction():
        for hours in (0, 0.5, 1, 1.5):
            kept.save_taken(Taken("delete", "sub", "westeurope", NINE + timedelta(hours=hours)))
        for number in (1, 2, 3, 4, 2, 5):
            kept.save_operation(operation(number))
    back = load(tmp_path)
    assert [each.at for each in back.taken] == [NINE + timedelta(hours=hours) for hours in (1, 1.5)]
    assert [each.id for each in back.operations] == ["00000003", "00000004", "00000005"]


@pytest.mark.parametrize("what", ["a new file", "a file that was laxer"])
def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path, what: str) -> None:
    if what == "a file that was laxer":
        (tmp_path / FILE).touch(0o644)
    with opened(tmp_path) as kept:
        with kept.transaction():
            kept.save(made("one"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {FILE: 0o600, f"{FILE}-wal": 0o600}


# Logs: as much is written as was added.


def test_of_a_growing_log_only_the_growth_is_written(tmp_path: Path) -> None:
    one = made("one", 1, b"first\n")
    with opened(tmp_path) as kept:
        for line in (b"", b"second\n", b"", b"third\n"):
            one.logs["main"].append(NINE, line)
            assert kept.has_grown(one) == (line != b"" or not kept._logs)
            with kept.transaction():
                kept.save(one)
            assert not kept.has_grown(one)
    assert rows(tmp_path, "SELECT begin, data FROM chunks") == [(0, b"first\n"), (6, b"second\n"), (13, b"third\n")]
    assert load(tmp_path).groups[0].logs["main"].text() == "first\nsecond\nthird\n"


def test_what_a_log_forgets_is_forgotten_in_the_file_too(tmp_path: Path) -> None:
    one = made("one")
    log = one.logs["main"] = Log(Limits(log_running=10, log_stopped=4))
    with opened(tmp_path) as kept:
        for piece in (b"aaaa", b"bbbb", b"cccc"):
            log.append(NINE, piece)
            with kept.transaction():
                kept.save(one)
        assert kept.load().groups[0].logs["main"].text() == "aabbbbcccc"
        log.settle()
        assert kept.has_grown(one)
        with kept.transaction():
            kept.save(one)
        assert kept.load().groups[0].logs["main"].text() == "cccc"
    assert rows(tmp_path, "SELECT begin, data FROM chunks") == [(8, b"cccc")]


def test_the_log_of_a_new_start_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    one = made("one", 1, b"old")
    one.logs["side"] = Log()
    with opened(tmp_path) as kept:
        with kept.transaction():
            kept.save(one)
        assert list(kept.load().groups[0].logs) == ["main", "side"]
        one.logs = {"main": Log()}
        assert kept.has_grown(one)
        with kept.transaction():
            kept.save(one)
    [back] = load(tmp_path).groups
    assert {name: log.text() for name, log in back.logs.items()} == {"main": ""}


def test_a_transaction_that_failed_leaves_nothing_and_the_next_writes_all(tmp_path: Path) -> None:
    one = made("one", 1, b"first")
    with opened(tmp_path) as kept:
        with contextlib.suppress(ZeroDivisionError), kept.transaction():
            kept.save(one)
            raise ZeroDivisionError
        assert kept.load() == Saved()
        with kept.transaction():
            kept.save(one)
        assert kept.load().groups[0].logs["main"].text() == "first"


# Who may have it, and what is refused.


def test_a_folder_belongs_to_one_emulator_at_a_time(tmp_path: Path) -> None:
    opening = f"from pathlib import Path; from aci_emulator.store import Store; Store(Path({str(tmp_path)!r}), 0)"
    command = [sys.executable, "-c", opening]
    with opened(tmp_path):
        with pytest.raises(StoreError) as fault:
            Store(tmp_path, patience=0)
        other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert str(fault.value) == f"{tmp_path} is in use by another emulator"
    assert f"{tmp_path} is in use by another emulator" in other.stderr
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_of_emulators_that_begin_at_once_in_a_new_folder_one_gets_it(tmp_path: Path) -> None:
    opening = (
        "import sys; from pathlib import Path; from aci_emulator.store import Store, StoreError\n"
        f"try: store = Store(Path({str(tmp_path)!r}), 0)\n"
        "except StoreError as fault: print('in use' if 'in use' in str(fault) else fault, flush=True)\n"
        "else: print('mine', flush=True)\n"
        "sys.stdin.read()"
    )
    with contextlib.ExitStack() as stack:
        begun = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", opening], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(4)
        ]
        said = sorted(process.stdout.readline().strip() for process in begun if process.stdout is not None)
        for process in begun:
            process.communicate()
    assert said == ["in use", "in use", "in use", "mine"]


def change(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def damage(folder: Path, what: str) -> None:
    """Overwrite the page where a table or an index begins."""
    [(page,)] = rows(folder, f"SELECT rootpage FROM sqlite_master WHERE name = '{what}'")
    with (folder / FILE).open("r+b") as file:
        file.seek((int(str(page)) - 1) * 4096)
        file.write(b"\xff" * 4096)


def belong_to_another(folder: Path) -> None:
    (folder / FILE).unlink()
    change(folder, "CREATE TABLE recipes (name)")


MISHAPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda folder: (folder / FILE).write_bytes(b"no database" * 100), "belongs to another program"),
    "damage": (lambda folder: damage(folder, "groups"), "it is damaged"),
    "damage that shows later": (lambda folder: damage(folder, "sqlite_autoindex_operations_1"), "it is damaged"),
    "another program's": (belong_to_another, "it belongs to another program"),
    "version": (
        lambda folder: change(folder, "PRAGMA user_version = 99"),
        "written by another version of the emulator",
    ),
    "lost keys": (lambda folder: change(folder, "UPDATE groups SET value = '{}'"), "this emulator does not understand"),
    "no JSON": (lambda folder: change(folder, "UPDATE groups SET value = 'x'"), "this emulator does not understand"),
    "lost table": (lambda folder: change(folder, "DROP TABLE taken"), "no such table: taken"),
}


@pytest.mark.parametrize("what", MISHAPS)
def test_a_file_that_cannot_be_understood_is_named_and_left_as_it_is(tmp_path: Path, what: str) -> None:
    keep(tmp_path, *(made(f"group-{number}", number, b"x" * 9_000) for number in range(1, 5)))
    mishap, why = MISHAPS[what]
    mishap(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError) as fault:
        load(tmp_path)
    assert str(fault.value).startswith(str(tmp_path / FILE))
    assert why in str(fault.value)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be used: unable to open database file"):
        Store(tmp_path)
    with pytest.raises(StoreError, match="cannot be used: No such file or directory"):
        Store(tmp_path / "absent")
