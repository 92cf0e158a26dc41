"""Where containers run: one file a runtime, and what they need."""

import sys
from pathlib import Path

from aci_emulator.runtime import Runtime
from aci_emulator.runtimes.docker.calls import EngineError
from aci_emulator.runtimes.images import ImagesFile
from aci_emulator.runtimes.process import ProcessRuntime

__all__ = ["EngineError", "choose"]


async def choose(name: str, images: ImagesFile | None, folder: Path) -> Runtime:
    """Return the runtime called `name`; `auto` is docker when an engine answers and no images file is given.

    EngineError when docker is asked for and no engine answers.
    """
    if name == "process" or (name == "auto" and images is not None):
        return ProcessRuntime(images, folder)
    from aci_emulator.runtimes.docker.runtime import connect  # noqa: PLC0415 - its library is not loaded for processes

    try:
        return await connect()
    except EngineError as fault:
        if name == "docker":
            raise
        sys.stderr.write(f"aci_emulator: runtime process, for want of an engine: {fault}\n")
        return ProcessRuntime(images, folder)
