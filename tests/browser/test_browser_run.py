"""A person before a run: its log follows while it goes, a long one is paged, a day is walked by keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scheduler.desk import runs
from scheduler.ports import ANY, Merge
from tests.browser.place import JOB, VIEWER, Place, grave, shot, sign_in
from tests.browser.test_browser_looks import KINDS

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]

#: Waits until an element has scrolled.
SCROLLED = (
    "log => new Promise(done => { const look = () => log.scrollTop ? done() : requestAnimationFrame(look); look(); })"
)


def going(place: Place) -> str:
    """Start a run that talks until it is ended; gives its page."""
    place.add(Image="talks", Schedule="manual", Request="run")
    place.until_status("Running")
    return newest(place)


def newest(place: Place) -> str:
    (found, *_), _ = runs.runs(place.world, JOB)
    return f"/jobs/weather/extract/runs/{found.ref}"


def lengthen(place: Place, more: bytes) -> None:
    """Keep a log for the job's newest run."""
    (found, *_), _ = runs.runs(place.world, JOB)
    row = place.world.runs.read((found.row.partition, found.row.name))
    assert row
    name = "weather/extract/long.log"
    for part in range(0, len(more), 4 * 1024 * 1024):
        place.world.logs.write(name, more[part : part + 4 * 1024 * 1024], part // (4 * 1024 * 1024))
    place.world.runs.submit([Merge(row.key, {"Log": name}, ANY)])


def test_the_log_follows_while_the_run_goes_and_the_page_tells_its_end(page: Page, place: Place) -> None:
    path = going(place)
    sign_in(page, place, path)
    log = page.locator("#log-text")
    expect(log).to_contain_text("line 1", timeout=20_000)
    expect(log).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("status").first).to_contain_text("Running")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".flash.good")).to_contain_text("Its end is asked for")
    place.until_status("Cancelled")
    expect(page.locator("#now .badge").first).to_have_text("Cancelled", timeout=20_000)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.locator("#log-more")).to_have_count(0, timeout=20_000)
    expect(log).to_contain_text("line 1")


def test_a_viewer_reads_and_has_no_button(page: Page, place: Place) -> None:
    sign_in(page, place, going(place), VIEWER)
    expect(page.locator("#log-text")).to_contain_text("line 1", timeout=20_000)
    expect(page.get_by_role("button", name=re.compile("Cancel|Retry"))).to_have_count(0)


def test_a_long_log_is_walked_part_by_part_with_the_keyboard(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual", Request="run")
    place.until_status("Succeeded")
    line = "line {:07} <script>document.title = 'broken into'</script>\n"
    lengthen(place, "".join(line.format(number) for number in range(200_000)).encode())
    sign_in(page, place, newest(place))
    log = page.locator("#log-text")
    expect(log).to_contain_text("line 0199999")
    assert log.evaluate("log => log.scrollTop + log.clientHeight >= log.scrollHeight - 2")
    for word, seen in (("First", "line 0000000"), ("Next", "line 0001150"), ("Previous", "line 0000000")):
        page.get_by_role("link", name=word, exact=True).press("Enter")
        expect(log).to_contain_text(seen)
    expect(page).to_have_url(re.compile(r"\?at=0$"))
    page.reload()
    expect(log).to_contain_text("line 0000000")
    assert len(log.inner_text()) < 80_000
    assert "broken into" not in page.title()
    log.focus()
    log.evaluate("log => { log.scrollTop = 0; }")
    page.keyboard.press("End")
    log.evaluate(SCROLLED)


def test_the_bars_of_a_day_are_links_and_the_table_says_the_same(page: Page, place: Place) -> None:
    place.add(Image="fails", Schedule="manual", Request="run")
    place.until_status("Failed")
    place.add(("sales", "nightly"), Image="loads", Schedule="0 0 * * *")
    sign_in(page, place, "/timeline")
    bar = page.locator("svg.bars a").first
    bar.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/"))
    page.goto(f"{place.url}/timeline")
    page.get_by_role("link", name="To the table").click()
    expect(page.get_by_role("region", name="Runs of the day")).to_contain_text("failed")
    page.get_by_label("Time zone").fill("Europe/Belin")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert").filter(has_text="Europe/Berlin")).to_be_visible()
    # Where it is the same day by now.
    page.get_by_label("Time zone").fill("Asia/Tokyo" if place.clock().hour < 12 else "America/New_York")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("svg.bars a").first).to_be_visible()


@pytest.mark.parametrize("kind", ["light", "phone-dark"])
def test_pages_of_runs_that_go_wait_or_were_let_pass_look_well(
    kind: str, browser: Browser, place: Place, pictures: Path | None
) -> None:
    path = going(place)
    place.add(("sales", "load"), Image="fails", Schedule="manual", Retries=1, RetryDelay="1h", Request="run")
    place.until_status("Waiting", ("sales", "load"))
    waiting = next(run for run in runs.runs(place.world, ("sales", "load"))[0] if run.state == "Waiting")
    context = browser.new_context(**KINDS[kind])  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, place, path)
    expect(page.locator("#log-text")).to_contain_text("line 1", timeout=20_000)
    found = {}
    for name, address in {
        "run-going": path,
        "run-waiting": f"/jobs/sales/load/runs/{waiting.ref}",
        "watermarks-none": "/jobs/sales/load/watermarks",
        "timeline-wrong": "/timeline?zone=Nowhere",
        "timeline-tomorrow": "/timeline?day=2031-01-01",
    }.items():
        page.goto(place.url + address)
        page.wait_for_load_state("load")
        found[name] = grave(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[name] += [f"wider than the window by {wide}"] * (wide > 0)
        shot(page, f"{name}-{kind}", pictures)
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
