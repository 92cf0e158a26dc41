"""A person before a browser: starts a run and watches it, edits a schedule wrongly and rightly, rewinds, cancels."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.place import JOB, VIEWER, Place, sign_in

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]
#: What the list does by itself every 20 seconds; waits until the answer was taken.
RENEW = "htmx.ajax('GET', '/', {target: '#jobs', swap: 'outerHTML', source: '#jobs'})"
PATH = "/jobs/weather/extract"


def test_a_person_starts_a_run_watches_it_finish_and_reads_its_log(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual", Watermark="2026-01-01")
    sign_in(page, place, PATH)
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status")).to_contain_text("A run is asked for")
    place.until_status("Succeeded")
    page.reload()
    runs = page.locator("#runs table")
    expect(runs).to_contain_text("Succeeded")
    page.get_by_role("region", name="Table of runs").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/jobs/weather/extract/runs/.+Z\.1$"))
    expect(page.locator("body")).to_contain_text("loading 2026-01-01")
    expect(page.locator("body")).to_contain_text("<b>10 rows</b>")


def test_the_list_of_runs_follows_by_itself(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual", Request="run")
    sign_in(page, place, PATH)
    place.until_status("Succeeded")
    page.evaluate("htmx.ajax('GET', location.pathname, {target: '#runs', swap: 'outerHTML', source: '#runs'})")
    expect(page.locator("#runs table")).to_contain_text("Succeeded")


def test_a_schedule_typed_wrongly_is_explained_beside_its_field_and_typed_rightly_is_saved(
    page: Page, place: Place
) -> None:
    place.add(Image="loads", Schedule="0 6 * * *")
    sign_in(page, place, PATH)
    field, fault = page.get_by_label("Schedule", exact=True), page.locator("#f-Schedule")
    field.fill("61 6 * * *")
    expect(fault).to_contain_text("61")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(field).to_have_value("61 6 * * *")
    field.fill("0 7 * * *")
    expect(page.locator("#preview li")).to_have_count(5)
    expect(page.locator("#preview time").first).to_have_attribute("datetime", re.compile("T07:00:00Z"))
    expect(fault).to_be_hidden()
    assert place.row()["Schedule"] == "0 6 * * *"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: Schedule.")
    assert place.row()["Schedule"] == "0 7 * * *"


def test_what_was_typed_before_the_scripts_were_there_is_explained_too(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="0 6 * * *")
    typed = "const field = document.getElementById('c-Schedule'); if (field) field.value = '61 6 * * *';"
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => {{ {typed} }})")
    sign_in(page, place, PATH)
    expect(page.locator("#f-Schedule")).to_contain_text("61")


def test_two_people_who_edit_the_same_field_lose_nothing(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="0 6 * * *")
    sign_in(page, place, PATH)
    page.get_by_label("Schedule", exact=True).fill("0 8 * * *")
    place.set(Schedule="0 9 * * *")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".theirs")).to_have_text("The table now holds 0 9 * * *; you typed 0 8 * * *.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: Schedule.")
    assert place.row()["Schedule"] == "0 8 * * *"


def test_a_person_rewinds_and_the_next_run_begins_there(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual", Watermark="2026-06-01")
    sign_in(page, place, PATH)
    rewind = page.locator(f"form[action='{PATH}/rewind']")
    rewind.get_by_label("Watermark").fill("2026-03-01")
    rewind.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("The watermark is set")
    page.get_by_role("button", name="Run now").click()
    place.until_status("Succeeded")
    (run,) = [row.columns for row in place.world.runs.query(()).rows]
    assert run["WatermarkFrom"] == "2026-03-01"


def test_a_person_cancels_what_runs(page: Page, place: Place) -> None:
    place.add(Image="talks", Schedule="manual", Request="run")
    place.until_status("Running")
    sign_in(page, place, PATH)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("is asked for")
    place.until_status("Cancelled")
    page.reload()
    expect(page.locator(".head .badge").first).to_have_text("Cancelled")


def test_the_search_changes_the_list_and_the_address_while_one_types(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual")
    place.add(("sales", "load"), Image="loads", Schedule="0 6 * * *")
    sign_in(page, place)
    links = page.locator("#jobs tbody th a")
    expect(links).to_have_text(["sales/load", "weather/extract"])
    page.get_by_label("Search jobs").press_sequentially("extr")
    expect(links).to_have_text(["weather/extract"])
    expect(page).to_have_url(f"{place.url}/?q=extr&group=&status=")
    page.reload()
    expect(links).to_have_text(["weather/extract"])
    expect(page.get_by_label("Search jobs")).to_have_value("extr")


def test_a_list_renews_itself_but_not_under_the_hands_of_somebody_in_it(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual")
    sign_in(page, place)
    status = page.locator("#jobs tbody td").first
    expect(status).to_have_text("Scheduled")
    page.get_by_role("link", name="weather/extract").focus()
    place.set(Status="Failed")
    page.evaluate(RENEW)
    expect(status).to_have_text("Scheduled")
    expect(page.get_by_role("link", name="weather/extract")).to_be_focused()
    page.get_by_label("Search jobs").focus()
    page.evaluate(RENEW)
    expect(status).to_contain_text("Failed")


def test_a_server_that_does_not_answer_is_said_and_taken_back(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual")
    sign_in(page, place)
    page.route("**/*", lambda route: route.abort())
    page.evaluate(f"{RENEW}.catch(() => 0)")
    expect(page.locator("#trouble")).to_contain_text("does not answer")
    page.unroute("**/*")
    page.evaluate(RENEW)
    expect(page.locator("#trouble")).to_be_hidden()


def test_bars_are_drawn_and_say_the_same_to_whoever_hears_them(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual", Request="run")
    place.until_status("Succeeded")
    sign_in(page, place)
    cell = page.locator("#jobs tbody td[data-b]")
    expect(cell.locator("svg path.g")).to_have_count(1)
    expect(cell.locator("svg")).to_have_attribute("aria-hidden", "true")
    expect(cell).to_have_text("1 of 1 succeeded")


def test_without_script_the_pages_are_read_and_acted_on_all_the_same(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="0 6 * * *")
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    bare = context.new_page()
    sign_in(bare, place, "/?q=weather")
    expect(bare.locator("#jobs tbody td").nth(1)).to_have_text("no run yet")
    bare.get_by_label("Status").select_option("failing")
    bare.get_by_role("button", name="Filter").click()
    expect(bare.locator("main")).to_contain_text("No job is like that")
    bare.goto(place.url + PATH)
    bare.get_by_label("Schedule", exact=True).fill("often")
    bare.get_by_role("button", name="Save").click()
    expect(bare.locator("#f-Schedule")).to_contain_text("often")
    context.close()


def test_by_keyboard_one_skips_the_navigation_and_reaches_the_first_job(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual")
    sign_in(page, place)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.get_by_label("Search jobs").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "/".join(JOB):
            break
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("weather/extract")


def test_a_viewer_sees_no_button(page: Page, place: Place) -> None:
    place.add(Image="loads", Schedule="manual")
    sign_in(page, place, PATH, VIEWER)
    expect(page.get_by_role("button")).to_have_count(1)
    expect(page.get_by_role("button")).to_have_text("Sign out")
