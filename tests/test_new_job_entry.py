"""The entry step of an image: it waits for the identity, then it becomes the job. And the writer of lock files."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

WEATHER = Path(__file__).parents[1] / "examples" / "weather"
TOKEN = (200, b'{"access_token": "t0ken", "expires_in": "86400"}')
NOT_YET = (500, b"not yet")
HELLO = (sys.executable, "-c", "print('hello')")


class Endpoint:
    """An identity endpoint: gives its answers one by one, the last one again and again, and knows what was asked."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str | None]] = []
        self.first = threading.Event()
        self.url = ""

    def answer(self, path: str, metadata: str | None) -> tuple[int, bytes]:
        self.asked.append((path, metadata))
        self.first.set()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def endpoint() -> Iterator[Callable[..., Endpoint]]:
    with ExitStack() as stack:

        def start(*answers: tuple[int, bytes]) -> Endpoint:
            made = Endpoint(*answers)

            class Request(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    status, body = made.answer(self.path, self.headers.get("Metadata"))
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_said: object) -> None:
                    """Say nothing."""

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Request))
            made.url = f"http://127.0.0.1:{server.server_port}"
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.shutdown)
            return made

        yield start


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The entry step as a module, on a clock of its own: what it sleeps passes at once."""
    loaded = _loaded("entry")
    passed = [0.0]
    clock = SimpleNamespace(
        monotonic=lambda: passed[0], sleep=lambda seconds: passed.__setitem__(0, passed[0] + seconds)
    )
    monkeypatch.setattr(loaded, "time", clock)
    monkeypatch.setattr(loaded, "os", SimpleNamespace(execvp=_became))
    return loaded


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"weather_{name}", WEATHER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Became(Exception):
    """The process became a command."""


def _became(program: str, words: list[str]) -> None:
    assert words[0] == program
    raise Became(words)


def entered(*command: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Run the real entry step to its end."""
    words = [sys.executable, str(WEATHER / "entry.py"), *command]
    env = {"PATH": os.environ["PATH"], **told}
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def test_without_an_identity_it_becomes_the_job_at_once() -> None:
    ended = entered(*HELLO)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "hello\n", "")


def test_it_waits_until_the_identity_gives_a_token_and_never_shows_it(endpoint: Callable[..., Endpoint]) -> None:
    azure = endpoint(NOT_YET, TOKEN)
    ended = entered(*HELLO, AZURE_CLIENT_ID="who", AZURE_POD_IDENTITY_AUTHORITY_HOST=azure.url)
    assert ended.stdout == "entry: the identity gave a token, at try 2\nhello\n"
    path, metadata = azure.asked[0]
    assert path.startswith("/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.")
    assert path.endswith("&client_id=who")
    assert metadata == "true"
    assert "t0ken" not in ended.stdout + ended.stderr


