"""The weather image, really built: its stages, who runs in it, what is in it and what is not."""

import json
from pathlib import Path

import pytest

from scheduler.new_job import write
from tests.images.base import docker, index_arguments
from tests.images.folder import ADDRESS, IMAGE, NAME, SECRET, WEATHER, Folder, run

pytestmark = pytest.mark.timeout(600)

STAGES = ("base-pre-pkg", "python-pkg-refresh", "python-pkg-pinned", "base-post-pkg", "smoke-test", "target-image")
#: Words for make, for a build that asks the package index.
INDEX_WORDS = f"BUILD_WORDS={' '.join(index_arguments())}"
#: Debian's client speaks to BuildKit by itself; Docker's own needs its plugin buildx.
BUILDKIT_CLIENT = "/usr/bin/docker"


def test_the_stages_stand_in_their_order() -> None:
    lines = (WEATHER / "Dockerfile").read_text().splitlines()
    named = [line.rpartition(" AS ")[2] for line in lines if line.startswith("FROM ")]
    assert [name for name in named if name != "python-pkg"] == list(STAGES)


@pytest.mark.usefixtures("built")
def test_nobody_is_root_in_it_by_number() -> None:
    assert docker("image", "inspect", "--format", "{{.Config.User}}", IMAGE) == "10001:10001"
    assert run(IMAGE, "id", "-u") == "10001"
    assert run(IMAGE, "sh", "-c", "touch /app/x /venv/x 2>&1 || true").count("Permission denied") == 2


@pytest.mark.usefixtures("built")
def test_it_holds_the_code_and_the_word_that_its_smoke_test_passed_and_nothing_else() -> None:
    assert run(IMAGE, "sh", "-c", "ls -1 /app").split() == ["__pycache__", "data", "entry.py", "smoke-test", "weather"]
    assert run(IMAGE, "cat", "/app/smoke-test") == "passed"


def test_its_smoke_test_runs_without_network_rights_or_a_disk(built: Folder) -> None:
    said = built.make("smoke-test", environment=ADDRESS).stdout
    assert "--network none --read-only" in said
    assert "ok: both jobs answer their watermark last and leave a whole store" in said


def test_a_failing_smoke_test_makes_no_image(folder: Folder) -> None:
    (folder.place / "weather" / "extract.py").write_text("def extract(environment: object) -> None: ...\n")
    said = folder.make("build", "TAG=failing", environment=ADDRESS, fails=True).stdout
    assert "smoke test: " in said
    assert not docker("images", "--quiet", f"{NAME}:failing")


@pytest.mark.usefixtures("built")
def test_code_that_only_its_owner_may_read_is_read_by_the_job() -> None:
    assert run(IMAGE, "python", "-m", "weather", "--help").startswith("usage: python -m weather")


def test_no_secret_is_in_its_history_or_a_layer(built: Folder, tmp_path: Path) -> None:
    """A key that lies in the folder, and the password of a private index, which only the stages of packages see."""
    assert SECRET not in built.said.split("Step 1/")[0], "on no command line"
    assert SECRET not in docker("history", "--no-trunc", IMAGE)
    archive = tmp_path / "image.tar"
    docker("save", "--output", str(archive), IMAGE)
    assert SECRET.encode() not in archive.read_bytes()


def test_the_lock_file_comes_out_of_the_refresh(folder: Folder, index: None) -> None:
    del index
    (folder.place / "requirements.in").write_text("idna<4\nrequests\n")
    folder.make("python-pkg-refresh", INDEX_WORDS)
    head, *lines = (folder.place / "requirements.txt").read_text().splitlines()
    assert head.startswith("# Made by `make python-pkg-refresh`")
    named = [line.partition("==")[0] for line in lines]
    assert named == ["certifi", "charset-normalizer", "idna", "requests", "urllib3"]
    assert all(" --hash=sha256:" in line for line in lines)


@pytest.mark.long
def test_an_image_has_the_packages_of_its_lock_file_or_is_not_made(folder: Folder, index: None) -> None:
    del index
    lock = folder.place / "requirements.txt"
    lock.write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n")
    said = folder.make("build", "TAG=packages", INDEX_WORDS, fails=True).stdout
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in said
    (folder.place / "requirements.in").write_text("idna==3.10\n")
    folder.make("python-pkg-refresh", INDEX_WORDS)
    folder.make("build", "TAG=packages", INDEX_WORDS)
    asked = "import idna, sys; print(idna.__version__, idna.__file__.startswith('/venv/'))"
    assert run(f"{NAME}:packages", "python", "-c", asked) == "3.10 True"
    docker("rmi", f"{NAME}:packages")


@pytest.mark.long
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("builder", ["legacy", "buildkit"])
def test_a_new_job_is_built_tested_and_run_by_either_builder(builder: str, tmp_path: Path) -> None:
    if builder == "buildkit" and not Path(BUILDKIT_CLIENT).exists():
        pytest.skip(f"NO BUILDKIT: {BUILDKIT_CLIENT} is not there")
    words = ["TAG=new", *([f"ENGINE={BUILDKIT_CLIENT}"] if builder == "buildkit" else [])]
    chosen = {"DOCKER_BUILDKIT": str(int(builder == "buildkit"))}
    name = f"crontable-test/{builder}"
    write("load-sales", tmp_path)
    new = Folder(tmp_path / "load-sales", name)

    new.make("build", *words, environment=chosen)
    assert "ok: a run answers its watermark last" in new.make("smoke-test", *words, environment=chosen).stdout
    config = json.loads(docker("image", "inspect", f"{name}:new"))[0]["Config"]
    assert (config["User"], config["Entrypoint"]) == ("10001:10001", ["python", "/app/entry.py"])
    told = ["--env", "DUE=2026-11-22T06:00:00Z", "--env", "WATERMARK=2026-11-20"]
    said = docker("run", "--rm", "--network", "none", *told, f"{name}:new")
    assert said.splitlines()[-1] == "::watermark::2026-11-21"
    docker("rmi", f"{name}:new", f"{name}:smoke-test")
