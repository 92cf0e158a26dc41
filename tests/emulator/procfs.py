"""What Linux tells of a process: its children, its open files, its memory."""

import sys
from pathlib import Path

ON_LINUX = sys.platform == "linux"


def children(pid: int) -> list[int]:
    """Return the child processes of a process, zombies too; none where there is no Linux to tell."""
    if not ON_LINUX:
        return []
    return [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]


def open_files(pid: int) -> int:
    """Return how many files a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident(pid: int) -> int:
    """Return the memory of a process that is in RAM, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
