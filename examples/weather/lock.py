"""python lock.py REPORT LOCK: turn pip's report of what it installed into a lock file with hashes.

The stage python-pkg-refresh runs it. A package that comes from no index is refused: exit 1.
"""

import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAD = "# Made by `make python-pkg-refresh` out of requirements.in, for Python {} on {}. Do not edit it.\n"


def main(report: Path, lock: Path) -> None:
    """Write the lock file, making its folder; the packages are in the order of their names."""
    installed = json.loads(report.read_text("utf-8"))["install"]
    lines = sorted(_line(item) for item in installed)
    lock.parent.mkdir(parents=True, exist_ok=True)
    head = HEAD.format(".".join(platform.python_version_tuple()[:2]), f"{sys.platform}/{platform.machine()}")
    lock.write_text(head + "".join(lines), "utf-8")


def _line(item: Mapping[str, Any]) -> str:
    name, version = item["metadata"]["name"].lower().replace("_", "-"), item["metadata"]["version"]
    digest = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
    if item["is_direct"] or not digest:
        raise SystemExit(
            f"lock: {name} comes from {item['download_info']['url']} and not from an index, "
            "so no hash can be held against it: name a release of it in requirements.in."
        )
    return f"{name}=={version} --hash=sha256:{digest}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
