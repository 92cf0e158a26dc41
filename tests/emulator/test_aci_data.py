"""State survives the emulator with `--data`: it is ended, or killed, and another one begins in the same folder."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from aci_emulator.keeper import Keeper
from aci_emulator.store import FILE, Store
from tests.emulator.driver import GROUPS, ROOT, Emulator, container, group, shell, started, until, write_images
from tests.emulator.virtual import World

ENDS = pytest.mark.parametrize("end_by", [signal.SIGTERM, signal.SIGKILL])
STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.1; done"


@contextlib.contextmanager
def emulating(folder: Path, *options: str) -> Iterator[Emulator]:
    """Start an emulator whose state is in `folder`; end it within, or it ends in order."""
    data = folder / "data"
    images = write_images(folder)
    with started(images, "--runtime", "process", "--data", str(data), "--speed", "0", *options) as emulator:
        yield emulator


def end(emulator: Emulator, by: signal.Signals) -> None:
    emulator.process.send_signal(by)
    assert emulator.process.wait(20) == (0 if by == signal.SIGTERM else -signal.SIGKILL)


def ids(emulator: Emulator) -> list[str]:
    return [each["id"] for each in emulator.http.get(GROUPS).json()["value"]]


def ended(emulator: Emulator, name: str, script: str, policy: str = "Never") -> None:
    """Put a group and wait for its end."""
    emulator.put(name, group(shell(script), policy=policy))
    emulator.until_state(name, "Succeeded", "Failed")


def chatting(emulator: Emulator, *policies: str) -> None:
    """Put groups that print ten lines a second, and wait until more than a second of them is there."""
    for policy in policies:
        emulator.put(policy.lower(), group(shell("while :; do echo line; sleep 0.1; done"), policy=policy))
    for name in (policy.lower() for policy in policies):
        until(partial(emulator.log, name), lambda answer: answer.text.count("line") > 15)
        emulator.until_idle(name)


@ENDS
def test_what_is_over_is_shown_as_it_was_to_the_last_byte(tmp_path: Path, end_by: signal.Signals) -> None:
    with emulating(tmp_path) as emulator:
        ended(emulator, "done", "echo hello; echo trouble >&2")
        ended(emulator, "failed", "exit 3")
        emulator.put("stopped", group(container("sleeper"), policy="Always"))
        emulator.until_idle("stopped")
        assert emulator.post("stopped", "stop").status_code == 204
        emulator.http.patch(f"{GROUPS}/done", json={"tags": {"owner": "somebody"}})
        before = everything(emulator, "done", "failed", "stopped")
        end(emulator, end_by)
    with emulating(tmp_path) as emulator:
        assert everything(emulator, "done", "failed", "stopped") == before
        assert emulator.post("stopped", "start").status_code == 204
        emulator.until_state("stopped", "Running")
        assert emulator.delete("done").status_code == 200
        assert emulator.get("done").status_code == 404


def everything(emulator: Emulator, *names: str) -> list[Any]:
    logs = [emulator.log(name, timestamps="true").json() for name in names]
    return [*(emulator.get(name).json() for name in names), *logs, emulator.http.get(GROUPS).json()]


@ENDS
def test_what_ran_was_killed_by_the_platform_and_its_policy_decides(tmp_path: Path, end_by: signal.Signals) -> None:
    with emulating(tmp_path) as emulator:
        chatting(emulator, "Never", "Always", "OnFailure")
        begun = emulator.view("never")["currentState"]["startTime"]
        end(emulator, end_by)
    with emulating(tmp_path) as emulator:
        never = emulator.get("never").json()["properties"]
        assert (never["instanceView"]["state"], never["provisioningState"]) == ("Failed", "Succeeded")
        view = emulator.view("never")
        assert (view["currentState"]["exitCode"], view["currentState"]["startTime"]) == (7148, begun)
        assert view["restartCount"] == 0
        assert "(platform initiated)" in view["events"][-1]["message"]
        assert emulator.log("never").json()["content"].startswith("line\n")
        for name in ("always", "onfailure"):
            assert emulator.until_idle(name)["provisioningState"] == "Succeeded"
            view = emulator.view(name)
            assert (view["restartCount"], view["previousState"]["exitCode"]) == (1, 7148)
        killed = emulator.http.get("/_emulator/journal", params={"operation": "platform"}).json()["value"]
        assert [entry["group"] for entry in killed if entry["effect"] == "killed 7148"] == [
            "never",
            "always",
            "onfailure",
        ]


@ENDS
def test_lists_operations_and_what_is_granted_go_on_and_the_journal_begins_anew(
    tmp_path: Path, end_by: signal.Signals
) -> None:
    names = ["c", "a", "b"]
    with emulating(tmp_path, "--limit", "creates-hour=300") as emulator:
        answers = [emulator.put(name, group(container("hello"))) for name in [*names, "gone"]]
        for name in [*names, "gone"]:
            emulator.until_state(name, "Succeeded")
        # Its container may have ended before its deployment did, which a delete would cancel.
        emulator.until_idle("gone")
        emulator.delete("gone")
        before = ids(emulator)
        end(emulator, end_by)
    with emulating(tmp_path, "--limit", "creates-hour=300") as emulator:
        assert emulator.http.get("/_emulator/journal").json() == {"value": []}
        assert ids(emulator) == before
        assert [each.rpartition("/")[2] for each in before] == names
        operations = [httpx.URL(answer.headers["Azure-AsyncOperation"]).raw_path.decode() for answer in answers]
        assert [emulator.http.get(path).json()["status"] for path in operations] == ["Succeeded"] * 4
        answer = emulator.put("aa", group(container("hello")))
        assert answer.headers["x-ms-ratelimit-remaining-subscription-resource-requests-pt1h"] == "295"
        assert ids(emulator)[:-1] == before


@ENDS
def test_a_put_that_was_under_way_goes_on_with_its_operation(tmp_path: Path, end_by: signal.Signals) -> None:
    with emulating(tmp_path, "--speed", "0.3") as emulator:
        answer = emulator.put("one", group(container("hello")))
        assert answer.status_code == 201
        end(emulator, end_by)
    path = httpx.URL(answer.headers["Azure-AsyncOperation"]).raw_path.decode()
    with emulating(tmp_path, "--clock", "virtual") as emulator:
        assert emulator.http.get(path).json()["status"] == "Pending"
        assert emulator.post("one", "stop").json()["error"]["code"] == "ContainerGroupTransitioning"

        def a_second_later() -> Any:
            emulator.http.post("/_emulator/clock", json={"advance": 1})
            return emulator.http.get(path).json()["status"]

        until(a_second_later, lambda status: status == "Succeeded")
        emulator.until_state("one", "Succeeded")
        assert emulator.log("one").json()["content"] == "hello\ntrouble\n"
        assert emulator.view("one")["restartCount"] == 0


@pytest.mark.parametrize("verb", ["delete", "stop"])
def test_what_was_being_deleted_is_gone_and_what_was_being_stopped_is_stopped(tmp_path: Path, verb: str) -> None:
    with emulating(tmp_path) as emulator, ThreadPoolExecutor(1) as beside:
        emulator.put("one", group(shell(STUBBORN), policy="Always"))
        until(lambda: emulator.log("one").text, lambda text: "up" in text)
        emulator.until_idle("one")
        asking = beside.submit(emulator.delete if verb == "delete" else lambda name: emulator.post(name, verb), "one")
        until(
            lambda: emulator.put("one", group(shell(STUBBORN), policy="Always")).status_code, lambda code: code == 409
        )
        end(emulator, signal.SIGKILL)
        # A machine that stands still for a second lets it be answered first: then it holds all the more.
        cut = asking.exception(20)
        assert cut is None or isinstance(cut, httpx.TransportError)
    with emulating(tmp_path) as emulator:
        if verb == "delete":
            assert emulator.get("one").status_code == 404
        else:
            assert emulator.get("one").json()["properties"]["instanceView"]["state"] == "Stopped"
            assert "exitCode" not in emulator.view("one")["currentState"]


def test_whatever_was_answered_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    with emulating(tmp_path) as emulator:

        def put(number: int) -> str:
            with contextlib.suppress(httpx.TransportError):
                if emulator.put(f"group-{number}", group(container("hello"))).status_code == 201:
                    if number == 25:
                        emulator.process.kill()
                    return f"group-{number}"
            return ""

        with ThreadPoolExecutor(8) as several:
            answered = set(several.map(put, range(50))) - {""}
        emulator.process.wait(20)
    assert len(answered) >= 18
    with emulating(tmp_path) as emulator:
        assert answered <= {each.rpartition("/")[2] for each in ids(emulator)}


def test_a_folder_that_cannot_be_used_ends_the_emulator_with_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aci_emulator", "--port", "0", "--runtime", "process", "--data"]
    with emulating(tmp_path):
        data = tmp_path / "data"
        refused = subprocess.run([*command, str(data)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"aci_emulator: {data} is in use by another emulator\n"
    (data / FILE).write_text("no database" * 100)
    refused = subprocess.run([*command, str(data)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "is damaged, or belongs to another program; move it away to begin anew" in refused.stderr


def test_a_killed_emulator_leaves_no_working_folders_for_the_next_to_keep(tmp_path: Path) -> None:
    with emulating(tmp_path) as emulator:
        emulator.put("one", group(container("sleeper")))
        emulator.until_state("one", "Running")
        end(emulator, signal.SIGKILL)
    with emulating(tmp_path):
        assert len([each for each in (tmp_path / "data").iterdir() if each.is_dir()]) == 1
    assert [each.name for each in (tmp_path / "data").iterdir()] == [FILE]


@pytest.mark.anyio
async def test_what_can_no_longer_be_kept_is_not_acknowledged(tmp_path: Path) -> None:
    world = World()
    world.platform.keeper = Keeper(Store(tmp_path), world.provider._groups)
    assert (await world.put("one", group(container("job")))).status_code == 201
    world.platform.keeper.close()
    answer = await world.put("two", group(container("job")))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "ServerUnavailable")


def test_a_virtual_clock_goes_on_from_where_it_was(tmp_path: Path) -> None:
    with emulating(tmp_path, "--clock", "virtual") as emulator:
        seen = emulator.http.post("/_emulator/clock", json={"advance": 86_400}).json()["now"]
        end(emulator, signal.SIGKILL)
    with emulating(tmp_path, "--clock", "virtual") as emulator:
        assert emulator.http.get("/_emulator/clock").json()["now"] == seen


@ENDS
def test_the_folder_keeps_what_else_is_in_it(tmp_path: Path, end_by: signal.Signals) -> None:
    notes = [tmp_path / "data" / name / "mine.txt" for name in ("work", "volumes", "aci-emulator-notes")]
    for note in notes:
        note.parent.mkdir(parents=True)
        note.write_text("mine")
    for _ in range(2):
        with emulating(tmp_path) as emulator:
            ended(emulator, "one", "true")
            end(emulator, end_by)
    assert [note.read_text() for note in notes] == ["mine"] * 3
