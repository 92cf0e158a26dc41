"""The servers that contenders talk to: Azurite, the emulator of Container Instances, redis."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.venvs import FOLDER, MissingError, last_line
from local import needs
from local.children import Child, ChildEndedError, Children, listens
from local.needs import RefusalError

#: Azurite's account and its well-known key, the same in every installation of it.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SERVICES = ("Blob", "Queue", "Table")
#: What the containers of the bench do: nothing, or nothing for an hour.
IMAGES = {"bench": {"command": ["true"]}, "bench-long": {"command": ["sleep", "3600"]}}
#: What redis needs beside itself; what it is linked with, a Debian has in any case.
DEBIAN = ("redis-server", "redis-tools", "liblua5.1-0", "liblzf1", "libjemalloc2")
#: Seconds in which a server must listen.
READY_WITHIN = 60.0


@dataclass(frozen=True)
class Azure:
    """Azurite and the emulator, as Crontable's contender is told of them."""

    azurite: Child
    emulator: Child
    connection: str
    arm: str

    def options(self) -> dict[str, object]:
        """Give what the contender needs to know."""
        pids = {"azurite": self.azurite.process.pid, "emulator": self.emulator.process.pid}
        return {"connection": self.connection, "arm": self.arm, "servers": pids}


async def azure(children: Children, folder: Path) -> Azure:
    """Start both: tables in memory, container groups without delays and limits, whose containers do nothing."""
    first = needs.any_free(4)
    ports = [word for n, name in enumerate(SERVICES) for word in (f"--{name.lower()}Port", str(first + n))]
    options = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", *ports]
    azurite = await children.start(
        "Azurite", ["node", str(needs.azurite()), *options], os.environ, stop_with=signal.SIGINT
    )
    (images := folder / "images.json").write_text(json.dumps(IMAGES))
    emulator = await children.start(
        "ACI emulator",
        [
            *(sys.executable, "-m", "aci_emulator", "--port", str(first + 3)),
            *("--runtime", "process", "--images", str(images), "--speed", "0", "--limit", "all=none"),
        ],
        os.environ,
    )
    for n in range(4):
        await listens(emulator if n == len(SERVICES) else azurite, first + n, READY_WITHIN)
    endpoints = (f"{name}Endpoint=http://127.0.0.1:{first + n}/{ACCOUNT}" for n, name in enumerate(SERVICES))
    connection = ";".join(["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={KEY}", *endpoints])
    return Azure(azurite, emulator, connection, f"http://127.0.0.1:{first + 3}")


async def redis(children: Children, folder: Path = FOLDER) -> str:
    """Start a redis that keeps nothing; gives its address. Raises MissingError."""
    program, env = await _redis_program(children, folder / "redis")
    port = needs.any_free()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    child = await children.start("redis", [program, *options], env)
    try:
        await listens(child, port, READY_WITHIN)
    except ChildEndedError as ended:
        raise MissingError(f"redis did not start: {last_line(child.last_words())}") from ended
    return f"redis://127.0.0.1:{port}/0"


async def _redis_program(children: Children, place: Path) -> tuple[str, Mapping[str, str]]:
    """Find the machine's redis, or else unpack Debian's into `place`, which needs no rights."""
    if found := shutil.which("redis-server"):
        return found, os.environ
    if not _unpacked(place).exists():
        await _unpack(children, place)
    return str(_unpacked(place)), {**os.environ, "LD_LIBRARY_PATH": _libraries(place)}


def _unpacked(place: Path) -> Path:
    return place / "usr" / "bin" / "redis-server"


def _libraries(place: Path) -> str:
    return ":".join(str(each) for each in place.glob("usr/lib/*-linux-*"))


async def _unpack(children: Children, place: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise MissingError("there is no redis-server on PATH, and this is no Debian to get it from")
    parts = place.with_name("redis.parts")
    parts.mkdir(parents=True, exist_ok=True)
    get = f"cd '{parts}' && apt-get download -qq {' '.join(DEBIAN)} && for one in *.deb; do dpkg-deb -x $one .; done"
    try:
        await children.ask("apt-get", ["sh", "-c", get], os.environ)
    except RefusalError as refusal:
        said = last_line(str(refusal))
        raise MissingError(f"there is no redis-server on PATH, and Debian's could not be had: {said}") from refusal
    # Whole or not at all.
    shutil.rmtree(place, ignore_errors=True)
    parts.rename(place)
