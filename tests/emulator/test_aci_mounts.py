"""Binds in the process runtime: what a container sees where, and that the machine's own files stay as they are."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from aci_emulator.runtime import Bind, StartError
from tests.emulator.driver import until
from tests.emulator.stand import NO_NAMESPACES, Bench, alive, bench, entries

SAME_FOR_EVERY_CONTAINER = (
    "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; env -u PWD | sort; ulimit -a; ls /proc/self/fd"
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Bench]:
    if NO_NAMESPACES:
        pytest.skip(f"no mount namespaces on this machine: {NO_NAMESPACES}")
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def mounted() -> str:
    return Path("/proc/self/mountinfo").read_text()


@pytest.fixture
def nowhere() -> str:
    """A path whose every step is missing on this machine."""
    return f"/aci-{uuid4().hex}/logs"


async def test_a_folder_is_seen_at_a_path_that_the_machine_does_not_have(
    here: Bench, volume: Path, nowhere: str
) -> None:
    (volume / "in").write_text("from outside")
    assert (
        await here.shell(f"cat {nowhere}/in; echo from inside > {nowhere}/out", Bind(volume, nowhere)) == "from outside"
    )
    assert (volume / "out").read_text() == "from inside\n"
    assert Path(nowhere).parts[1] not in entries(Path("/"))
    assert nowhere not in mounted()


async def test_a_folder_in_an_existing_one_leaves_its_neighbours_where_they_are(
    here: Bench, volume: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    (old / "folder").mkdir(parents=True)
    (old / "folder" / "file").write_text("deep")
    (old / "file").write_text("flat")
    (old / "link").symlink_to("file")
    (old / "dangling").symlink_to("nowhere")
    seen = await here.shell(
        f"cd {old}; ls; cat file link folder/file; echo 1 > new/way/x", Bind(volume, f"{old}/new/way")
    )
    assert seen == "dangling\nfile\nfolder\nlink\nnew\nflatflatdeep"
    assert entries(volume) == ["x"]
    assert entries(old) == ["dangling", "file", "folder", "link"]


async def test_a_folder_over_an_existing_one_hides_it(here: Bench, volume: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "hidden").touch()
    assert await here.shell(f"touch {tmp_path}/old/x; ls {tmp_path}/old", Bind(volume, f"{tmp_path}/old")) == "x\n"
    assert entries(tmp_path / "old") == ["hidden"]


async def test_a_folder_inside_another_is_seen_whatever_their_order(here: Bench, volume: Path, nowhere: str) -> None:
    inner = volume.with_name("inner")
    inner.mkdir()
    binds = (Bind(inner, f"{nowhere}/deep"), Bind(volume, nowhere))
    await here.shell(f"touch {nowhere}/a {nowhere}/deep/b", *binds)
    assert (entries(volume), entries(volume / "deep"), entries(inner)) == (["a", "deep"], [], ["b"])


async def test_a_link_in_a_volume_leads_a_deeper_one_nowhere_on_the_machine(
    here: Bench, volume: Path, tmp_path: Path, nowhere: str
) -> None:
    (tmp_path / "kept").mkdir()
    (volume / "link").symlink_to(tmp_path / "kept")
    inner = volume.with_name("inner")
    inner.mkdir()
    await here.shell(f"touch {nowhere}/link/new/x", Bind(volume, nowhere), Bind(inner, f"{nowhere}/link/new"))
    assert (entries(inner), entries(tmp_path / "kept")) == (["x"], [])


async def test_one_folder_is_read_only_for_one_container_and_shared_with_another(
    here: Bench, volume: Path, nowhere: str
) -> None:
    read = f"until test -e {nowhere}/ready; do sleep 0.01; done; cat {nowhere}/text; touch {nowhere}/mine"
    reader = await here.start("sh", "-c", read, binds=(Bind(volume, nowhere, read_only=True),))
    await here.shell(f"echo hello > {nowhere}/text; touch {nowhere}/ready", Bind(volume, nowhere))
    code, text = await reader.end()
    assert text.startswith("hello\n")
    assert (code, "Read-only file system" in text) == (1, True)
    assert entries(volume) == ["ready", "text"]


async def test_the_working_folder_is_the_containers_own(here: Bench, volume: Path, nowhere: str) -> None:
    started = await here.start("sh", "-c", "pwd; touch made; ls", binds=(Bind(volume, nowhere),))
    assert started.container is not None
    await started.container.wait()
    folder, made = started.text.split()
    assert (made, entries(Path(folder))) == ("made", ["made"])


async def test_a_volume_over_the_working_folders_path_does_not_take_it_away(
    here: Bench, volume: Path, tmp_path: Path
) -> None:
    printed = await here.shell(f"pwd; touch made; ls $(pwd); touch {tmp_path}/x", Bind(volume, str(tmp_path)))
    folder, made = printed.split()
    assert (made, entries(volume)) == ("made", ["x"])
    assert Path(folder).parent == Path("/")


@pytest.mark.parametrize("command", [["no-such-command"], ["/etc"], ["/no/such/file"], ["a\0b"], ["\ud800"]])
async def test_a_command_that_cannot_be_executed_fails_as_it_does_without_a_volume(
    here: Bench, volume: Path, nowhere: str, command: list[str]
) -> None:
    faults = []
    for binds in ((), (Bind(volume, nowhere),)):
        with pytest.raises(StartError) as caught:
            await here.start(*command, binds=binds)
        faults.append((str(caught.value), caught.value.exit_code))
    assert faults[0] == faults[1]
    assert not here.runtime._containers


async def test_a_command_with_a_volume_has_the_same_signals_variables_and_limits(
    here: Bench, volume: Path, nowhere: str
) -> None:
    plain = await here.shell(SAME_FOR_EVERY_CONTAINER)
    assert await here.shell(SAME_FOR_EVERY_CONTAINER, Bind(volume, nowhere)) == plain


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
async def test_exit_codes_are_the_commands_own(here: Bench, volume: Path, nowhere: str, script: str, code: int) -> None:
    assert await here.run("sh", "-c", script, binds=(Bind(volume, nowhere),)) == (code, "")


async def test_a_kill_reaches_all_that_a_container_with_a_volume_started(
    here: Bench, volume: Path, nowhere: str
) -> None:
    script = f"trap '' TERM; sleep 600 & echo $$ $! > {nowhere}/pids; echo; wait; sleep 600"
    started = await here.start("sh", "-c", script, binds=(Bind(volume, nowhere),))
    await started.spoke.wait()
    [own, other] = [int(pid) for pid in (volume / "pids").read_text().split()]
    assert (own, os.getsid(own), os.getsid(other)) == (started.group,) * 3
    assert await started.kill() == 137
    assert not alive(own)
    await asyncio.to_thread(until, lambda: alive(other), lambda living: not living)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/proc/new", "nothing can be mounted at /proc/new"),
        ("/etc/passwd/new", "/etc/passwd is not a folder"),
        ("/sealed/new", "read-only file system"),
        ("relative", "'relative' is not an absolute path"),
        ("/a/../b", "'/a/../b' is not an absolute path"),
    ],
)
async def test_a_target_that_cannot_be_is_told(here: Bench, volume: Path, target: str, reason: str) -> None:
    with pytest.raises(StartError) as caught:
        await here.start("true", binds=(Bind(volume, "/sealed", read_only=True), Bind(volume, target)))
    assert (caught.value.exit_code, reason in str(caught.value).lower()) == (127, True)


async def test_a_source_that_is_gone_is_told(here: Bench, volume: Path, nowhere: str) -> None:
    with pytest.raises(StartError, match=f"error mounting: {volume}/gone: No such file or directory"):
        await here.start("true", binds=(Bind(volume / "gone", nowhere),))
