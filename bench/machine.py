"""On what and with what it was measured."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.contenders import Contender
from bench.venvs import version
from local.needs import ROOT

GIGABYTE = 2**30


def machine() -> dict[str, str]:
    """Tell the machine."""
    return {
        "processor": f"{psutil.cpu_count()} cores, {_processor()}",
        "memory": f"{psutil.virtual_memory().total / GIGABYTE:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f} at the end",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def versions(field: Sequence[Contender]) -> dict[str, str]:
    """Tell the version of whatever takes part."""
    azurite = json.loads((ROOT / "node_modules/azurite/package.json").read_text())["version"]
    peers = {f"{one.package} {version(one)}" for one in field if one.package}
    return {"Azurite": azurite, "Node": _node(), "peers": ", ".join(sorted(peers, key=str.lower))}


def _node() -> str:
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S607


def date() -> str:
    """Tell the day."""
    return datetime.now(UTC).date().isoformat()
