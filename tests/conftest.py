"""What all tests share: one Azurite a session, and emulators with a test's own images."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from tests import servers

#: Beginnings of files that one worker takes whole: they count what runs on the machine's one engine and build images of
#: one name there, or look through a browser.
TOGETHER = {
    "tests/images/": "engine",
    "tests/emulator/test_docker_": "engine",
    "tests/emulator/test_runtime_contract": "engine",
    "tests/test_loop_image": "engine",
    "tests/browser/": "browser",
}
#: Files of few long tests that share little: whichever worker is free takes the next of them, last of all.
APART = frozenset(
    f"tests/{name}.py"
    for name in (
        *("test_simulation", "test_simulation_bites", "test_kills", "test_processes", "test_tick_counts"),
        *("test_deploy_steps", "test_deploy_checks", "test_deploy_stops", "test_local_end_to_end"),
        *("test_fuzzed_rows", "emulator/test_aci_soak", "emulator/test_aci_data", "emulator/test_aci_fuzz"),
    )
)


def pytest_configure() -> None:
    """Take signals as a terminal gives them.

    Scenario: `make test &` in a script, or under nohup. The shell makes what it starts ignore Ctrl-C or the hang-up,
    and all that it starts inherits that: tests that interrupt a command would wait for what never comes.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Say which tests stay together on one worker when several run (`make test`): a file's, but for `APART`."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        group = next((group for beginning, group in TOGETHER.items() if file.startswith(beginning)), file)
        if file not in APART:
            item.add_marker(pytest.mark.xdist_group(group))


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
