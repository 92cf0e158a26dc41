"""Runs a command that sees folders of this machine at paths of its own, as a container does. Linux only.

A program by itself: the process runtime starts it with the number of a socket. It reads its plan from there (JSON:
command, environment, folder, binds), gives itself a mount namespace, binds the folders, and becomes the command; its
process id, session and pipes stay. The socket closes without a word when that went well. Otherwise a JSON report says
at which stage it ended (NAMESPACE, MOUNT, COMMAND, or TEXT for characters that no command can have), with the errno
and a sentence.

Nothing changes on the machine's own file system: a folder that lacks the way to a target is covered, for this process
and its children alone, by a tmpfs with the same entries.
"""

import contextlib
import ctypes
import errno
import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

NAMESPACE, MOUNT, COMMAND, TEXT = "namespace", "mount", "command", "text"

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 32, 4096, 8192, 16384
MS_UNBINDABLE, MS_PRIVATE = 1 << 17, 1 << 18

ROOT = Path("/")
KERNELS = (Path("/proc"), Path("/sys"))

_libc = ctypes.CDLL(None, use_errno=True)


class View:
    """What the command sees: a root of its own with the entries of the machine's, and what is bound into it.

    The root is put together on `folder`, an existing one, and then moved away from there.
    """

    def __init__(self, folder: Path) -> None:
        self._covers: set[int] = set()
        self._volumes: list[Path] = []
        self._cover(ROOT, folder)
        os.chdir(folder)
        _mount(folder, ROOT, MS_MOVE)
        os.chroot(".")

    def bind(self, source: int, target: Path, *, read_only: bool) -> None:
        """Show the folder that the descriptor `source` stands for at `target`.

        OSError when `target` is the root, a part of the kernel's own trees, or below a file or a read-only bind.
        """
        place = target.resolve()
        if place == ROOT or any(place.is_relative_to(tree) for tree in KERNELS):
            raise OSError(errno.EINVAL, f"nothing can be mounted at {place}")
        self._make_way(place)
        _mount(_behind(source), place, MS_BIND | MS_REC)
        if read_only:
            _make_read_only(place)
        self._volumes.append(place)

    def stay(self, folder: Path, descriptor: int) -> None:
        """Make `folder` the working folder; if a bind hides it, it is shown directly below the root instead."""
        with contextlib.suppress(FileNotFoundError):
            os.chdir(folder)
            return
        elsewhere = ROOT / folder.name
        self.bind(descriptor, elsewhere, read_only=False)
        os.chdir(elsewhere)

    def _make_way(self, target: Path) -> None:
        """Let there be a folder at `target`: made in a bind or a tmpfs of ours, never in the machine's own tree."""
        nearest = next(path for path in (target, *target.parents) if _mode(path) is not None)
        if not stat.S_ISDIR(_mode(nearest) or 0):
            raise OSError(errno.ENOTDIR, f"{nearest} is not a folder")
        if nearest == target:
            return
        ours = nearest.stat().st_dev in self._covers or any(nearest.is_relative_to(seen) for seen in self._volumes)
        if not ours:
            self._cover(nearest, nearest)
        target.mkdir(parents=True)

    def _cover(self, folder: Path, place: Path) -> None:
        """Mount a tmpfs with the entries of `folder` at `place`.

        It is unbindable while it is filled: the entry that holds `place` would take a copy of it along.
        """
        beneath = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        _mount("tmpfs", place, kind="tmpfs", data=f"mode={stat.S_IMODE(folder.stat().st_mode):o}")
        _mount("none", place, MS_UNBINDABLE)
        self._covers.add(place.stat().st_dev)
        for name in _entries(beneath):
            _show(_behind(beneath) / name, place / name)
        _mount("none", place, MS_PRIVATE)
        os.close(beneath)


def separate() -> None:
    """Give this process mounts of its own; OSError when the kernel lets it not.

    Without the right to do so it becomes the master of a user namespace first, in which it keeps its ids.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        os.unshare(os.CLONE_NEWNS)
    except PermissionError:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount("none", ROOT, MS_REC | MS_PRIVATE)


def arrange(folder: Path, binds: list[tuple[str, str, bool]]) -> None:
    """Show every bind (source, target, read-only), the outer before the inner, and go to `folder`.

    All folders are opened first: a bind may hide the path of the next.
    """
    view = View(folder)
    opened = [(os.open(source, os.O_PATH | os.O_DIRECTORY), Path(target), kept) for source, target, kept in binds]
    working = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    for source, target, kept in sorted(opened, key=lambda bind: len(bind[1].parts)):
        view.bind(source, target, read_only=kept)
    view.stay(folder, working)


def become(command: list[str], environment: dict[str, str]) -> None:
    """Become `command`, with the signals that Python ignores as they were; OSError when it cannot be executed."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(command[0], command, environment)  # noqa: S606 - to run the command is what it is for


def _mount(source: str | Path, target: Path, flags: int = 0, kind: str = "none", data: str = "") -> None:
    words = (os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data.encode())
    if _libc.mount(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot mount at {target}: {os.strerror(number).lower()}")


def _make_read_only(place: Path) -> None:
    """Remount the bind at `place`; what its file system already forbids must stay so, or the kernel refuses."""
    kept = os.statvfs(place).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount("none", place, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def _show(origin: Path, place: Path) -> None:
    """Show one entry of a covered folder; one that is gone, or may not be looked at, is left out."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = origin.lstat().st_mode
        if stat.S_ISLNK(mode):
            place.symlink_to(origin.readlink())
            return
        if stat.S_ISDIR(mode):
            place.mkdir()
        else:
            place.touch()
        _mount(origin, place, MS_BIND | MS_REC)


def _entries(folder: int) -> list[str]:
    """Name what is in a folder; of one that may not be read, nothing."""
    try:
        return [entry.name for entry in _behind(folder).iterdir()]
    except PermissionError:
        return []


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except OSError:
        return None


def _behind(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}")


def _plan(channel: int) -> dict[str, Any]:
    with os.fdopen(os.dup(channel), encoding="ascii") as text:
        plan: dict[str, Any] = json.load(text)
        return plan


def _report(stage: str, fault: OSError | ValueError) -> dict[str, object]:
    if isinstance(fault, ValueError):
        return {"stage": TEXT, "errno": errno.EINVAL, "sentence": str(fault)}
    where = f"{fault.filename}: " if stage == MOUNT and fault.filename else ""
    return {"stage": stage, "errno": fault.errno, "sentence": where + (fault.strerror or str(fault))}


def main(channel: int) -> int:
    """Carry out the plan; return only when that failed, after the report."""
    os.set_inheritable(channel, False)  # noqa: FBT003 - the standard library's own signature
    plan = _plan(channel)
    stage = NAMESPACE
    try:
        separate()
        stage = MOUNT
        arrange(Path(plan["folder"]), plan["binds"])
        stage = COMMAND
        become(plan["command"], plan["environment"])
    except (OSError, ValueError) as fault:
        os.write(channel, json.dumps(_report(stage, fault)).encode())
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
