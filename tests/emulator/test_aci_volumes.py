"""The volumes of a deployment: what their folders hold, who may write, what is refused, what is left."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from aci_emulator.runtime import Bind
from aci_emulator.spec.model import AzureFile, EmptyDir, Mount, Secret
from aci_emulator.volumes import Folders, VolumeError, Volumes
from tests.emulator.driver import ROOT
from tests.emulator.stand import AS_NOBODY_SPECIAL, GROUP, PYTHON, refused, source

pytestmark = pytest.mark.anyio

CLOSES_AND_LINKS = """
import asyncio, sys
from pathlib import Path
from aci_emulator.spec.model import EmptyDir, Mount
from aci_emulator.volumes import Volumes

async def main() -> None:
    here = Path(sys.argv[1])
    folders = await Volumes(here / "made", None).make("key", (EmptyDir("cache"),))
    [bind] = folders.binds((Mount("cache", "/a"),))
    (bind.source / "link").symlink_to(here / "kept")
    (bind.source / "closed" / "deep").mkdir(parents=True)
    (bind.source / "closed" / "deep" / "link").symlink_to(here / "kept")
    (bind.source / "closed" / "deep").chmod(0)
    (bind.source / "closed").chmod(0)
    await folders.discard()

asyncio.run(main())
"""


@pytest.fixture
def shares(tmp_path: Path) -> Path:
    (tmp_path / "files" / "account" / "share").mkdir(parents=True)
    return tmp_path / "files"


@pytest.fixture
def volumes(tmp_path: Path, shares: Path) -> Volumes:
    return Volumes(tmp_path / "made", shares)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_deployment_without_volumes_makes_no_folder(volumes: Volumes, tmp_path: Path) -> None:
    folders = await volumes.make(GROUP, ())
    assert folders.binds(()) == ()
    await folders.discard()
    assert not (tmp_path / "made").exists()


async def test_an_empty_folder_is_fresh_open_to_every_user_and_goes_with_the_deployment(volumes: Volumes) -> None:
    folders = await volumes.make(GROUP, (EmptyDir("cache"),))
    binds = folders.binds((Mount("cache", "/a"), Mount("cache", "/b", read_only=True)))
    folder = binds[0].source
    assert binds == (Bind(folder, "/a"), Bind(folder, "/b", read_only=True))
    assert (list(folder.iterdir()), mode(folder)) == ([], 0o777)
    assert await source(volumes, EmptyDir("cache")) != folder
    (folder / "file").touch()
    await folders.discard()
    assert not folder.parent.exists()


def test_what_a_container_closed_goes_and_what_it_linked_to_stays(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "deep").mkdir(parents=True)
    kept.chmod(0o750)
    (tmp_path / "made").mkdir()
    drop = AS_NOBODY_SPECIAL if os.geteuid() == 0 else ()
    subprocess.run([*drop, PYTHON, "-c", CLOSES_AND_LINKS, str(tmp_path)], cwd=ROOT, check=True)
    assert list((tmp_path / "made").iterdir()) == []
    assert ((kept / "deep").is_dir(), mode(kept)) == (True, 0o750)


async def test_a_secret_is_its_files_to_read_for_every_user_and_kept_from_others_of_the_machine(
    volumes: Volumes,
) -> None:
    folders = await volumes.make(GROUP, (Secret("keys", {"one": b"\0\xff", ".two": b""}),))
    [bind] = folders.binds((Mount("keys", "/run/keys"),))
    assert bind.read_only
    assert {path.name: path.read_bytes() for path in bind.source.iterdir()} == {"one": b"\0\xff", ".two": b""}
    assert (mode(bind.source), mode(bind.source / "one"), mode(bind.source.parent)) == (0o755, 0o644, 0o700)


@pytest.mark.parametrize("name", ["", ".", "..", "../out", "/etc/out", "a/b", "a\0b", "\ud800", "x" * 300])
async def test_a_secret_never_leaves_its_folder(volumes: Volumes, name: str) -> None:
    assert await refused(volumes, Secret("keys", {name: b"x"}))


async def test_a_file_share_is_a_folder_of_the_user_that_stays(volumes: Volumes, shares: Path) -> None:
    (shares / "account" / "share" / "file").write_text("mine")
    volume = AzureFile("files", "account", "share")
    folders = await volumes.make(GROUP, (volume, AzureFile("sealed", "account", "share", read_only=True)))
    folder = shares / "account" / "share"
    mounts = (Mount("files", "/a"), Mount("files", "/b", read_only=True), Mount("sealed", "/c"))
    assert folders.binds(mounts) == (
        Bind(folder, "/a"),
        Bind(folder, "/b", read_only=True),
        Bind(folder, "/c", read_only=True),
    )
    await folders.discard()
    assert (folder / "file").read_text() == "mine"


async def test_a_file_share_that_is_not_there_names_the_folder_to_make(volumes: Volumes, shares: Path) -> None:
    told = await refused(volumes, AzureFile("files", "account", "other"))
    assert told == f"there is no such file share: make the folder {shares}/account/other"


async def test_a_file_share_without_the_option_names_the_option(tmp_path: Path) -> None:
    told = await refused(Volumes(tmp_path / "made", None), AzureFile("files", "account", "share"))
    assert "--files DIR" in told
    assert "DIR/account/share" in told


@pytest.mark.parametrize("names", [("..", "files"), ("account", ".."), ("account/share", "."), ("/etc", "x"), ("", "")])
async def test_a_file_share_is_never_outside_the_shares(volumes: Volumes, names: tuple[str, str]) -> None:
    assert "cannot be a folder's name" in await refused(volumes, AzureFile("files", *names))


async def test_a_mount_of_a_volume_that_is_not_there_is_refused() -> None:
    with pytest.raises(VolumeError, match="there is no volume 'lost'"):
        Folders().binds((Mount("lost", "/a"),))
