"""Every page with states of all kinds, in light and dark, on a desk and on a phone: axe-core finds nothing serious,
nothing is wider than the window, and a picture is kept where somebody wants to look (PICTURES=/tmp/pictures)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from scheduler.desk import runs
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
    place.add(("sales", "going"), Image="talks", Schedule="manual", Request="run")
    place.until_status("Running", ("sales", "going"))


@pytest.fixture(scope="module")
def place(there_is_a_browser: None, azurite: Azurite, emulator: str) -> Iterator[Place]:  # noqa: ARG001  asked for first
    """One installation for all the looks: they change nothing."""
    made = Place(azurite, emulator)
    fill(made)
    with made.served():
        yield made


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
