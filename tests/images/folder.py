"""A job's folder that a test may change, and its Makefile's targets."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.images.base import BASE, client, docker

ROOT = Path(__file__).parents[2]
WEATHER = ROOT / "examples" / "weather"
NAME, TAG = "crontable-test/weather", "built"
#: The weather image of the session.
IMAGE = f"{NAME}:{TAG}"
#: What must get into no layer and no history.
SECRET = "hunter2-is-in-the-address"
ADDRESS = {"PIP_INDEX_URL": f"https://me:{SECRET}@index.invalid/simple"}
#: The engine's first builder, which every engine has; the other is asked for by DOCKER_BUILDKIT=1.
LEGACY = {"DOCKER_BUILDKIT": "0"}


class Folder:
    """A job's folder; `make` runs a target in it as a person would, with this machine's engine and base image.

    `said`: what the build of the session said.
    """

    said = ""

    def __init__(self, place: Path, name: str = NAME) -> None:
        self.place = place
        self._words = [f"ENGINE={client()}", f"BASE={BASE}", f"CRONTABLE={ROOT}", f"NAME={name}"]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}

    def make(
        self, *words: str, environment: Mapping[str, str] | None = None, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run make; its end must be good, or bad where that is expected. Its two outputs are one text, `stdout`."""
        ended = subprocess.run(
            ["make", *self._words, *words],
            cwd=self.place,
            env={**self._environment, **LEGACY, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (ended.returncode != 0) == fails, ended.stdout
        return ended


def weather(place: Path) -> Path:
    """Copy the weather job, without what runs leave in it; nobody but their owner may read the files."""
    ignored = shutil.ignore_patterns("__pycache__", ".pushed", ".pytest_cache")
    copy = Path(shutil.copytree(WEATHER, place / "weather", ignore=ignored))
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    return copy


def run(image: str, *words: str) -> str:
    """Run a container that can reach nothing; gives what it prints."""
    return docker("run", "--rm", "--network", "none", image, *words)
