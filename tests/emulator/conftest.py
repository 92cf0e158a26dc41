import itertools
import socket
from collections.abc import Iterator

import pytest

from tests.emulator.driver import Emulator, Sdk, started, until, write_images
from tests.emulator.engine import PROCESS_IMAGES, why_no_engine

NO_ENGINE = "NO CONTAINER ENGINE"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    shares = tmp_path_factory.mktemp("shares")
    (shares / "account" / "share").mkdir(parents=True)
    images = write_images(tmp_path_factory.mktemp("images"))
    with started(images, "--speed", "0", "--files", str(shares)) as emulator:
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


@pytest.fixture
def port() -> str:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine that has the test images; without one the test is skipped, and the summary says so."""
    reason = why_no_engine()
    if reason:
        pytest.skip(f"{NO_ENGINE}: {reason}")


@pytest.fixture(scope="session", params=["process", "docker"])
def runtime_kind(request: pytest.FixtureRequest) -> str:
    """The name of a runtime; each test that asks for it runs once with every one."""
    kind: str = request.param
    if kind == "docker":
        request.getfixturevalue("engine")
    return kind


@pytest.fixture(scope="session")
def anywhere(runtime_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator on either runtime; the images SHELL, HELLO and EMPTY of `engine.py` are there in both."""
    images = write_images(tmp_path_factory.mktemp("images"), PROCESS_IMAGES)
    with started(images, "--speed", "0", "--runtime", runtime_kind) as emulator:
        yield emulator


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped for want of an engine: nobody reads the s among a thousand dots."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_ENGINE in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{NO_ENGINE}: {len(skipped)} tests were skipped", red=True, bold=True)
        terminalreporter.write_line(why_no_engine(), red=True, bold=True)
