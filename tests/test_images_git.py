"""Code by Git: one image with Python and packages, and the code of each job at its branch or tag (docs/jobs.md)."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scheduler.row import Key
from scheduler.settings import Settings
from tests.gitserver import GitServer, gitserver
from tests.servers import Azurite
from tests.test_whole_life import Place, succeeded

pytestmark = pytest.mark.azurite

#: What every job's image runs: whatever the row's Command says.
RUNTIME = {"runtime:1": {"command": [sys.executable]}}
DEVELOPMENT: Key = ("sales", "load-dev")
PRODUCTION: Key = ("sales", "load")


class Repository:
    """A team's repository with `load.py`, which answers a word as its watermark."""

    def __init__(self, server: GitServer, folder: Path) -> None:
        self.address = server.make("sales")
        self._server, self._folder = server, folder
        server.git("clone", "--quiet", str(server.folder / "sales"), str(folder))

    def push(self, word: str, tag: str = "") -> str:
        """Put a new load.py on the branch main, and a tag; gives the commit."""
        (self._folder / "load.py").write_text(f"print('::watermark::{word}')\n")
        self._git("add", "load.py")
        self._git("commit", "--quiet", "--message", word)
        if tag:
            self._git("tag", tag)
        self._git("push", "--quiet", "--tags", "origin", "HEAD:main")
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str) -> str:
        return self._server.git(*words, name=str(self._folder))


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Repository]:
    served = tmp_path / "served"
    served.mkdir()
    with gitserver(served) as server:
        yield Repository(server, tmp_path / "checkout")


@pytest.fixture
def place(azurite: Azurite, emulators: Callable[..., str], fresh: Callable[[str], str]) -> Iterator[Place]:
    made = Place(
        Settings(
            connection=azurite.connection,
            jobs_table=fresh("Jobs"),
            runs_table=fresh("Runs"),
            logs_container=fresh("logs").lower(),
            subscription="11111111-2222-3333-4444-555555555555",
            resource_group=fresh("git"),
            location="westeurope",
            arm_endpoint=emulators(RUNTIME),
            installation=fresh("git"),
        )
    )
    yield made
    made.world.pool.shutdown()


def answered(place: Place, key: Key) -> tuple[str, str]:
    """Have a job run once; gives what its code answered, and the commit that its run row names."""
    place.set(key, Request="run")
    place.tick()
    row = place.until(succeeded, key)
    return str(row["Watermark"]), str(place.runs(key)[-1]["Commit"])


def test_development_follows_a_branch_and_production_stays_at_its_tag(place: Place, code: Repository) -> None:
    columns = {"Image": "runtime:1", "Command": "python /code/load.py", "GitRepo": code.address}
    first = code.push("first", tag="v1")
    place.add(DEVELOPMENT, **columns, GitRevision="main")
    place.add(PRODUCTION, **columns, GitRevision="v1")
    assert answered(place, DEVELOPMENT) == answered(place, PRODUCTION) == ("first", first)

    second = code.push("second", tag="v2")
    assert answered(place, DEVELOPMENT) == ("second", second)
    assert answered(place, PRODUCTION) == ("first", first)

    place.set(PRODUCTION, GitRevision="v2")
    assert answered(place, PRODUCTION) == ("second", second)
    place.set(PRODUCTION, GitRevision="v1")
    assert answered(place, PRODUCTION) == ("first", first), "a rollback is an edit of the cell"
