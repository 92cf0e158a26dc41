"""The real servers that tests talk to, each a child process on a free port that ends with the session."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
AZURITE = ROOT / "node_modules" / ".bin" / "azurite"
#: Azurite's account and its well-known key, the same in every installation of it.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
#: Seconds for a server to end before it is killed.
PATIENCE = 15
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    """Give a name that nobody else in this process has been given: letters and digits, the given word first.

    Scenario: two counters, each beginning at 1. In some order of the tests one's `Jobs7` is the other's, and a
    table that should be empty holds rows.
    """
    return f"{word}{next(_numbers)}"


@dataclass(frozen=True)
class Azurite:
    """Where Azurite's services listen."""

    blob: str
    queue: str
    table: str

    @property
    def connection(self) -> str:
        """The connection string, as AzureWebJobsStorage has it."""
        endpoints = (f"{name}Endpoint={url}/{ACCOUNT}" for name, url in self._urls())
        return ";".join(["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={KEY}", *endpoints])

    def _urls(self) -> Sequence[tuple[str, str]]:
        return ("Blob", self.blob), ("Queue", self.queue), ("Table", self.table)


@contextlib.contextmanager
def azurite() -> Iterator[Azurite]:
    """Run an Azurite that keeps nothing."""
    if not AZURITE.exists():
        raise RuntimeError("Azurite is not installed in this checkout: run `npm ci`, or `make test`, which does it.")
    ports = [word for service in ("blob", "queue", "table") for word in (f"--{service}Port", "0")]
    options = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", *ports]
    with _child([str(AZURITE), *options]) as child:
        heard = _heard(child, "successfully listening at ", 3)
        urls = {line.split()[1].lower(): line.split()[-1] for line in heard}
        yield Azurite(**urls)


@contextlib.contextmanager
def emulator(folder: Path, images: Mapping[str, Any], *options: str) -> Iterator[str]:
    """Run the ACI emulator with these images, without delays unless the options say otherwise; gives its address."""
    file = folder / "images.json"
    file.write_text(json.dumps(images))
    command = [sys.executable, "-m", "aci_emulator", "--port", "0", "--runtime", "process", "--images", str(file)]
    with _child([*command, "--speed", "0", "--limit", "all=none", *options]) as child:
        yield _heard(child, "listening on ", 1)[0].split()[-1]


@contextlib.contextmanager
def _child(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    leash = [sys.executable, "-m", "local.leash", str(os.getpid()), str(int(signal.SIGINT))]
    with subprocess.Popen([*leash, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()


def _heard(child: "subprocess.Popen[str]", words: str, times: int) -> Sequence[str]:
    """Wait until the child has said the words so often; then let it talk."""
    heard: list[str] = []
    assert child.stdout
    while len(heard) < times:
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f"{child.args!r} ended with {child.wait()} before it said {words!r}")
        if words in line:
            heard.append(line)
    threading.Thread(target=child.stdout.read, daemon=True).start()
    return heard
