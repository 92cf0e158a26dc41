"""The anchor: a container that does nothing, on the host's network, which all others of an emulator join.

Without it every container would be an endpoint of the engine's network `host`, and engines before 20.10.27 (Debian 12
has one) lock up for good when two endpoints come and go at the wrong moment: about once in 4,000 containers.
"""

import asyncio
import hashlib
import io
import json
import struct
import tarfile

from aci_emulator.arm import Json
from aci_emulator.runtimes.docker.calls import Engine, EngineFault
from aci_emulator.runtimes.docker.order import NAME, OWNER

IMAGE = "aci-emulator/anchor:1"
ANCHOR = "(anchor)"
"""Its name in the labels: no container of a group can have it."""

HOST = "host"

WAITS = {
    "x86_64": ("amd64", 62, bytes.fromhex("b822000000 0f05 ebf7")),
    "aarch64": ("arm64", 183, bytes.fromhex("000080d2 010080d2 020080d2 030080d2 280980d2 010000d4 faffff17")),
}
"""An engine's architecture -> what images call it, its number in ELF, and the code that waits for ever.

On x86-64: mov eax, 34 (pause); syscall; jmp to the first. On arm64: mov x0..x3, 0; mov x8, 73 (ppoll); svc 0; b to the
first.
"""

ADDRESS, ALIGNMENT, HEADERS = 0x400000, 0x10000, 64 + 56


class Anchor:
    """The anchor of one emulator: made when first asked for, and again when somebody removed it."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._owner = owner
        self._number = ""
        self._dead = ""
        self._making = asyncio.Lock()

    async def network(self) -> str:
        """Return the network that containers are to have, in the engine's words; EngineFault when it cannot be."""
        if self._engine.facts.architecture not in WAITS:
            return HOST
        async with self._making:
            if not self._number:
                self._number = await self._make()
            return f"container:{self._number}"

    def is_gone(self, network: str, fault: EngineFault) -> bool:
        """Say whether `fault` came from the anchor of `network` being no more; the next one is then another."""
        number = network.rpartition(":")[2]
        gone = bool(number) and number in str(fault)
        if gone and self._number == number:
            self._number, self._dead = "", number
        return gone

    async def remove(self) -> None:
        """Remove it, as the last container of its emulator."""
        if self._number:
            await self._engine.remove(self._number)

    async def _make(self) -> str:
        if self._dead:
            await self._engine.remove(self._dead)
        if await self._engine.image(IMAGE) is None:
            await self._engine.load(anchor_image(self._engine.facts.architecture))
        number = await self._engine.create("", anchor_config(self._owner, native=self._engine.facts.native))
        await self._engine.start(number)
        return number


def anchor_config(owner: str, *, native: bool) -> Json:
    """Return what the engine is asked to create.

    The host is called host.docker.internal in every container: it is 127.0.0.1 for those that share its network, or the
    way out of the virtual machine.
    """
    return {
        "Image": IMAGE,
        "Labels": {OWNER: owner, NAME: ANCHOR},
        "HostConfig": {
            "NetworkMode": HOST,
            "ExtraHosts": [f"host.docker.internal:{'127.0.0.1' if native else 'host-gateway'}"],
            "LogConfig": {"Type": "none"},
        },
    }


def anchor_image(architecture: str) -> bytes:
    """Return the image as `docker save` writes it: one program, of which nothing is needed but to be there."""
    name, machine, code = WAITS[architecture]
    layer = _tar({"anchor": _program(machine, code)})
    config = {
        "architecture": name,
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {"Entrypoint": ["/anchor"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]
    texts = {"config.json": config, "manifest.json": manifest}
    return _tar({"layer.tar": layer} | {path: json.dumps(content).encode() for path, content in texts.items()})


def _program(machine: int, code: bytes) -> bytes:
    """Wrap `code` in the least that Linux takes for an executable: an ELF header and one segment."""
    size = HEADERS + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, ADDRESS + HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, ADDRESS, ADDRESS, size, size, ALIGNMENT)
    return identity + header + segment + code


def _tar(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return whole.getvalue()
