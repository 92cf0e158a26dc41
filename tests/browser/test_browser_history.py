"""A job's history in a browser: it comes when somebody scrolls there, is drawn, and other days can be asked for."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scheduler.identity import run_key
from scheduler.ports import Insert
from scheduler.row import Value, whole_milliseconds
from tests.browser.place import JOB, Place, grave, shot, sign_in
from tests.browser.test_browser_looks import KINDS
from tests.servers import Azurite

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(120)]

PATH = "/jobs/weather/extract"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def ran(there_is_a_browser: None, azurite: Azurite, emulator: str) -> Iterator[Place]:  # noqa: ARG001  asked for first
    """Three weeks of an hourly job that gets slower; one run of each week took a quarter hour."""
    place = Place(azurite, emulator)
    place.add(Image="loads", Schedule="@hourly")
    now = whole_milliseconds(place.clock())
    for first in range(0, 21 * 24, 100):
        place.world.runs.submit([_row(now, hours) for hours in range(first, min(first + 100, 21 * 24))])
    with place.served():
        yield place


def _row(now: Any, hours: int) -> Insert:
    took = 900.0 if hours % 168 == 100 else (62.0 if hours < 168 else 41.0) + hours % 9
    cells: dict[str, Value] = {"State": "Failed" if hours % 60 == 7 else "Succeeded", "Duration": took}
    due = now - HOUR * (hours + 1)
    return Insert(run_key(JOB, due, 1), {"Due": due, "Attempt": 1, "Trigger": "schedule", **cells})


def points(page: Page) -> int:
    """How many days the chart was drawn with."""
    return len(json.loads(page.locator("[data-chart=days]").get_attribute("data-of") or "")["at"])


def test_the_section_comes_when_it_is_seen_and_is_drawn(page: Page, ran: Place) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 500})
    sign_in(page, ran, PATH)
    expect(page.locator("#runs")).to_be_visible()
    assert not [url for url in asked if "/history" in url], "nobody has looked there yet"
    page.locator("#history").scroll_into_view_if_needed()
    expect(page.locator("#history .trend")).to_contain_text("Gets slower")
    expect(page.locator("#history [data-chart=days] canvas")).to_be_visible()
    assert "Duration per day of 30 days" in (page.locator("[data-chart=days]").get_attribute("aria-label") or "")
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page.locator("#history-title")).to_have_text("History of 7 days")
    expect(page.locator("#history [data-chart=days] canvas")).to_have_count(1)
    assert points(page) == 7
    page.get_by_text("Day by day, as a table").click()
    expect(page.get_by_role("region", name="Table of days").locator("tbody tr")).to_have_count(7)


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_no_serious_fault_for_those_who_see_or_move_otherwise(
    kind: str, browser: Browser, ran: Place, pictures: Path | None
) -> None:
    context = browser.new_context(**KINDS[kind])  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, ran, f"{PATH}/history?days=30")
    expect(page.locator("[data-chart=days] canvas")).to_be_visible()
    page.get_by_text("Day by day, as a table").click()
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    shot(page, f"history-{kind}", pictures)
    context.close()
