"""What holds of a container wherever it runs: one suite for every runtime."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aci_emulator.runtime import Bind, ImageError, StartError
from tests.emulator.driver import until
from tests.emulator.engine import EMPTY, HELLO, MISSING, SHELL
from tests.emulator.place import Place

pytestmark = pytest.mark.anyio
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a container's processes are looked for in /proc")


@pytest.fixture
async def place(runtime_kind: str, tmp_path: Path) -> AsyncIterator[Place]:
    place = await Place.open(runtime_kind, tmp_path)
    yield place
    await place.runtime.close()


async def gone(place: Place) -> None:
    """Wait until no process of the place's containers is left: a killed one takes a moment to leave the list."""
    await asyncio.to_thread(until, place.processes, lambda left: not left)


@pytest.mark.parametrize("code", [0, 1, 42, 255])
async def test_a_container_ends_with_its_commands_exit_code(place: Place, code: int) -> None:
    assert await place.shell(f"exit {code}") == (code, "")


async def test_the_end_can_be_asked_for_often_and_late(place: Place) -> None:
    container, _ = await place.start("sh", "-c", "exit 3")
    codes = [*await asyncio.gather(container.wait(), container.wait()), await container.kill(), await container.wait()]
    assert codes == [3, 3, 3, 3]


async def test_a_command_replaces_the_images_whole(place: Place) -> None:
    assert await place.run("echo", "mine", image=HELLO) == (0, "mine\n")


async def test_without_a_command_the_images_own_runs(place: Place) -> None:
    code, text = await place.run(image=HELLO)
    assert (code, sorted(text.splitlines())) == (0, ["hello", "trouble"])


@pytest.mark.parametrize(
    ("command", "exit_code", "reason"),
    [
        (["no-such-command"], 127, r'exec: "no-such-command": executable file not found in \$PATH'),
        (["/no/such/command"], 127, r'exec: "/no/such/command": .*(not found|no such file)'),
        (["/etc"], 126, r'exec: "/etc": (permission denied|is a directory)'),
        ([], 127, "no command specified"),
    ],
    ids=["not found", "no such file", "not executable", "none"],
)
async def test_a_command_that_cannot_run_is_a_start_error(
    place: Place, command: list[str], exit_code: int, reason: str
) -> None:
    before = await place.kept()
    with pytest.raises(StartError, match=reason) as refused:
        await place.run(*command, image=EMPTY)
    assert refused.value.exit_code == exit_code
    assert await place.kept() == before


async def test_an_image_that_is_missing_cannot_start(place: Place) -> None:
    with pytest.raises(StartError, match="missing"):
        await place.shell("exit 0", image=MISSING)


async def test_output_of_both_streams_is_complete_when_the_container_has_ended(place: Place) -> None:
    script = "i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
    _, text = await place.shell(script)
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("out")] == [f"out {number}" for number in range(500)]
    assert [line for line in lines if line.startswith("err")] == [f"err {number}" for number in range(500)]


async def test_nothing_of_a_large_output_is_lost(place: Place) -> None:
    code, text = await place.shell("yes 1234567 | head -n 1000000; printf end")
    assert (code, len(text), text[-7:]) == (0, 8_000_003, "567\nend")


async def test_output_comes_while_the_container_runs_in_the_order_of_its_streams(place: Place, tmp_path: Path) -> None:
    script = "echo first; until [ -e /gate/open ]; do sleep 0.02; done; echo second >&2"
    (tmp_path / "gate").mkdir()
    container, printed = await place.start("sh", "-c", script, binds=(Bind(tmp_path / "gate", "/gate"),))
    await printed.until("first\n")
    (tmp_path / "gate" / "open").touch()
    await container.wait()
    assert printed.text == "first\nsecond\n"


async def test_bytes_come_as_they_are(place: Place) -> None:
    container, printed = await place.start("sh", "-c", r"printf 'a\377\000b'")
    await container.wait()
    assert printed.content == b"a\xff\x00b"


