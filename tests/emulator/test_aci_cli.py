"""The command line: bad options, and help."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aci_emulator.images import ImagesError, ImagesFile, read_catalogue
from tests.emulator.driver import ROOT, Emulator, container, group, started, write_images


def emulate(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aci_emulator", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_bad_options_end_with_status_2_and_one_sentence(tmp_path: Path) -> None:
    good = str(write_images(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for options, words in (
            ([], "--images"),
            (["--images", good, "--port", "99999"], "'99999' is not a port from 0 to 65535"),
            (["--images", good, "--port", port], f"port {port} on 127.0.0.1 cannot be used"),
            (["--images", good, "--runtime", "docker"], "comes with a later version"),
            (["--images", good, "--runtime", "magic"], "'magic' is not a runtime"),
            (["--images", good, "--speed", "2"], "'2' is not a number from 0 to 1"),
            (["--images", good, "--data", good], "cannot be used as a folder"),
            (["--images", str(tmp_path / "absent.json")], "absent.json: No such file"),
        ):
            ended = emulate(*options)
            assert (ended.returncode, ended.stdout) == (2, "")
            assert words in ended.stderr
            assert ended.stderr.count("\n") == 1


def test_help_explains_every_option_and_the_images_file() -> None:
    ended = emulate("--help")
    assert ended.returncode == 0
    for word in ("--port", "--runtime", "--images", "--speed", "--data", '"command"', '"folder"'):
        assert word in ended.stdout


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
