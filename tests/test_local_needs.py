"""What is missing or taken on a laptop becomes one sentence that says what to do."""

import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import needs, options
from local.needs import RefusalError

ROOT = needs.ROOT
SHIM = 'echo "pyenv: $0: command not found" >&2; exit 127'
REAL = f'exec "{sys.executable}" "$@"'
NO_VENV = f'case "$*" in *ensurepip*) exit 1 ;; esac; {REAL}'


def program(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def ask(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "local" / script)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def bin_(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def test_the_python_on_path_is_found(bin_: Path) -> None:
    program(bin_, "python3.13", REAL)
    assert ask("python.sh", PATH=str(bin_)).stdout.strip() == sys.executable


def test_a_shim_that_does_not_run_is_passed_over_for_pyenvs_own_version(bin_: Path, tmp_path: Path) -> None:
    for name in ("python3.13", "python3", "python"):
        program(bin_, name, SHIM)
    program(tmp_path / "pyenv/versions/3.13.0/bin", "python", REAL)
    answer = ask("python.sh", PATH=str(bin_), PYENV_ROOT=str(tmp_path / "pyenv"))
    assert (answer.returncode, answer.stdout.strip(), answer.stderr) == (0, sys.executable, "")


def test_pyenv_is_found_in_the_home_folder_too(bin_: Path, tmp_path: Path) -> None:
    program(tmp_path / ".pyenv/versions/3.13.5/bin", "python", REAL)
    assert ask("python.sh", PATH=str(bin_), HOME=str(tmp_path)).returncode == 0


def test_uv_knows_where_its_python_is(bin_: Path, tmp_path: Path) -> None:
    python = program(tmp_path / "uv", "python", REAL)
    program(bin_, "uv", f'[ "$1 $2" = "python find" ] && echo "{python}"')
    assert ask("python.sh", PATH=str(bin_), HOME=str(tmp_path)).returncode == 0


def test_a_plain_python3_will_do_when_it_is_new_enough(bin_: Path, tmp_path: Path) -> None:
    program(bin_, "python3", REAL)
    assert ask("python.sh", PATH=str(bin_), HOME=str(tmp_path)).returncode == 0


def test_no_python_at_all_is_one_sentence_and_exit_2(bin_: Path, tmp_path: Path) -> None:
    program(bin_, "python3", "exit 1")
    answer = ask("python.sh", PATH=str(bin_), HOME=str(tmp_path))
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert "Python 3.13 or newer was not found: install it" in answer.stderr


def test_a_python_without_venv_is_told_debians_package(bin_: Path, tmp_path: Path) -> None:
    program(bin_, "python3", NO_VENV)
    answer = ask("python.sh", PATH=str(bin_), HOME=str(tmp_path))
    assert answer.returncode == 2
    assert "python3 cannot make a virtual environment" in answer.stderr
    assert "sudo apt install python3-venv" in answer.stderr


def test_a_python_named_by_hand_is_obeyed_or_refused_but_never_replaced(bin_: Path, tmp_path: Path) -> None:
    program(bin_, "python3", REAL)
    named = program(tmp_path, "mine", SHIM)
    answer = ask("python.sh", PATH=str(bin_), HOME=str(tmp_path), PYTHON=str(named))
    assert (answer.returncode, f"PYTHON is '{named}'" in answer.stderr) == (2, True)


@pytest.mark.parametrize(
    ("node", "npm", "sentence"),
    [
        (None, True, "Node was not found, and Azurite, the local storage, needs it: install Node 20"),
        ("echo v18.19.0", True, "Node is v18.19.0, and Azurite, the local storage, needs 20 or newer"),
        ("echo nonsense", True, "needs 20 or newer"),
        ("exit 127", True, "Node was not found"),
        ("echo v20.11.1", False, "npm was not found beside Node v20.11.1"),
    ],
)
def test_a_node_that_will_not_do_is_one_sentence_and_exit_2(
    bin_: Path, node: str | None, npm: bool, sentence: str
) -> None:
    if node is not None:
        program(bin_, "node", node)
    if npm:
        program(bin_, "npm", "exit 0")
    answer = ask("node.sh", PATH=str(bin_))
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert sentence in answer.stderr
    with pytest.raises(RefusalError, match=sentence):
        needs.check_node({"PATH": str(bin_)})


@pytest.mark.parametrize("version", ["v20.0.0", "v20.20.2", "v26.1.0"])
def test_a_node_that_will_do_is_not_spoken_of(bin_: Path, version: str) -> None:
    program(bin_, "node", f"echo {version}")
    program(bin_, "npm", "exit 0")
    answer = ask("node.sh", PATH=str(bin_))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_option_that_moves_it(taken: int) -> None:
    with pytest.raises(RefusalError) as refusal:
        needs.check_ports({taken: ("the function app", "--port")})
    sentence = str(refusal.value)
    assert sentence.startswith(f"Port {taken} (the function app) is taken: stop what uses it")
    suggested = sentence.partition('make run ARGS="--port ')[2].partition('"')[0]
    assert needs.is_free(int(suggested))


def test_azurites_three_ports_are_moved_together_to_where_all_three_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "is_free", lambda port: port not in {10001, 10004, 7071})
    chosen = options.Options()
    with pytest.raises(RefusalError) as refusal:
        needs.check_ports(chosen.ports())
    assert str(refusal.value) == (
        "Ports 7071 (the function app), 10001 (Azurite's queues) are taken: stop what uses them, or choose others: "
        'make run ARGS="--port 7072 --azurite-port 10005" (python -m local --port 7072 --azurite-port 10005).'
    )


def test_a_suggested_port_is_none_that_another_part_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "is_free", lambda port: port != 10009)
    with pytest.raises(RefusalError, match=r'ARGS="--port 10011"'):
        needs.check_ports(options.Options(port=10009).ports())


