"""The command line: bad options, and help."""

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest

from aci_emulator.__main__ import main
from aci_emulator.faults import KINDS
from aci_emulator.limits import names
from aci_emulator.runtimes.images import ImagesError, ImagesFile, read_catalogue
from tests.emulator.driver import ROOT, Emulator, container, group, started, until, write_images


def emulate(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aci_emulator", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


BAD = [
    (["--port", "99999"], "'99999' is not a port from 0 to 65535"),
    (["--runtime", "magic"], "'magic' is not a runtime; there are auto, docker, process"),
    (["--speed", "2"], "'2' is not a number from 0 to 1"),
    (["--clock", "sun"], "invalid choice: 'sun'"),
    (["--data", __file__], "cannot be used as a folder"),
    (["--files", __file__], "is not a folder"),
    (["--files", "absent"], "'absent' is not a folder"),
    (["--data", ""], "'' is not the name of a folder"),
    (["--images", "absent.json"], "absent.json: No such file"),
    (["--limit", "grups=1"], "'grups' is not a limit; there are: all, groups"),
    (["--limit", "groups"], "'groups' is not NAME=NUMBER"),
    (["--fault", "meteor"], "'meteor' is not known; there are: capacity"),
    (["--fault", "slow,count=0"], "count of a fault is 0"),
    (["--faults", "absent.json"], "'absent.json': No such file"),
    (["--faults", __file__], "is not JSON"),
    (["--identity-delay", "soon"], "'soon' is not a number from 0 to 3600"),
    (["--cert", "cert.pem"], "--cert and --key go together"),
    (["--cert", "absent.pem", "--key", "absent.pem"], "--cert absent.pem: No such file"),
    (["--cert", __file__, "--key", __file__], "is no certificate with its key"),
    (["--meteor"], "unrecognized arguments: --meteor"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_a_bad_option_ends_with_status_2_and_one_sentence(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["--port", port]) == 2
    assert f"port {port} on 127.0.0.1 cannot be used: Address already in use" in capsys.readouterr().err


def test_docker_without_an_engine_says_where_it_looked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    assert main(["--port", "0", "--runtime", "docker"]) == 2
    assert "absent.sock" in capsys.readouterr().err


def test_help_explains_every_option_every_fault_and_every_limit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    options = ("--port", "--runtime", "--images", "--speed", "--clock", "--data", "--files", "--limit", "--fault")
    for word in (*options, "--faults", "--require-token", "--identity-delay", "--cert", "--key", '"command"', *KINDS):
        assert word in said
    assert all(name in said for name in names())


def test_it_explains_itself_as_a_module() -> None:
    assert "python -m aci_emulator" in emulate("--help").stdout


def test_faults_and_limits_of_the_command_line_hold_from_the_first_request(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "unavailable", "operation": "get", "count": 1}]))
    images = write_images(tmp_path)
    options = ("--faults", str(file), "--fault", "denied,operation=get,count=1", "--limit", "groups=0")
    with started(images, *options) as emulator:
        assert [emulator.get("one").status_code for _ in range(3)] == [503, 403, 404]
        assert emulator.put("one", group(container("hello"))).json()["error"]["code"] == "ContainerGroupQuotaReached"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object"),
        (json.dumps({"a": []}), "image 'a'"),
        (json.dumps({"a": {"cmd": []}}), "unknown key 'cmd'"),
        (json.dumps({"a": {"command": "echo"}}), "command must be an array of strings"),
        (json.dumps({"a": {"folder": 1}}), "folder must be a string"),
        (json.dumps({"a": {"folder": "absent"}}), "is not a folder"),
    ],
)
def test_an_images_file_of_another_shape_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "images.json"
    path.write_text(content)
    with pytest.raises(ImagesError, match=r"images\.json") as fault:
        read_catalogue(path)
    assert words in str(fault.value)


def accessible(emulator: Emulator, image: str) -> str:
    """Say 'yes' if a group of `image` is taken, else the error's code and sentence."""
    answer = emulator.put(image.partition(":")[0], group(container(image)))
    return "yes" if answer.is_success else "{code}: {message}".format(**answer.json()["error"])


def test_an_image_is_added_while_the_emulator_runs_and_a_broken_file_is_said(tmp_path: Path) -> None:
    path = write_images(tmp_path, {"one": {"command": ["true"]}})
    with started(path, "--speed", "0") as emulator:
        refused = accessible(emulator, "two:1")
        assert refused.startswith("InaccessibleImage: The image 'two:1'")
        assert "images.json has no line for 'two:1'" in refused
        path.write_text(json.dumps({"one": {"command": ["true"]}, "two:*": {"command": ["true"]}}))
        assert accessible(emulator, "two:1") == "yes"
        path.write_text('{"three":')
        assert "images.json is not JSON" in accessible(emulator, "three")
        assert accessible(emulator, "one") == "yes"
        path.write_text(json.dumps({"three": {"command": ["true"]}}))
        assert accessible(emulator, "three") == "yes"
        assert "no line for 'one'" in accessible(emulator, "one")


def test_a_file_that_stays_broken_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_images(tmp_path, {"one": {}})
    images = ImagesFile(path)
    path.unlink()
    assert [images.find("one") is not None for _ in range(3)] == [True] * 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "images.json: No such file or directory; what it held before is used until it is mended" in said


def test_two_emulators_can_run_side_by_side(tmp_path: Path) -> None:
    images = write_images(tmp_path)
    with started(images) as one, started(images) as other:
        assert one.url != other.url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_in_flight_is_dropped_when_the_emulator_ends_and_nothing_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    with started(write_images(tmp_path), "--clock", "virtual") as emulator, ThreadPoolExecutor(1) as beside:
        asking = beside.submit(emulator.put, "one", group(container("hello")))
        until(lambda: emulator.http.get("/_emulator/journal").json()["value"], lambda entries: len(entries) == 1)
        emulator.process.send_signal(number)
        assert isinstance(asking.exception(20), httpx.TransportError)
        assert emulator.process.wait(20) == 0
    assert capfd.readouterr().err == ""
