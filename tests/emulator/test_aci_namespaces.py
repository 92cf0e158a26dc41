"""Binds in the process runtime for who may mount, who may in a user namespace only, and who may not at all."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aci_emulator.runtime import Bind, StartError
from aci_emulator.runtimes.images import ImagesFile
from tests.emulator.driver import ROOT, write_images
from tests.emulator.stand import AS_NOBODY_SPECIAL, NO_NAMESPACES, PYTHON, bench, entries

pytestmark = pytest.mark.anyio

DROP_THE_RIGHT_TO_MOUNT = ("setpriv", "--inh-caps=-sys_admin", "--bounding-set=-sys_admin")

ALONE = """
import asyncio, sys
from pathlib import Path
from aci_emulator.runtime import Bind
from tests.emulator.stand import bench

async def main() -> None:
    folder = Path(sys.argv[1])
    binds = (Bind(folder / "rw", "/aci/rw"), Bind(folder / "ro", "/aci/ro", read_only=True))
    async with bench(folder) as made:
        for _ in range(2):
            print(await made.run("sh", "-c", sys.argv[2], binds=binds))
        print(made.runtime._namespaces)

asyncio.run(main())
"""


AS_ON_A_DESKTOP = """
mount -t tmpfs -o nosuid,nodev,noexec none "$0/ro"
grep -F "$0" /proc/self/mountinfo > "$0/before"
"$@"
grep -F "$0" /proc/self/mountinfo > "$0/after"
"""


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def alone(folder: Path, script: str, *right: str) -> tuple[str, str]:
    """Run two containers in an emulator of its own, with other rights than this one; return what it prints, and where.

    Its machine is like a desktop's: mounts are told to all who want to know of them, and some forbid things.
    """
    for name in ("rw", "ro"):
        (folder / name).mkdir()
    machine = ("unshare", "--mount", "--propagation", "shared", "sh", "-ec", AS_ON_A_DESKTOP, str(folder))
    command = (*machine, *right, PYTHON, "-c", ALONE, str(folder), script)
    seen = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert (folder / "after").read_text() == (folder / "before").read_text()
    return seen.stdout, seen.stderr


as_root = pytest.mark.skipif(
    bool(NO_NAMESPACES) or os.geteuid() != 0 or not all(map(shutil.which, ("setpriv", "unshare"))),
    reason="only root has rights to drop; for others every test here is in a user namespace",
)


@as_root
@pytest.mark.parametrize("right", [(), DROP_THE_RIGHT_TO_MOUNT], ids=["may mount", "user namespace"])
async def test_the_machine_never_hears_of_a_mount_and_ids_stay(tmp_path: Path, right: tuple[str, ...]) -> None:
    script = "id -u; id -g; echo 1 >> /aci/rw/x; touch /aci/ro/x 2> /dev/null || echo kept"
    assert alone(tmp_path, script, *right) == ("(0, '0\\n0\\nkept\\n')\n" * 2 + "True\n", "")
    assert (tmp_path / "rw" / "x").read_text() == "1\n1\n"


@as_root
async def test_who_gets_no_namespace_has_links_in_the_working_folder_and_is_told_once(tmp_path: Path) -> None:
    printed, said = alone(tmp_path, "echo 1 >> aci/rw/x; cat aci/rw/x", *AS_NOBODY_SPECIAL)
    assert printed == "(0, '1\\n')\n(0, '1\\n1\\n')\nFalse\n"
    assert said.count("volumes are links below each container's working folder") == 1
    assert "Operation not permitted" in said


async def test_without_namespaces_a_volume_is_a_link_and_a_deeper_one_is_refused(
    tmp_path: Path, volume: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bench(tmp_path, namespaces=False) as made:
        assert await made.shell("echo 1 > mnt/data/x; readlink mnt/data", Bind(volume, "/mnt/data")) == f"{volume}\n"
        with pytest.raises(StartError, match="/mnt/data/deep would be inside another folder"):
            await made.start("true", binds=(Bind(volume, "/mnt/data"), Bind(volume, "/mnt/data/deep")))
        with pytest.raises(StartError, match="gone is not a folder"):
            await made.start("true", binds=(Bind(volume / "gone", "/mnt/data"),))
    assert entries(volume) == ["x"]
    assert capsys.readouterr().err.count("links below") == 1


async def test_without_namespaces_nothing_is_linked_into_an_images_own_folder(tmp_path: Path, volume: Path) -> None:
    image = tmp_path / "image"
    (image / "mnt").mkdir(parents=True)
    (image / "large").write_bytes(b"x" * 5 * 2**20)
    images = ImagesFile(write_images(tmp_path, {"job": {"command": ["true"], "folder": "image"}}))
    async with bench(tmp_path, images, namespaces=False) as made:
        for target in ("/mnt", "/mnt/data"):
            with pytest.raises(StartError, match="needs a mount namespace"):
                await made.start(image="job", binds=(Bind(volume, target),))
    assert entries(image / "mnt") == []
