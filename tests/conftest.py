"""What all tests share: one Azurite a session, and emulators with a test's own images."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from tests import servers


def pytest_configure() -> None:
    """Take signals as a terminal gives them.

    Scenario: `make test &` in a script, or under nohup. The shell makes what it starts ignore Ctrl-C or the hang-up,
    and all that it starts inherits that: tests that interrupt a command would wait for what never comes.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def azurite() -> Iterator[servers.Azurite]:
    """One Azurite for the session: a test takes tables and containers of its own (`fresh`)."""
    with servers.azurite() as started:
        yield started


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start an ACI emulator: images as in its images file, then options; gives its address. It lasts the session."""
    with ExitStack() as stack:

        def start(images: Mapping[str, Any], *options: str) -> str:
            return stack.enter_context(servers.emulator(tmp_path_factory.mktemp("emulator"), images, *options))

        yield start


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """Give a name that no other test of the session has: letters and digits, the given word first."""
    return servers.fresh
