"""The volumes of one deployment of a group, as folders of this machine that its containers are given to see."""

import asyncio
import contextlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from aci_emulator.gitrepo import CloneError, clone
from aci_emulator.runtime import Bind
from aci_emulator.spec.model import AzureFile, EmptyDir, GitRepo, Mount, Secret, Volume

FOR_ALL = 0o777
"""A container may run as any user, and may write to the volume nevertheless."""


class VolumeError(Exception):
    """The volume `volume` cannot be had; the sentence says why."""

    def __init__(self, volume: str, sentence: str) -> None:
        super().__init__(sentence)
        self.volume = volume


class Volumes:
    """Makes volumes below `folder`, itself made when it is missing.

    File shares are the folders ACCOUNT/SHARE below `shares`; None means that there are none.
    """

    def __init__(self, folder: Path, shares: Path | None) -> None:
        self._folder = folder
        self._shares = shares

    async def make(self, group_key: str, volumes: tuple[Volume, ...]) -> "Folders":
        """Make the volumes of one deployment; VolumeError at the first that cannot be had, and nothing is left.

        `group_key` only helps to tell the folders apart.
        """
        if not volumes:
            return Folders()
        made = self._own_folder(group_key)
        folders = Folders(made)
        try:
            for number, volume in enumerate(volumes):
                await self._make(volume, made / str(number), folders)
        except BaseException:
            await asyncio.shield(folders.discard())
            raise
        return folders

    def _own_folder(self, group_key: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        prefix = re.sub(r"[^A-Za-z0-9]+", "-", group_key)[-40:]
        return Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=self._folder)).resolve()

    async def _make(self, volume: Volume, folder: Path, folders: "Folders") -> None:
        """Make one volume, in `folder` unless it has one already."""
        try:
            match volume:
                case AzureFile():
                    folder = self._share(volume)
                case Secret():
                    _write(volume, folder)
                case EmptyDir() | GitRepo():
                    _make_empty(folder)
            if isinstance(volume, GitRepo):
                await clone(volume, folder)
        except CloneError as fault:
            raise _error(volume, str(fault)) from None
        except OSError as fault:
            raise _error(volume, fault.strerror or str(fault)) from None
        kept = isinstance(volume, Secret) or (isinstance(volume, AzureFile) and volume.read_only)
        folders.add(volume.name, folder, read_only=kept)

    def _share(self, volume: AzureFile) -> Path:
        """Return the folder that stands for a file share: it is the user's, and never made nor removed."""
        for kind, name in (("storageAccountName", volume.account), ("shareName", volume.share)):
            if not _is_plain(name):
                raise _error(volume, f"{kind} {name!r} cannot be a folder's name")
        inside = Path(volume.account, volume.share)
        if self._shares is None:
            raise _error(
                volume,
                "the emulator was started without the option --files DIR, which has the file shares: "
                f"start it with that and make the folder DIR/{inside}",
            )
        share = self._shares.resolve() / inside
        if not share.is_dir():
            raise _error(volume, f"there is no such file share: make the folder {share}")
        return share


class Folders:
    """The folders of one deployment's volumes; those that were made for it are in `made`, if any were."""

    def __init__(self, made: Path | None = None) -> None:
        self._made = made
        self._sources: dict[str, tuple[Path, bool]] = {}

    def add(self, volume: str, folder: Path, *, read_only: bool) -> None:
        """Let `folder` stand for the volume called `volume`."""
        self._sources[volume] = folder, read_only

    def binds(self, mounts: tuple[Mount, ...]) -> tuple[Bind, ...]:
        """Return what a container with these mounts is given to see; VolumeError for a volume that there is not."""
        return tuple(self._bind(mount) for mount in mounts)

    async def discard(self) -> None:
        """Remove what was made for the deployment; a file share stays as it is."""
        if self._made is not None:
            await asyncio.to_thread(_remove, self._made)

    def _bind(self, mount: Mount) -> Bind:
        if mount.volume not in self._sources:
            raise VolumeError(mount.volume, f"there is no volume {mount.volume!r}")
        folder, read_only = self._sources[mount.volume]
        return Bind(folder, mount.path, read_only=read_only or mount.read_only)


def _make_empty(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(FOR_ALL)


def _write(volume: Secret, folder: Path) -> None:
    """Write the files of a secret, for every user of the container to read."""
    folder.mkdir()
    folder.chmod(0o755)
    for name, content in volume.files.items():
        if not _is_plain(name):
            raise _error(volume, f"secret {name!r} cannot be a file's name")
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644)


def _error(volume: Volume, sentence: str) -> VolumeError:
    return VolumeError(volume.name, sentence)


def _is_plain(name: str) -> bool:
    """Say whether `name` is one step of a path, and one that goes down."""
    return name not in {"", ".", ".."} and "/" not in name and name.isprintable()


def _remove(folder: Path) -> None:
    """Remove a folder; folders in it that a container closed to everybody are opened first."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    for parent, folders, _ in os.walk(folder):
        for path in (Path(parent, name) for name in folders):
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