def test_the_exit_code_is_the_jobs_own() -> None:
    assert entered(sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_the_job_is_the_first_process_itself_and_hears_its_signals() -> None:
    """A shell in between would keep SIGTERM for itself, and the job would be killed without warning."""
    program = (
        "import os, signal; signal.signal(signal.SIGTERM, lambda *_: os._exit(9)); print(flush=True); signal.pause()"
    )
    words = [sys.executable, str(WEATHER / "entry.py"), sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as job:
        assert job.stdout
        job.stdout.readline()
        job.send_signal(signal.SIGTERM)
        assert job.wait(20) == 9


def test_sigterm_ends_the_waiting(endpoint: Callable[..., Endpoint]) -> None:
    azure = endpoint(NOT_YET)
    env = {"AZURE_CLIENT_ID": "who", "AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url, "IDENTITY_SECONDS": "600"}
    with subprocess.Popen([sys.executable, str(WEATHER / "entry.py"), "true"], env=env) as waiting:
        azure.first.wait(20)
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(20) == 143


@pytest.mark.parametrize("answer", [(400, b"Identity not found"), (200, b"<html>"), (200, b"{}"), (200, b"null")])
def test_an_identity_that_never_answers_ends_the_run_with_what_came_instead(
    answer: tuple[int, bytes], entry: ModuleType, endpoint: Callable[..., Endpoint], capsys: pytest.CaptureFixture[str]
) -> None:
    azure = endpoint(answer)
    with pytest.raises(SystemExit) as ended:
        entry.main(HELLO, {"AZURE_CLIENT_ID": "who", "AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url})
    assert ended.value.code == 75
    said = capsys.readouterr().err
    assert said.startswith("entry: the identity gave no token in 120 seconds: ")
    assert answer[0] == 200 or "HTTP 400 Identity not found" in said
    assert len(azure.asked) == 33, "every four seconds, and sooner at first"


def test_nobody_at_the_address_is_not_yet_and_ends_in_time(
    entry: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        entry.main(HELLO, {"IDENTITY_SECONDS": "3", "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"})
    assert "in 3 seconds: " in capsys.readouterr().err


def test_a_proxy_is_not_asked_for_a_token(
    entry: ModuleType, endpoint: Callable[..., Endpoint], monkeypatch: Any
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    azure = endpoint(TOKEN)
    with pytest.raises(Became):
        entry.main(HELLO, {"AZURE_CLIENT_ID": "who", "AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url})


@pytest.mark.parametrize("told", [{}, {"AZURE_CLIENT_ID": " "}, {"AZURE_CLIENT_ID": "who", "IDENTITY_SECONDS": "0"}])
def test_nothing_is_waited_for_where_no_identity_is_named_or_nobody_wants_it(
    told: dict[str, str], entry: ModuleType
) -> None:
    with pytest.raises(Became) as became:
        entry.main(HELLO, {**told, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"})
    assert became.value.args == (list(HELLO),)


def test_an_identity_without_a_name_is_asked_for_without_one(
    entry: ModuleType, endpoint: Callable[..., Endpoint]
) -> None:
    azure = endpoint(TOKEN)
    with pytest.raises(Became):
        entry.main(HELLO, {"IDENTITY_SECONDS": "30", "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{azure.url}/"})
    assert "client_id" not in azure.asked[0][0]


@pytest.mark.parametrize(
    ("told", "command", "code", "sentence"),
    [
        ({}, [], 2, "entry: no command is given: python /app/entry.py COMMAND ... is allowed."),
        ({"IDENTITY_SECONDS": "soon"}, ["true"], 2, "entry: IDENTITY_SECONDS is 'soon': a whole number from 0 to 1800"),
        ({"IDENTITY_SECONDS": "1801"}, ["true"], 2, "entry: IDENTITY_SECONDS is '1801': a whole number from 0 to 1800"),
        ({"IDENTITY_SECONDS": "٣"}, ["true"], 2, "entry: IDENTITY_SECONDS is '٣': a whole number from 0 to 1800"),
        (
            {"IDENTITY_SECONDS": "5", "AZURE_POD_IDENTITY_AUTHORITY_HOST": "file:///etc"},
            ["true"],
            2,
            "entry: AZURE_POD_IDENTITY_AUTHORITY_HOST is 'file:///etc': an address such as http://HOST is allowed.",
        ),
        ({}, ["no-such-program"], 127, "entry: 'no-such-program' cannot be started: No such file or directory."),
    ],
)
def test_what_was_set_up_wrongly_is_said(told: dict[str, str], command: list[str], code: int, sentence: str) -> None:
    ended = entered(*command, **told)
    assert ended.returncode == code
    assert ended.stderr.startswith(sentence)


def test_the_lock_file_has_each_package_with_its_hash_in_order(tmp_path: Path) -> None:
    items = [_item("Requests", "2.34"), _item("Charset_Normalizer", "3.4")]
    report, lock = tmp_path / "report.json", tmp_path / "lock" / "requirements.txt"
    report.write_text(json.dumps({"install": items}))
    _loaded("lock").main(report, lock)
    _, *lines = lock.read_text().splitlines()
    assert lines == ["charset-normalizer==3.4 --hash=sha256:00", "requests==2.34 --hash=sha256:00"]


def test_a_package_from_no_index_is_refused(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"install": [_item("mine", "1", direct=True)]}))
    with pytest.raises(
        SystemExit, match=r"^lock: mine comes from https://example.com/mine.* name a release of it in req"
    ):
        _loaded("lock").main(report, tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def _item(name: str, version: str, *, direct: bool = False) -> dict[str, Any]:
    """One entry of pip's report."""
    found = {"url": f"https://example.com/{name}", "archive_info": {"hashes": {"sha256": "00"}}}
    return {"metadata": {"name": name, "version": version}, "is_direct": direct, "download_info": found}
