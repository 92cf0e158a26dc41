"""Git repositories over HTTP: git's own `http-backend` behind a server on a free port, and odd answers on order."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
#: Git without anybody's settings.
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "one",
    "GIT_AUTHOR_EMAIL": "one@example.com",
    "GIT_COMMITTER_NAME": "one",
    "GIT_COMMITTER_EMAIL": "one@example.com",
}


@dataclass
class Answer:
    """An answer in place of git's: a status, headers, a body; `endless`: its body never ends."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    endless: bool = False


class GitServer:
    """Bare repositories in a folder. `requests`: "GET /code.git/info/refs?...", with `headers` and `bodies` of each.

    `newest`: whether git's second protocol is spoken, or only its first one. `ordered`: answers by path.
    """

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.folder = folder
        self.newest = True
        self.requests: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        self.ordered: dict[str, Answer] = {}
        self._numbers: dict[str, int] = {}

    def git(self, *words: str, name: str = "") -> str:
        """Run git in a repository; gives what it prints."""
        env = {"PATH": os.environ["PATH"], **NOBODY}
        where = self.folder / name
        return subprocess.run(
            ["git", *words], cwd=where, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    def make(self, name: str, *options: str) -> str:
        """Make an empty repository with the default branch main; gives its address."""
        self.git("init", "--quiet", "--bare", "--initial-branch=main", *options, name)
        return f"{self.url}/{name}"

    def push(self, name: str, branch: str = "main") -> str:
        """Move a branch on to a new commit, which it gives."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        made = self.git("commit-tree", EMPTY_TREE, "-m", f"number {self._numbers[name]}", name=name)
        self.git("update-ref", f"refs/heads/{branch}", made, name=name)
        return made

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request, as ordered for its path or as git does."""
        self.requests.append(f"{method} {path}")
        self.headers.append(headers)
        self.bodies.append(body)
        where, _, query = path.partition("?")
        return self.ordered.get(where) or self._backend(method, where, query, headers, body)

    def _backend(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        env = {
            "PATH": os.environ["PATH"],
            **NOBODY,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        if self.newest:
            env["GIT_PROTOCOL"] = headers.get("Git-Protocol", "")
        ran = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
        head, _, said = ran.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        return Answer(int(lines.pop("Status", "200").split()[0]), lines, said)


class _Request(BaseHTTPRequestHandler):
    repositories: ClassVar[GitServer]
    ended: ClassVar[threading.Event]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.repositories.answer(self.command, self.path, dict(self.headers), body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        while answer.endless and not self.ended.wait(0.01):
            self.wfile.write(b"0" * 1000)
            self.wfile.flush()

    do_GET = do_POST = _answer  # noqa: N815  http.server finds them by name

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_request: object) -> None:
        """Say nothing of a client that hung up."""


@contextmanager
def gitserver(folder: Path) -> Iterator[GitServer]:
    """Serve the repositories of a folder on a free port, by this machine's git."""
    if not shutil.which("git"):
        raise RuntimeError("These tests need the command git.")
    repositories, ended = GitServer(folder), threading.Event()
    request = type("Request", (_Request,), {"repositories": repositories, "ended": ended})
    with _Server(("127.0.0.1", 0), request) as server:
        repositories.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield repositories
        finally:
            ended.set()
            server.shutdown()
            thread.join()