def test_free_ports_pass() -> None:
    needs.check_ports({needs.any_free(): ("the function app", "--port")})


def test_the_command_says_the_sentence_and_ends_with_exit_2(taken: int, tmp_path: Path) -> None:
    words = ["--port", str(taken), "--azurite-port", "0", "--emulator-port", "0", "--weather-port", "0"]
    answer = subprocess.run(
        [sys.executable, "-m", "local", *words, "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"Port {taken} (the function app) is taken")


def test_a_second_run_over_the_same_data_is_refused(tmp_path: Path) -> None:
    with (
        needs.only_one(tmp_path),
        pytest.raises(RefusalError, match="Another `make run` holds"),
        needs.only_one(tmp_path),
    ):
        pass


def test_the_words_for_a_second_run_beside_the_first_are_obeyed(tmp_path: Path) -> None:
    with needs.only_one(tmp_path):
        with pytest.raises(RefusalError) as refusal, needs.only_one(tmp_path):
            pass
        words = str(refusal.value).partition('ARGS="')[2].partition('"')[0]
        assert f"(python -m local {words})" in str(refusal.value)
        second = options.read(shlex.split(words)).settled()
        with needs.only_one(second.data):
            needs.check_ports(second.ports())
    assert second.data == tmp_path / "second"
    assert second.ports().keys().isdisjoint(options.Options().ports())


def test_a_second_run_of_a_checkout_stays_inside_what_make_clean_removes() -> None:
    assert "--data .local/second " in needs._held(options.Options.data)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--port", "http"], "'http' is no port: a number from 1 to 65535"),
        (["--port", "70000"], "'70000' is no port"),
        (["--azurite-port", "65535"], "'65535' is no port: a number from 1 to 65533"),
        (["--port", "10002"], "port 10002 is chosen twice"),
        (["--host", "iis"], "invalid choice: 'iis'"),
    ],
)
def test_a_wrong_option_is_refused(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        options.read(words)
    assert refusal.value.code == 2
    assert sentence in capsys.readouterr().err


def test_ports_of_0_become_free_ones_side_by_side_and_others_stay() -> None:
    free = options.read(["--port", "0", "--azurite-port", "0", "--weather-port", "0", "--emulator-port", "0"])
    ports = free.settled().ports()
    assert len(ports) == 6
    assert all(needs.is_free(port) for port in ports)
    assert options.read(["--port", "0"]).settled().emulator_port == 10010


def test_func_that_is_asked_for_and_missing_is_named(bin_: Path) -> None:
    with pytest.raises(RefusalError, match="func was not found on PATH: install"):
        needs.func_program("func", {"PATH": str(bin_)})


def test_func_on_path_is_used_unless_the_small_host_is_asked_for(bin_: Path) -> None:
    func = program(bin_, "func", "exit 0")
    env = {"PATH": str(bin_)}
    assert (needs.func_program("auto", env), needs.func_program("small", env)) == (str(func), None)
