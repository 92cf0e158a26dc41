"""A browser before a real installation; without one these tests are skipped, and pytest's summary says so."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.place import IMAGES, NO_BROWSER, Place, chromium, why_no_browser
from tests.servers import Azurite


@pytest.fixture(scope="session", autouse=True)
def there_is_a_browser() -> None:
    reason = why_no_browser()
    if reason:
        pytest.skip(f"{NO_BROWSER}: {reason}")


@pytest.fixture(scope="module")
def browser(there_is_a_browser: None) -> Iterator[Browser]:  # noqa: ARG001  asked for first
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def emulator(emulators: Callable[..., str]) -> str:
    return emulators(IMAGES)


@pytest.fixture
def place(azurite: Azurite, emulator: str) -> Iterator[Place]:
    """An installation of the test's own, on the air."""
    made = Place(azurite, emulator)
    with made.served():
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of its own, with nothing kept. A fault in a script fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    window = context.new_page()
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield window
    context.close()
    assert faults == []


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures go: PICTURES=/tmp/x names a folder; nowhere, unless somebody wants to look."""
    return Path(folder) if (folder := os.environ.get("PICTURES")) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped for want of a browser: nobody reads the s among a thousand dots."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{NO_BROWSER}: {len(skipped)} tests were skipped", red=True, bold=True)
        terminalreporter.write_line(why_no_browser(), red=True, bold=True)
