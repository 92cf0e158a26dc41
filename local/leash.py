"""`python -m local.leash PARENT SIGNAL COMMAND...`: become COMMAND, which dies when PARENT does.

Without it: someone kills `make run` with SIGKILL, which nobody can handle, and Azurite keeps
its port and its files for ever. Linux delivers SIGNAL to COMMAND at the parent's death; elsewhere
this is a plain exec, and a killed parent leaves its children behind.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(signal_number: int) -> None:
    """Ask Linux to send this process `signal_number` when its parent ends; survives exec, not fork."""
    _prctl(PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """Ask Linux to make this process the parent of its descendants whose own parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def orphans() -> list[int]:
    """The process ids of this process's children, adopted ones included; none where Linux does not say."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:  # noqa: PTH123  not a file
            return [int(pid) for pid in listing.read().split()]
    except OSError:
        return []


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def main() -> None:
    """Tie this process to its parent, then become the command."""
    parent, number, *command = sys.argv[1:]
    die_with_parent(int(number))
    # The parent may have died between its fork and our request, and then no signal comes.
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