async def test_a_container_has_its_variables_and_nothing_of_the_host(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_HOST", "secret")
    _, text = await place.run("env", environment={"A": "1", "EMPTY": "", "ODD": "a=b 'c' \"d\" $e é"})
    variables = dict(line.split("=", 1) for line in text.splitlines())
    assert {"PATH", "MARK", "A", "EMPTY", "ODD"} <= set(variables)
    assert set(variables) - {"PATH", "MARK", "A", "EMPTY", "ODD"} <= {"HOME", "HOSTNAME"}
    assert (variables["A"], variables["EMPTY"], variables["ODD"]) == ("1", "", "a=b 'c' \"d\" $e é")


async def test_a_containers_own_path_wins(place: Place) -> None:
    _, text = await place.shell("echo $PATH", environment={"PATH": "/bin:/mine"})
    assert text == "/bin:/mine\n"


async def test_a_kill_is_kind_first(place: Place) -> None:
    container, printed = await place.start("sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; sleep 600 & wait")
    await printed.until("ready\n")
    assert await container.kill() == 7
    assert printed.text == "ready\nbye\n"


async def test_a_container_that_ignores_sigterm_is_killed_by_force(place: Place) -> None:
    container, printed = await place.start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 600; done")
    await printed.until("ready\n")
    assert await container.kill() == 137


@on_linux
async def test_a_kill_ends_the_whole_tree(place: Place) -> None:
    tree = "trap '' TERM; sh -c 'sleep 600 & sh -c \"sleep 600 & echo ready; wait\"' & wait; wait"
    container, printed = await place.start("sh", "-c", tree)
    await printed.until("ready\n")
    assert len(place.processes()) >= 4
    await container.kill()
    await gone(place)


@on_linux
async def test_what_a_container_leaves_behind_ends_with_it(place: Place) -> None:
    code, _ = await place.shell("sleep 600 & exit 0")
    assert code == 0
    await gone(place)


async def test_nothing_is_left_of_a_container_that_is_discarded(place: Place) -> None:
    before = await place.kept()
    container, _ = await place.start("sh", "-c", "touch made; echo done")
    await container.wait()
    assert await place.kept() > before
    await container.discard()
    assert await place.kept() == before


@on_linux
async def test_a_close_ends_what_runs_and_what_is_being_started(place: Place) -> None:
    await place.start("sleep", "600")
    launches = [asyncio.create_task(place.runtime.launch(place.order("sleep", "600"))) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.gather(place.runtime.close(), place.runtime.close())
    await asyncio.gather(*launches, return_exceptions=True)
    await gone(place)
    with pytest.raises(StartError, match="ending"):
        await place.runtime.launch(place.order("sleep", "600"))
    await place.runtime.close()


@on_linux
async def test_a_launch_that_nobody_waits_for_ends_with_the_runtime(place: Place) -> None:
    launch = asyncio.create_task(place.runtime.launch(place.order("sleep", "600")))
    await asyncio.sleep(0)
    launch.cancel()
    await asyncio.gather(launch, return_exceptions=True)
    await place.runtime.close()
    await gone(place)


async def test_two_containers_share_localhost(place: Place, port: str) -> None:
    server, _ = await place.start(*place.serving(port))
    assert await place.run(*place.asking(port)) == (0, "over localhost\n")
    assert await server.wait() == 0


async def test_a_container_reaches_a_server_on_the_hosts_localhost(place: Place) -> None:
    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"from the host\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        port = str(server.sockets[0].getsockname()[1])
        code, text = await place.run(*place.asking(port))
    assert (code, text.strip()) == (0, "from the host")


async def test_two_containers_share_a_folder(place: Place, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    binds = (Bind(tmp_path / "shared", "/mnt/deep/shared"),)
    reader = "until [ -s /mnt/deep/shared/word ]; do sleep 0.02; done; cat /mnt/deep/shared/word"
    container, printed = await place.start("sh", "-c", reader, binds=binds)
    assert await place.shell("cd /mnt/deep/shared && echo hello > .word && mv .word word", binds=binds) == (0, "")
    assert await container.wait() == 0
    assert printed.text == "hello\n"
    assert (tmp_path / "shared" / "word").read_text() == "hello\n"


async def test_a_read_only_folder_can_be_read_and_refuses_writes(place: Place, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_bytes(b"s3cret\n")
    (tmp_path / "secret" / "key").chmod(0o400)
    code, text = await place.shell(
        "exec 2>/dev/null; cd /run/secret; cat key; echo x > key || echo x > new || rm key || exit 9",
        binds=(Bind(tmp_path / "secret", "/run/secret", read_only=True),),
    )
    assert (code, text) == (9, "s3cret\n")
    assert [file.read_bytes() for file in (tmp_path / "secret").iterdir()] == [b"s3cret\n"]


async def test_one_bind_can_be_inside_another(place: Place, tmp_path: Path) -> None:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(f"{name}\n")
    binds = (Bind(tmp_path / "inner", "/mnt/outer/inner"), Bind(tmp_path / "outer", "/mnt/outer"))
    assert await place.shell("cat /mnt/outer/name /mnt/outer/inner/name", binds=binds) == (0, "outer\ninner\n")


@pytest.mark.parametrize(("source", "target"), [("missing", "/mnt/data"), (".", "/")], ids=["no source", "the root"])
async def test_a_bind_that_cannot_be_is_a_start_error(place: Place, tmp_path: Path, source: str, target: str) -> None:
    before = await place.kept()
    with pytest.raises(StartError):
        await place.shell("exit 0", binds=(Bind(tmp_path / source, target),))
    assert await place.kept() == before


async def test_memory_over_the_limit_is_137(place: Place) -> None:
    greedy = ("dd", "if=/dev/zero", "of=/dev/null", "bs=300M", "count=40")
    code, _ = await place.run(*greedy, memory=0.1)
    assert code == 137


async def test_memory_and_cores_below_the_limit_are_a_containers_own(place: Place) -> None:
    modest = ("dd", "if=/dev/zero", "of=/dev/null", "bs=20M", "count=1")
    code, _ = await place.run(*modest, memory=0.5, cpu=64)
    assert code == 0


async def test_fifty_run_at_once(place: Place) -> None:
    runs = (place.shell(f"echo number {number}; exit {number}") for number in range(50))
    assert await asyncio.gather(*runs) == [(number, f"number {number}\n") for number in range(50)]


async def test_a_digest_stays_and_no_two_images_share_one(place: Place) -> None:
    digests = [await place.runtime.digest(image) for image in (SHELL, HELLO, SHELL)]
    assert digests[0] == digests[2] != digests[1]
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in digests)
    assert await place.runtime.pull(SHELL) == digests[0]


async def test_an_image_that_is_missing_is_inaccessible(place: Place) -> None:
    for ask in (place.runtime.digest, place.runtime.pull):
        with pytest.raises(ImageError) as refused:
            await ask(MISSING)
        assert refused.value.code == "InaccessibleImage"
        assert str(refused.value)
