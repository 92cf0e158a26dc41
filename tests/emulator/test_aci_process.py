"""The process runtime: what a container sees, what becomes of its output, and that nothing outlives it."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aci_emulator.runtime import ImageError, Login, StartError
from aci_emulator.runtimes.images import ImagesFile
from tests.emulator.driver import Emulator, container, group, shell, started, until, write_images
from tests.emulator.stand import alive, bench

MEGABYTE = 1024 * 1024
AZURES_LOGS = ("--limit", "log-running=4194304", "--limit", "log-stopped=16384", "--limit", "log-lines=1000")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def run(emulator: Emulator, name: str, item: dict[str, Any]) -> str:
    """Run a container to its end and return its log."""
    emulator.put(name, group(item))
    emulator.until_state(name, "Succeeded", "Failed")
    content: str = emulator.log(name).json()["content"]
    return content


def pids(emulator: Emulator, name: str) -> list[int]:
    """Return the process ids that the container prints, two in one line."""
    look = until(lambda: emulator.log(name), lambda log: log.is_success and log.json()["content"].endswith("\n"))
    return [int(word) for word in look.json()["content"].split()]


@contextlib.contextmanager
def stubborn(folder: Path) -> Iterator[tuple[Emulator, list[int], Path]]:
    """An emulator with a container that ignores SIGTERM, and so does its child; their ids and the data folder."""
    data = folder / "data"
    with started(write_images(folder), "--speed", "0", "--data", str(data)) as emulator:
        emulator.put("stubborn", group(shell("trap '' TERM INT; sleep 600 & echo $$ $!; wait; sleep 600")))
        found = pids(emulator, "stubborn")
        assert all(alive(pid) for pid in found)
        yield emulator, found, data
    until(lambda: [pid for pid in found if alive(pid)], lambda left: not left)


@pytest.mark.anyio
async def test_a_container_has_its_variables_path_and_nothing_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_HOST", "secret")
    async with bench(tmp_path) as here:
        _, printed = await here.run("/usr/bin/env")
    variables = dict(line.split("=", 1) for line in printed.splitlines())
    assert (set(variables), variables["A"]) == ({"A", "PATH"}, "1")


def test_python_is_the_emulators_own(emulator: Emulator, name: str) -> None:
    log = run(emulator, name, container("nothing", "python", "-c", "import starlette; print('found')"))
    assert log == "found\n"


def test_the_working_folder_is_the_containers_own_and_goes_with_the_group(emulator: Emulator, name: str) -> None:
    folder = Path(run(emulator, name, shell("pwd; ls -A; touch made")).strip())
    assert (folder / "made").exists()
    emulator.delete(name)
    assert not folder.exists()


@pytest.mark.parametrize("size", [10, 5 * MEGABYTE], ids=["copied", "linked"])
def test_an_images_folder_is_found_from_the_working_folder(tmp_path: Path, size: int) -> None:
    code = tmp_path / "image" / "job"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text("")
    (code / "__main__.py").write_text("print('from the image')\nopen('written', 'w').close()")
    (tmp_path / "image" / "data").write_bytes(b"x" * size)
    images = {"job:*": {"command": ["python", "-m", "job"], "folder": "image"}}
    with started(write_images(tmp_path, images), "--speed", "0") as emulator:
        assert run(emulator, "one", container("job:1")) == "from the image\n"
    assert sorted(entry.name for entry in (tmp_path / "image").iterdir()) == ["data", "job"]


def test_a_containers_command_replaces_the_images(emulator: Emulator, name: str) -> None:
    assert run(emulator, name, container("hello", "echo", "mine")) == "mine\n"


@pytest.mark.parametrize(
    ("command", "exit_code", "reason"),
    [
        (["no-such-command"], 127, "executable file not found"),
        (["/etc"], 126, "permission denied"),
        ([], 127, "no command specified"),
    ],
)
def test_a_container_that_cannot_start_says_why(
    emulator: Emulator, name: str, command: list[str], exit_code: int, reason: str
) -> None:
    emulator.put(name, group(container("nothing", *command)))
    assert emulator.until_idle(name)["provisioningState"] == "Failed"
    view = emulator.view(name)
    assert (view["currentState"]["exitCode"], view["currentState"]["detailStatus"]) == (exit_code, "Error")
    assert (view["events"][-1]["name"], view["events"][-1]["type"]) == ("Failed", "Warning")
    assert reason in view["events"][-1]["message"]


def test_a_death_by_signal_shows_as_128_and_the_signal(emulator: Emulator, name: str) -> None:
    run(emulator, name, shell("kill -KILL $$"))
    assert emulator.view(name)["currentState"]["exitCode"] == 137


def test_50_mb_of_output_neither_block_nor_stay(tmp_path: Path) -> None:
    with started(write_images(tmp_path), "--speed", "0", *AZURES_LOGS) as emulator:
        log = run(emulator, "loud", shell("yes 123456789012345678 | head -c 52428800; echo the end"))
        assert log.endswith("the end\n")
        assert len(log) <= 16 * 1024
        resident = Path(f"/proc/{emulator.process.pid}/status").read_text().split("VmHWM:")[1].split()[0]
        assert int(resident) < 300 * 1024


def test_a_running_container_has_4_mb_of_log_and_a_stopped_one_16_kb(tmp_path: Path) -> None:
    with started(write_images(tmp_path), "--speed", "0", *AZURES_LOGS) as emulator:
        emulator.put("loud", group(shell("yes 12345678901 | head -c 6000000; echo the end; sleep 600")))
        look = until(lambda: emulator.log("loud"), lambda log: log.text.endswith('the end\\n"}'))
        assert len(look.json()["content"]) == 4 * MEGABYTE
        emulator.until_idle("loud")
        emulator.post("loud", "stop")
        content = emulator.log("loud").json()["content"]
        assert content.endswith("the end\n")
        assert len(content.splitlines()) == 1_000


def test_bytes_that_are_no_utf8_are_replaced(emulator: Emulator, name: str) -> None:
    assert run(emulator, name, shell(r"printf 'a\377\302\nb\303\251\n'")) == "a\ufffd\ufffd\nbé\n"


def test_what_a_container_leaves_behind_ends_with_it(emulator: Emulator, name: str) -> None:
    log = run(emulator, name, shell("sleep 600 & echo $! "))
    until(lambda: alive(int(log)), lambda living: not living)


def test_a_container_that_ignores_sigterm_is_killed(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(shell("trap '' TERM; echo $$ $$; while :; do sleep 600; done")))
    [pid, _] = pids(emulator, name)
    emulator.until_idle(name)
    emulator.post(name, "stop")
    assert not alive(pid)
    assert emulator.view(name)["currentState"]["detailStatus"] == "Container stopped per client request"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_emulator_and_no_file(tmp_path: Path, number: signal.Signals) -> None:
    with stubborn(tmp_path) as (emulator, _, data):
        emulator.process.send_signal(number)
        assert emulator.process.wait() == (-number if number == signal.SIGKILL else 0)
    kept = ("state.db", "state.db-wal", "state.db-shm")
    until(lambda: [path for path in data.iterdir() if path.name not in kept], lambda left: not left)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives an orphan to the emulator")
def test_a_process_that_fled_its_container_ends_with_the_emulator(tmp_path: Path) -> None:
    script = (
        "import os, time\nread, write = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n"
        "    print(os.getpid(), flush=True)\n    os.write(write, b'.')\n    time.sleep(600)\nos.read(read, 1)"
    )
    with started(write_images(tmp_path), "--speed", "0") as emulator:
        log = run(emulator, "flees", container("nothing", "python", "-c", script))
        assert alive(int(log))
    assert not alive(int(log))


def test_an_orphan_that_has_ended_is_no_zombie_for_long(tmp_path: Path) -> None:
    with started(write_images(tmp_path), "--speed", "0") as emulator:
        script = "mkfifo fled; setsid sh -c 'echo $$; echo > fled; exec sleep 0.1' & read _ < fled"
        fled = int(run(emulator, "flees", shell(script)))
        run(emulator, "next", container("hello"))
        until(lambda: fled in children(emulator.process.pid), lambda kept: not kept)


def test_no_zombie_and_no_file_descriptor_is_left_after_thirty_groups(emulator: Emulator) -> None:
    pid = emulator.process.pid

    def held() -> tuple[int, int]:
        return len(list(Path(f"/proc/{pid}/fd").iterdir())), len(children(pid))

    names = [f"many-{number}" for number in range(30)]
    emulator.put("warm", group(container("hello")))
    emulator.until_state("warm", "Succeeded")
    emulator.delete("warm")
    before = held()
    for name in names:
        emulator.put(name, group(container("hello")))
    for name in names:
        emulator.until_state(name, "Succeeded")
        emulator.delete(name)
    until(held, lambda after: after[0] <= before[0] and after[1] <= before[1])


@pytest.mark.anyio
async def test_without_an_images_file_every_image_is_there_and_has_no_command(tmp_path: Path) -> None:
    async with bench(tmp_path) as here:
        assert here.runtime.name == "process"
        digests = [await here.runtime.digest(name) for name in ("one:1", "one:2", "one:1")]
        assert (digests[0] == digests[2], digests[0] == digests[1]) == (True, False)
        assert await here.runtime.pull("one:1") == digests[0]
        assert await here.run("echo", "hello") == (0, "hello\n")
        with pytest.raises(StartError, match="no command specified") as caught:
            await here.start()
        assert caught.value.exit_code == 127


@pytest.mark.anyio
async def test_an_image_without_a_line_in_the_images_file_cannot_be_had(tmp_path: Path) -> None:
    async with bench(tmp_path, ImagesFile(write_images(tmp_path))) as here:
        for ask in (here.runtime.digest, here.runtime.pull):
            with pytest.raises(ImageError, match="has no line for 'lost'") as caught:
                await ask("lost", (Login("registry.example", "one", "secret"),))
            assert caught.value.code == "InaccessibleImage"
        with pytest.raises(StartError, match="has no line for 'lost'"):
            await here.start("true", image="lost")


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that the tests' own process started, as a server for other tests."""
    with subprocess.Popen(["sleep", "600"]) as started_before:
        yield started_before
        started_before.kill()


@pytest.mark.anyio
async def test_a_runtime_that_ends_leaves_alone_what_its_process_started_before(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    async with bench(tmp_path) as here:
        await here.run("true")
    assert other.poll() is None
