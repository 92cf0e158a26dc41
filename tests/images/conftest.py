"""What the tests of job images share: an engine with the base image, and the weather image, built once a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.engine import why_no_engine
from tests.images.base import why_no_base, why_no_index
from tests.images.folder import ADDRESS, SECRET, TAG, Folder, weather
from tests.images.shelf import Shelf, shelf

#: The words that the summary of tests/emulator counts.
NO_ENGINE = "NO CONTAINER ENGINE"


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine with the base image; without one the test is skipped, and the summary says so."""
    reason = why_no_engine() or why_no_base()
    if reason:
        pytest.skip(f"{NO_ENGINE}: {reason}")


@pytest.fixture(scope="session")
def index() -> None:
    """A package index that answers; without one the test is skipped."""
    reason = why_no_index()
    if reason:
        pytest.skip(f"NO PACKAGE INDEX: {reason}")


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The weather job with its image `IMAGE`, built by the first of the engine's builders, where it is hardest.

    Only their owner may read the files, keys lie among them, and the address of the package index holds a password.
    """
    request.getfixturevalue("engine")
    folder = Folder(weather(tmp_path_factory.mktemp("job")))
    for place in (folder.place, folder.place / "weather"):
        (place / ".env").write_text(f"KEY={SECRET}")
    folder.said = folder.make("build", f"TAG={TAG}", environment=ADDRESS).stdout
    return folder


@pytest.fixture
def registry() -> Iterator[Shelf]:
    with shelf() as kept:
        yield kept


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """A weather job's folder of the test's own."""
    request.getfixturevalue("engine")
    return Folder(weather(tmp_path))
