"""What charts and lists show only in a browser: labels that are whole and differ, due times, a day to its end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from scheduler.identity import run_key
from scheduler.ports import Insert
from scheduler.recent import Past, write
from scheduler.row import Value
from scheduler.run import State
from tests.browser.place import Place, sign_in
from tests.servers import Azurite

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]

#: Keeps what is written on canvases, and where: beyond its canvas a label is cut.
LISTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const wide = this.measureText(text).width, at = this.getTransform().transformPoint(new DOMPoint(x, y));
  const left = at.x - { center: wide / 2, right: wide, end: wide }[this.textAlign] || at.x;
  if (this.canvas.isConnected || this.canvas.width > 300) {
    window.written.push({ text, left, right: left + wide, y: at.y, width: this.canvas.width });
  }
  return write.call(this, text, x, y, ...rest);
};
"""
BEGAN = datetime(2026, 11, 22, 2, 13, 10, tzinfo=UTC)


def job(place: Place, name: str, *runs: tuple[timedelta, float, State, str]) -> str:
    """A job whose runs began so long after `BEGAN`, took so many seconds, ended so, and left this watermark."""
    key = ("charts", name)
    place.world.jobs.submit([Insert(key, {"Schedule": "manual", "Image": "loads", "Status": "Scheduled"})])
    pasts = []
    for after, seconds, state, mark in runs:
        due = BEGAN + after
        cells: dict[str, Value] = {"State": str(state), "Due": due, "Attempt": 1, "Started": due, "Finished": due}
        cells |= {"Duration": seconds, "WatermarkTo": mark, "WatermarkFrom": ""}
        place.world.runs.submit([Insert(run_key(key, due, 1), cells)])
        pasts.append(Past(due, 1, state, due, seconds, moved=True))
    place.set(key, Recent=write(pasts))
    return f"/jobs/charts/{name}"


@pytest.fixture(scope="module")
def place(there_is_a_browser: None, azurite: Azurite, emulator: str) -> Iterator[Place]:  # noqa: ARG001  asked for first
    made = Place(azurite, emulator)
    with made.served():
        yield made


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_label_of_a_chart_is_cut_or_said_twice(width: int, scheme: str, browser: Browser, place: Place) -> None:
    short = [(timedelta(seconds=n * 60), 0.02, State.FAILED, "") for n in range(2)]
    days = [(timedelta(hours=6 * n), 45.0 + n, State.SUCCEEDED, f"2026-11-{10 + n}T18:00:00Z") for n in range(9)]
    close = [(timedelta(minutes=n), 5.0, State.SUCCEEDED, f"2026-11-22T18:{n:02}:00Z") for n in range(9)]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.add_init_script(LISTEN)
    page = context.new_page()
    sign_in(page, place)
    for name, runs in (("short", short), ("days", days), ("close", close)):
        page.goto(place.url + job(place, f"{name}-{width}-{scheme}", *runs))
        page.wait_for_function("document.querySelectorAll('.chart canvas').length > 0")
        written = page.evaluate("window.written")
        assert written
        cut = [one for one in written if one["left"] < 0 or one["right"] > one["width"] + 1]
        assert cut == [], name
        # A chart is drawn anew when the page comes to its width: what is written twice in one place is one label.
        places = {(one["text"], round(one["left"]), round(one["y"])) for one in written}
        times = [text for text, *_ in places if ":" in text]
        if name == "short":
            assert len(times) == len(set(times)) >= 2, "each instant once"
            assert {"0 s", "1 s"} <= {text for text, *_ in places}, "an axis of more than its zero"
        if name != "short":
            assert any(one["text"].startswith("2026-11-") for one in written), "the year is there"
    context.close()


def test_due_times_of_today_become_ages_and_the_failing_stand_apart(page: Page, place: Place) -> None:
    now = place.clock().replace(microsecond=0)
    place.world.jobs.submit(
        [
            Insert(
                ("apart", "bad"),
                {
                    "Image": "x",
                    "Status": "Running",
                    "Failures": 3,
                    "LastExitCode": 1,
                    "NextDue": now + timedelta(hours=30),
                },
            ),
            Insert(
                ("apart", "good"),
                {"Image": "x", "Status": "Succeeded", "NextDue": now + timedelta(minutes=9, seconds=30)},
            ),
        ]
    )
    sign_in(page, place, "/?group=apart")
    rows = page.locator("#jobs tbody tr:not(.part)")
    expect(rows.nth(0)).to_contain_text("Running, failed 3 times: exit code 1")
    expect(rows.nth(0).locator("td").nth(3)).to_contain_text("in 29 h")
    expect(rows.nth(1).locator("td").nth(3)).to_contain_text("in 9 min")
    washes = [row.evaluate("row => getComputedStyle(row).backgroundColor") for row in rows.all()]
    assert len(set(washes)) == 2
    expect(page.locator("#jobs .part")).to_have_text(["Failing", "Fine"])


def test_the_head_of_a_job_is_renewed_with_its_runs_but_not_under_somebodys_hands(page: Page, place: Place) -> None:
    path = job(
        place, "renewed", (timedelta(0), 5.0, State.SUCCEEDED, "a"), (timedelta(hours=1), 5.0, State.SUCCEEDED, "b")
    )
    renew = "htmx.ajax('GET', location.pathname, {target: '#runs', swap: 'outerHTML', source: '#runs'}).catch(() => 0)"
    sign_in(page, place, path)
    badge = page.locator("#stand .badge").first
    expect(badge).to_have_text("Scheduled")
    place.set(("charts", "renewed"), Status="Failed", Failures=2)
    page.get_by_role("button", name="Run now").focus()
    page.evaluate(renew)
    expect(badge).to_have_text("Scheduled")
    page.get_by_label("Reason").focus()
    page.evaluate(renew)
    expect(badge).to_have_text("Failed")
    expect(page.locator("#stand .flash.bad")).to_contain_text("2 due times in a row failed")
    expect(page.locator("#stand .bars svg")).to_have_count(1)


def test_the_chart_and_the_bars_are_words_to_whoever_has_no_script(page: Page, place: Place) -> None:
    path = job(place, "bare", *[(timedelta(hours=n), 5.0, State.SUCCEEDED, f"2026-11-{10 + n}") for n in range(3)])
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    bare = context.new_page()
    sign_in(bare, place, path)
    expect(bare.get_by_role("img", name="The watermark after 3 runs")).to_have_count(1)
    assert bare.locator("main").inner_text().count("3 of 3 succeeded") == 1
    context.close()
