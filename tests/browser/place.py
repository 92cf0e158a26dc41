"""A real installation that a browser can look at: Azurite, the emulator, the app on a port; the test itself ticks."""

import asyncio
import contextlib
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scheduler import wiring
from scheduler.ports import ANY, Insert, Merge, World
from scheduler.row import Columns, Key
from scheduler.settings import Settings
from scheduler.tick import tick
from scheduler.web import build
from tests.servers import ROOT, Azurite, fresh

KEY = "the operators' key"
VIEWER = "the viewers' key"
#: Where Debian and others put it.
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
NO_BROWSER = "NO BROWSER"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
JOB: Key = ("weather", "extract")
MOST_TICKS = 300


def _python(program: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-c", program]}


IMAGES = {
    "loads": _python(
        "import os; print('loading', os.environ['WATERMARK'] or 'all'); print('<b>10 rows</b>');"
        "print('::watermark::' + os.environ['DUE'])"
    ),
    "fails": _python("import sys; print('no such source'); sys.exit(3)"),
    "talks": _python("import time; print('line 1', flush=True); time.sleep(600)"),
}


def why_no_browser() -> str:
    """Say why no test can look through a browser; '' = one can."""
    if not CHROMIUM:
        return "no chromium on PATH: `apt-get install chromium`, or `.ci/browser.sh make test`, which does it"
    if not AXE.exists():
        return "axe-core is not installed in this checkout: run `npm ci`"
    return ""


class Place:
    """One installation: its tables, its address, and ticks at instants that only go forward."""

    def __init__(self, azurite: Azurite, emulator: str) -> None:
        self.world: World = wiring.build(
            Settings(
                connection=azurite.connection,
                jobs_table=fresh("Jobs"),
                runs_table=fresh("Runs"),
                audit_table=fresh("Audit"),
                logs_container=fresh("logs").lower(),
                subscription="11111111-2222-3333-4444-555555555555",
                resource_group=fresh("browser"),
                location="westeurope",
                arm_endpoint=emulator,
                installation=fresh("browser"),
                web_key=KEY,
                viewer_key=VIEWER,
            )
        )
        self.later = timedelta(0)
        self.url = ""

    def clock(self) -> datetime:
        """The present: the machine's, and what the test let pass beside it."""
        return datetime.now(UTC) + self.later

    def add(self, key: Key = JOB, **columns: Any) -> None:
        self.world.jobs.submit([Insert(key, columns)])
        self.tick()

    def set(self, key: Key = JOB, **columns: Any) -> None:
        self.world.jobs.submit([Merge(key, columns, ANY)])

    def row(self, key: Key = JOB) -> Columns:
        row = self.world.jobs.read(key)
        assert row
        return row.columns

    def tick(self) -> None:
        """Let a second pass, and make one pass."""
        self.later += timedelta(seconds=1)
        tick(self.world, self.clock())

    def until(self, seen: Callable[[Columns], object], key: Key = JOB) -> Columns:
        """Tick until the row is seen so."""
        for _ in range(MOST_TICKS):
            if seen(row := self.row(key)):
                return row
            self.tick()
        raise AssertionError(f"never seen so: {self.row(key)}")

    def until_status(self, status: str, key: Key = JOB) -> Columns:
        return self.until(lambda row: row.get("Status") == status, key)

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve the app on a free port of this machine."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            app = build(lambda: self.world, self.clock)
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
            thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
            thread.start()
            try:
                yield
            finally:
                server.should_exit = True
                thread.join()
                self.world.pool.shutdown()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's chromium, for one module: while Playwright runs, no other event loop may in this thread."""
    words = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", *words])
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, place: Place, path: str = "/", key: str = KEY) -> None:
    """Sign in as a person does, on the way to a page."""
    page.goto(place.url + path)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("nav[aria-label=Pages]")).to_be_visible()
    page.wait_for_load_state()  # before that no script hears what is typed


def grave(page: Page) -> list[str]:
    """What axe-core finds on the page that is serious or worse: the rule, and where."""
    # A page of ours lets no script in from elsewhere: this one comes through the browser's own door.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def shot(page: Page, name: str, folder: Path | None) -> None:
    """Keep a picture for people to look at, where somebody asked for it."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
