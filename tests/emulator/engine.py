"""Images for a container engine, made of busybox alone: no registry, no build. And whether there is an engine.

A static busybox (Debian's busybox-static) and a running engine are all that is needed. The images are the same
bytes each time, so loading them twice changes nothing.
"""

import asyncio
import functools
import gzip
import hashlib
import io
import json
import platform
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiodocker

from aci_emulator.runtimes.docker.runtime import EngineError, connect

SHELL = "crontable-test/shell:1"
"""An image with a shell, and the command `sh`."""

HELLO = "crontable-test/hello:1"
"""An image that says hello, and trouble on standard error; it has an entry point and a variable, IMAGE=hello."""

EMPTY = "crontable-test/empty:1"
"""An image with a shell and no command of its own."""

MISSING = "crontable-test/missing:1"
"""An image that nobody has."""

PROCESS_IMAGES: dict[str, Any] = {
    SHELL: {"command": ["sh"]},
    HELLO: {"command": ["sh", "-c", "echo hello; echo trouble >&2"]},
    EMPTY: {},
}
"""The same images for the process runtime's images file."""

BUSYBOX = Path("/bin/busybox")
LOADERS = (b"/lib64/ld-linux", b"/lib/ld-linux", b"/lib/ld-musl")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

CONFIGS: dict[str, dict[str, Any]] = {
    SHELL: {"Cmd": ["sh"]},
    HELLO: {
        "Entrypoint": ["sh", "-c"],
        "Cmd": ["echo hello; echo trouble >&2"],
        "Env": ["PATH=/bin", "IMAGE=hello"],
    },
    EMPTY: {},
}


@dataclass(frozen=True)
class BuiltImage:
    """One image: its configuration and its only layer, as bytes."""

    config: bytes
    layer: bytes

    @property
    def id(self) -> str:
        return "sha256:" + hashlib.sha256(self.config).hexdigest()


@functools.cache
def why_no_engine() -> str:
    """Make the test images ready; return why that cannot be, or nothing."""
    if not BUSYBOX.exists():
        return f"{BUSYBOX} is not there: install busybox-static"
    if any(loader in BUSYBOX.read_bytes() for loader in LOADERS):
        return f"{BUSYBOX} needs shared libraries: install busybox-static"
    try:
        asyncio.run(_load())
    except EngineError as fault:
        return str(fault)
    return ""


async def _load() -> None:
    runtime = await connect()
    await runtime.close()
    async with aiodocker.Docker() as docker:
        await docker.images.import_image(io.BytesIO(archive(list(CONFIGS))))


def built(name: str) -> BuiltImage:
    """Return the image `name`, made of busybox and a configuration."""
    layer = _layer()
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {"Env": ["PATH=/bin"], "Labels": {"crontable-test": name}} | CONFIGS[name],
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    return BuiltImage(json.dumps(config).encode(), layer)


def archive(names: Sequence[str]) -> bytes:
    """Return the images as `docker save` writes them."""
    images = {name: built(name) for name in names}
    files = {"layer.tar": _layer()} | {f"{image.id[7:]}.json": image.config for image in images.values()}
    manifest = [
        {"Config": f"{image.id[7:]}.json", "RepoTags": [name], "Layers": ["layer.tar"]}
        for name, image in images.items()
    ]
    files["manifest.json"] = json.dumps(manifest).encode()
    return _tar([(_entry(path, size=len(content)), content) for path, content in files.items()])


def zipped(image: BuiltImage) -> bytes:
    """Return the layer as registries keep it, always the same bytes."""
    return gzip.compress(image.layer, compresslevel=1, mtime=0)


@functools.cache
def _layer() -> bytes:
    """Busybox under every name it answers to, and the few folders and files that programs expect."""
    busybox = BUSYBOX.read_bytes()
    names = subprocess.run([str(BUSYBOX), "--list"], check=True, capture_output=True, text=True).stdout.split()
    entries = [
        (_entry(folder, tarfile.DIRTYPE, mode), b"")
        for folder, mode in {"bin": 0o755, "etc": 0o755, "tmp": 0o1777}.items()
    ]
    entries.append((_entry("bin/busybox", size=len(busybox), mode=0o755), busybox))
    entries += [(_link(f"bin/{name}"), b"") for name in sorted(names) if name != "busybox"]
    passwd = b"root:x:0:0:root:/:/bin/sh\n"
    entries.append((_entry("etc/passwd", size=len(passwd)), passwd))
    return _tar(entries)


def _entry(name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o644, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size = kind, mode, size
    return entry


def _link(name: str) -> tarfile.TarInfo:
    entry = _entry(name, tarfile.SYMTYPE, 0o777)
    entry.linkname = "busybox"
    return entry


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return whole.getvalue()
