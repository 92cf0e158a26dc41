"""A stage for `make deploy`: stand-ins of az and func on a PATH of their own, an Azure in a file, the app's health."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.deploy.checks.places import PROVIDERS
from tests.deploy import grammar

ROOT = Path(__file__).parents[2]
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
#: az's commands that change something.
CHANGES = ("group create", "deployment group create")
#: For a child to say something, or to end.
PATIENCE = 30.0
REGIONS = ["westeurope", "northeurope", "swedencentral", "eastus", "westus2"]
_DISPLAYED = ["West Europe", "North Europe", "Sweden Central", "East US", "West US 2"]
OWNER = [{"actions": ["*"], "notActions": []}]
CONTRIBUTOR = [
    {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]}
]


def fine() -> dict[str, Any]:
    """An Azure in which nothing is in the way, and nothing there yet."""
    return {
        "az": {"version": "2.91.0"},
        "bicep": "0.38.33",
        "func": {"version": "4.15.1"},
        "account": {
            "id": SUBSCRIPTION, "name": "Data", "tenantId": "a-tenant", "state": "Enabled",
            "user": {"name": "ada@example.com", "type": "user"},
        },
        "token": True,
        "state": "Enabled",
        "person": "ada-object-id",
        "regions": REGIONS,
        "groups": {},
        "providers": {
            name: {"state": "Registered", "types": {kind: _DISPLAYED} if kind else {}}
            for name, (kind, _) in PROVIDERS.items()
        },
        "flex": ["westeurope", "northeurope", "eastus"],
        "python": ["3.10", "3.11", "3.12", "3.13"],
        "usages": {"ContainerGroups": [0, 100], "StandardCores": [0, 100]},
        "permissions": {"*": OWNER},
        "deleted": [],
        "taken": {},
        "resources": [],
        "deploying": [],
        "played": [],
        "url": "",
    }  # fmt: skip


@dataclass
class Ended:
    """How a call ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines()]


@dataclass
class Stage:
    """Change `world` before `run`; read `journal` after it."""

    folder: Path
    world: dict[str, Any] = field(default_factory=fine)

    def __post_init__(self) -> None:
        (self.folder / "bin").mkdir()
        for name in ("az", "func", "npm"):
            self.install(name)

    def install(self, name: str) -> None:
        """Put a stand-in on PATH. `-S`: no site packages, which the start would spend most of its time on."""
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.deploy.stand_in import main"
        script = f"#!{sys.executable} -S\n{code}\nsys.exit(main({name!r}, sys.argv[1:]))\n"
        self.program(name).write_text(script)
        self.program(name).chmod(0o755)

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def play(self, command: str, **how: Any) -> None:
        """Let this happen to a command whose line holds these words: out, err, code, hang; `times` times (1)."""
        self.world["played"].append({"command": command, **how})

    def start(self, *words: str) -> "subprocess.Popen[str]":
        (self.folder / "world.json").write_text(json.dumps(self.world))
        env = {"PATH": str(self.folder / "bin"), "STAND_IN": str(self.folder), "HOME": str(self.folder)}
        command = [sys.executable, "-m", "infra.deploy", "--pause", "0.05", *words]
        return subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )

    def run(self, *words: str, patience: float = 0.5) -> Ended:
        """Call it to its end; the world is as the stand-ins left it. Every command that was told must be one."""
        child = self.start(*words, "--patience", str(patience / 60))
        ended = self.finish(child)
        for line in ended.lines:
            if line.startswith(("az ", "$ az ")):
                grammar.parse(shlex.split(line.removeprefix("$ "))[1:])
        return ended

    def finish(self, child: "subprocess.Popen[str]") -> Ended:
        try:
            out, err = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError(f"It did not end: {child.communicate()}") from None
        self.world = json.loads((self.folder / "world.json").read_text())
        assert "Traceback" not in err, err
        return Ended(child.returncode, out, err)

    @property
    def journal(self) -> list[dict[str, Any]]:
        file = self.folder / "journal"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def calls(self) -> list[str]:
        """Each call of a program, as a line."""
        return [" ".join([one["program"], *one["words"]]) for one in self.journal if "program" in one]

    @property
    def changes(self) -> list[str]:
        """The calls that changed something."""
        starts = (*(f"az {words}" for words in CHANGES), "func azure")
        return [call for call in self.calls if call.startswith(starts)]

    def forget(self) -> None:
        (self.folder / "journal").unlink(missing_ok=True)

    def until(self, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for an entry of the journal."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for entry in self.journal:
                if seen(entry):
                    return entry
            time.sleep(0.02)
        raise TimeoutError(self.journal)

    def stopped(self, *words: str, at: str, by: int = signal.SIGINT) -> Ended:
        """Let a command hang, and send a signal once it does."""
        self.play(at, hang=True)
        child = self.start(*words)
        try:
            self.until(lambda entry: "hanging" in entry)
        finally:
            os.kill(child.pid, by)
        return self.finish(child)


class Health:
    """The app's `/api/health`: each answer of `answers` once, then the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = [(200, healthy())]
        self.asked = 0
        self.heard = threading.Event()
        self.url = ""

    def next(self) -> tuple[int, str]:
        self.asked += 1
        self.heard.set()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def healthy(age: float = 0.0) -> str:
    return json.dumps({"status": "ok", "last_tick": "2026-11-22T09:00:00Z", "age_seconds": age})


def never() -> str:
    return json.dumps({"status": "never", "last_tick": None, "age_seconds": None})


@contextmanager
def health() -> Iterator[Health]:
    told = Health()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = told.next() if self.path == "/api/health" else (404, "")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def numbered(ended: Ended) -> Sequence[str]:
    """The faults that were told: `1. …`."""
    return [line for line in ended.err.splitlines() if line[:1].isdigit() and ". " in line[:4]]
