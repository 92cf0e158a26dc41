"""Every page with states of all kinds, in light and dark, on a desk and on a phone: axe-core finds nothing serious,
nothing is wider than the window, and a picture is kept where somebody wants to look (PICTURES=/tmp/pictures)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from scheduler.desk import runs
from scheduler.identity import run_key
from scheduler.ports import Insert
from scheduler.row import Value
from tests.browser.place import Place, grave, shot, sign_in
from tests.servers import Azurite

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]

PATHS = {
    "jobs": "/",
    "none": "/?q=nowhere",
    "job": "/jobs/weather/extract",
    "failing": "/jobs/sales/load",
    "invalid": "/jobs/sales/wrong",
    "new": "/jobs/new",
    "remove": "/jobs/sales/wrong/remove",
    "missing": "/jobs/no/where",
    "removed": "/jobs/old/gone",
    "timeline": "/timeline",
    "health": "/health",
    "watermarks": "/jobs/weather/extract/watermarks",
}
KINDS = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "is_mobile": True},
}


def fill(place: Place) -> None:
    """Jobs in as many states as there are."""
    place.add(
        Image="loads", Schedule="0 6 * * *", Watermark="2026-01-01", Description="Loads the weather.", Owner="ann"
    )
    for _ in range(3):
        place.set(Request="run")
        place.until(lambda row: row.get("Status") == "Running" or not row.get("Request"))
        place.until_status("Succeeded")
    place.add(("sales", "load"), Image="fails", Schedule="manual", Request="run")
    place.until_status("Failed", ("sales", "load"))
    place.add(("sales", "wrong"), Image="loads", Schedule="often", Cpu="two")
    place.add(("sales", "held"), Image="loads", Schedule="@daily", Enabled=False, PausedReason="The source moves.")
    due = datetime(2026, 11, 22, 9, tzinfo=UTC)
    cells: dict[str, Value] = {"State": "Failed", "Due": due, "Attempt": 1, "Cause": "exit", "Reason": "It ended."}
    place.world.runs.submit([Insert(run_key(("old", "gone"), due, 1), cells)])  # its row is gone
    place.add(("sales", "going"), Image="talks", Schedule="manual", Request="run")
    place.until_status("Running", ("sales", "going"))


@pytest.fixture(scope="module")
def place(there_is_a_browser: None, azurite: Azurite, emulator: str) -> Iterator[Place]:  # noqa: ARG001  asked for first
    """One installation for all the looks: they change nothing."""
    made = Place(azurite, emulator)
    fill(made)
    with made.served():
        yield made


#: What of these is not wholly in its window; the chart lies beside the names, which stay where they are.
HIDDEN = """([selector, left]) => [...document.querySelectorAll(selector)].filter(one => {
    const box = one.getBoundingClientRect();
    return !box.width || box.left < left || box.right > innerWidth;
}).map(one => one.textContent)"""


def test_a_phone_shows_labels_whole_however_far_a_chart_is_scrolled(
    browser: Browser, place: Place, pictures: Path | None
) -> None:
    context = browser.new_context(**KINDS["phone"])  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, place, "/timeline")
    for left in (0, 300, 9_999):
        page.evaluate(
            "left => { document.querySelectorAll('.gantt').forEach(one => { one.scrollLeft = left; }); }", left
        )
        names = page.evaluate("document.querySelector('.band-name').getBoundingClientRect().right")
        assert page.locator(".band .labels text").all_text_contents()[:2] == ["100: ACI's line", "90: MAX_ACTIVE_RUNS"]
        assert page.evaluate(HIDDEN, [".band .labels text", names]) == [], left
        shot(page, f"timeline-phone-{left}", pictures)
    page.goto(f"{place.url}/jobs/weather/extract/watermarks")
    assert page.locator(".ends span").first.text_content() == "2026-01-01"
    assert page.locator(".ends span").count() == 2
    assert page.evaluate(HIDDEN, [".ends span, table.stack td, table.stack td *", 0]) == []
    shot(page, "watermarks-phone-whole", pictures)
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_has_a_serious_fault_for_those_who_see_or_move_otherwise(
    kind: str, browser: Browser, place: Place, pictures: Path | None
) -> None:
    context = browser.new_context(**KINDS[kind])  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{place.url}/sign-in")
    found = {"sign-in": grave(page)}
    shot(page, f"sign-in-{kind}", pictures)
    sign_in(page, place)
    (run,), _ = runs.runs(place.world, ("sales", "load"))
    for name, path in (PATHS | {"run": f"/jobs/sales/load/runs/{run.ref}"}).items():
        page.goto(place.url + path)
        page.wait_for_load_state("networkidle")
        found[name] = grave(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[name] += [f"wider than the window by {wide}"] * (wide > 0)
        shot(page, f"{name}-{kind}", pictures)
        if name == "job":
            assert page.locator(".chart canvas").count() == 2
    context.close()
    assert [one for one in said if "404" not in one] == []  # the page that is missing on purpose
    assert {name: faults for name, faults in found.items() if faults} == {}
