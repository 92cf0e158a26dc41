"""infra/loop/Dockerfile, built and run by a container engine: not root, no pip, and it ends when it is told to."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.emulator.engine import why_no_engine
from tests.images.base import BASE, client, docker, index_arguments, why_no_base, why_no_index
from tests.servers import ROOT, Azurite, fresh
from tests.typist import settings

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(600)]

FILE = ROOT / "infra/loop/Dockerfile"
#: Its own in each process: two checkouts may be tested on one engine.
IMAGE = f"crontable-test/loop-{os.getpid()}"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    why = why_no_engine() or why_no_base() or why_no_index()
    if why:
        pytest.skip(why)
    # The context is what .dockerignore leaves of a checkout: not every builder reads that file.
    context = tmp_path_factory.mktemp("context")
    shutil.copy(ROOT / "requirements.txt", context)
    shutil.copytree(ROOT / "scheduler", context / "scheduler", ignore=shutil.ignore_patterns("__pycache__"))
    (context / "scheduler" / "cli.py").chmod(0o600)
    words = ["--file", str(FILE), "--tag", IMAGE, "--build-arg", f"BASE={BASE}", *index_arguments()]
    docker("build", *words, str(context))
    yield IMAGE
    docker("rmi", "--force", IMAGE)


@pytest.fixture
def loop(image: str, azurite: Azurite, emulators: Callable[..., str]) -> Iterator[str]:
    """A container that loops on this machine's Azurite and emulator."""
    name = fresh("crontable-test-loop-")
    soon = (datetime.now(UTC) + timedelta(seconds=8)).second  # not up to a minute later
    given = settings(azurite, emulators({})) | {"TICK_SCHEDULE": f"{soon} * * * * *"}
    told = [word for one, value in given.items() for word in ("--env", f"{one}={value}")]
    docker("run", "--detach", "--name", name, "--network", "host", "--read-only", "--tmpfs", "/tmp", *told, image)
    yield name
    docker("rm", "--force", name)


def state(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(docker("inspect", "--format", "{{json .State}}", name))
    return found


def heard(said: str, name: str) -> str:
    """Follow the container's log until a word comes; gives what was said until then."""
    lines = []
    with subprocess.Popen([client(), "logs", "--follow", name], stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout
        for line in follower.stdout:
            lines.append(line)
            if said in line:
                follower.terminate()
                return "".join(lines)
    pytest.fail(f"{said!r} never came: {lines}")


def test_it_ticks_on_a_read_only_disk_without_root_and_ends_with_zero(loop: str) -> None:
    told = heard(" tick: 0 rows looked at", loop)
    assert re.search(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ tick: ", told, re.MULTILINE)
    check = json.loads(docker("inspect", "--format", "{{json .Config.Healthcheck.Test}}", loop))
    docker("exec", loop, *check[1:])
    assert docker("exec", loop, "id", "-u") == "10001"
    docker("stop", "--time", "60", loop)
    assert (state(loop)["ExitCode"], state(loop)["OOMKilled"]) == (0, False)


def test_the_other_commands_are_there_too(image: str) -> None:
    assert docker("run", "--rm", image, "next", "@daily", "--from", "2026-11-22T09:00:00Z", "--count", "1") == (
        "2026-11-23T00:00:00+00:00"
    )


def test_what_runs_has_neither_pip_in_its_environment_nor_more_of_the_checkout_than_the_scheduler(image: str) -> None:
    assert docker("run", "--rm", "--entrypoint", "ls", image, "/app") == "scheduler"
    installed = docker("run", "--rm", "--entrypoint", "ls", image, "/venv/bin")
    assert "python" in installed
    assert "pip" not in installed.split()


def test_a_missing_setting_is_a_sentence_and_not_a_restart_each_second(image: str) -> None:
    with pytest.raises(RuntimeError, match="AzureWebJobsStorage is not set") as refused:
        docker("run", "--rm", image)
    assert "ended with 2" in str(refused.value)


def uploaded(root: Path, rules: Sequence[str]) -> list[str]:
    """What `az acr build` packs: the last rule that matches a whole path decides, and else that of the folder above.

    It reads .dockerignore at the context's root, and no other where the Dockerfile is called Dockerfile.
    """
    globs = [(not rule.startswith("!"), rule.removeprefix("!")) for rule in rules]
    shapes = [(left_out, re.escape(glob).replace(r"\*\*/", ".*").replace(r"\*", "[^/]*")) for left_out, glob in globs]

    def packed(folder: Path, *, out: bool, behind: int) -> Iterator[str]:
        for path in sorted(folder.iterdir()):
            name = path.relative_to(root).as_posix()
            found = [at for at, (_, shape) in enumerate(shapes) if at > behind and re.fullmatch(shape, name)]
            left_out, at = (shapes[found[-1]][0], found[-1]) if found else (out, behind)
            if path.is_dir():
                yield from packed(path, out=left_out, behind=at)
            elif not left_out:
                yield name

    return list(packed(root, out=False, behind=-1))


def test_what_is_uploaded_to_build_the_image_in_azure_is_small_and_holds_no_secret(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scheduler", tmp_path / "scheduler", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scheduler/steps/__pycache__/look.pyc", "local.settings.json", ".venv/bin/python", ".git/config",
                 "node_modules/azurite/x.js", "tests/test_tick.py", "requirements.txt", "host.json"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    packed = uploaded(tmp_path, rules)
    assert {"requirements.txt", "scheduler/tick.py", "scheduler/steps/look.py"} <= set(packed)
    assert [name for name in packed if not name.startswith("scheduler/") or "__pycache__" in name] == [
        "requirements.txt"
    ]
    assert sum((tmp_path / name).stat().st_size for name in packed) < 3_000_000


def test_the_build_takes_only_what_it_needs_from_a_checkout() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", FILE.read_text(), re.MULTILINE)
    assert [line for line in ignored if line.startswith(("*", "!"))] == [
        "*",
        *(f"!{name}" for name in copied),
        "**/__pycache__",
    ]
