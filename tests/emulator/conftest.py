import itertools
from collections.abc import Iterator

import pytest

from tests.emulator.driver import Emulator, Sdk, started, until, write_images

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(write_images(tmp_path_factory.mktemp("images")), "--speed", "0") as emulator:
        yield emulator


@pytest.fixture(scope="session", params=["sync", "aio"])
def sdk(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Sdk]:
    sdk = Sdk(emulator.url, request.param)
    yield sdk
    sdk.close()


@pytest.fixture
def name(emulator: Emulator) -> Iterator[str]:
    """A group's name of the test's own; the group is gone after the test."""
    name = f"group-{next(_numbers)}"
    yield name
    until(lambda: emulator.delete(name).status_code, lambda status: status != 409)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
