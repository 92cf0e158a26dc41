"""The pages of Health and of a job's watermarks."""

from dataclasses import replace

import pytest

from scheduler.ports import Reply
from scheduler.row import HEARTBEAT
from tests import pages
from tests.world import World, at, minutes

WATERMARKS = "/jobs/weather/extract/watermarks"


@pytest.fixture
def place() -> World:
    world = pages.world("08:55")
    world.groups.behave("extract", duration=20)
    world.add("weather/extract", Schedule="*/10 * * * *", Image="extract")
    world.add("weather/it's (wrong)", Schedule="<b>every</b> day", Image="extract")
    world.ticks(*minutes("08:56", "09:05"))
    return world


def health(world: World, key: str = pages.OPERATOR) -> pages.Page:
    return pages.get(pages.client(world, key), "/health")


def test_it_tells_of_the_last_tick(place: World) -> None:
    page = health(place)
    assert page.status == 200
    for said in ("Ticks run", "Rows looked at", "Runs started", "Groups going", "0 of 90", "Nothing was left undone"):
        assert said in page.text


def test_rows_that_are_wrong_are_named_with_reason_and_link(place: World) -> None:
    page = health(place)
    assert page.find("a", href="/jobs/weather/it%27s%20%28wrong%29")
    assert "RowKey is" in page.text
    assert "<b>every</b> day" in page.text
    assert "<b>every" not in page.source


def test_ticks_that_stop_are_told_in_red(place: World) -> None:
    place.clock.to("09:30")
    page = health(place)
    assert "Ticks have stopped" in page.text
    assert "python -m scheduler tick" in page.text
    assert "Due, and not decided yet" in page.text
    assert "20 min" in page.text


def test_before_the_first_tick_it_says_what_to_do() -> None:
    page = health(pages.world())
    assert page.status == 200
    assert "No tick has ever been whole" in page.text
    assert "make run" in page.text


def test_troubles_creations_and_counts_come_from_the_heartbeat_and_are_harmless(place: World) -> None:
    cells = {
        "Troubles": "weather/extract: <img src=x onerror=alert(1)> is refused\nanother \x1b[31m",
        "Creations": '{"eastus": {"five_minutes": 0, "hour": 250, "told": "2026-11-22T09:04:00Z"}}',
    }
    place.jobs.put(HEARTBEAT, {**place.jobs.rows[HEARTBEAT].columns, **cells})
    page = health(place)
    assert "<img" not in page.source
    assert "\x1b" not in page.source
    assert "is refused" in page.text
    assert "eastus 0 250 none, by the five minutes" in page.text


@pytest.mark.parametrize("cells", [{"Counts": "[", "Creations": "7"}, {"Counts": "[1]", "Creations": '{"a": 1}'}])
def test_a_damaged_heartbeat_breaks_nothing(place: World, cells: dict[str, str]) -> None:
    place.jobs.put(HEARTBEAT, {**place.jobs.rows[HEARTBEAT].columns, **cells})
    assert health(place).status == 200


def test_settings_are_told_without_secrets(place: World) -> None:
    address = "https://contoso.webhook.office.com/path/secret-token"
    place.settings = replace(pages.settings(), alert_webhook=address, connection="AccountName=a;AccountKey=very-secret")
    place.restart()
    page = health(place)
    assert "MAX_ACTIVE_RUNS" in page.text
    assert "https://contoso.webhook.office.com/***" in page.text
    for secret in ("secret-token", "very-secret", pages.OPERATOR, pages.VIEWER):
        assert secret not in page.source


def test_settings_that_say_how_long_and_at_what_price_are_told(place: World) -> None:
    page = health(place)
    for said in ("RETENTION_DAYS 90", "ALERT_FORMAT auto", "PRICE_VCPU_HOUR not set", "PRICE_SPOT_FACTOR 1"):
        assert said in page.text
    place.settings = replace(pages.settings(), retention_days=0, price_vcpu_hour=0.0405, price_gb_hour=0.0)
    place.restart()
    for said in ("RETENTION_DAYS 0: for ever", "PRICE_VCPU_HOUR 0.0405", "PRICE_GB_HOUR 0 "):
        assert said in health(place).text


def test_alerts_that_do_not_arrive_are_told_with_how_many_since_when_and_why(place: World) -> None:
    assert "do not arrive" not in health(place).text
    address = "https://contoso.webhook.office.com/path/secret-token"
    place.settings = replace(pages.settings(), alert_webhook=address)
    place.restart()
    place.webhooks.answer(address, *[Reply(503)] * 20)
    place.groups.behave("extract", duration=20, exit_code=1)
    for when in minutes("09:10", "09:13"):
        place.tick(when)
        place.send()
    page = health(place)
    told = " ".join(one.text for one in page.find("p", class_="flash bad"))
    assert "Alerts do not arrive." in told
    assert "to be sent to https://contoso.webhook.office.com" in told
    assert "503" in told
    assert "secret-token" not in page.source


def test_an_operator_tries_the_webhook_and_is_told_what_it_answered(place: World) -> None:
    place.settings = replace(pages.settings(), alert_webhook="https://contoso.webhook.office.com/path/secret-token")
    place.restart()
    browser = pages.client(place)
    assert "/health/alert" in pages.get(browser, "/health").acts
    assert "/health/alert" not in health(place, pages.VIEWER).acts
    assert browser.post("/health/alert").status_code == 303
    page = pages.get(browser, "/health")
    assert "taken" in page.one("div", class_="flash good").text
    assert "secret-token" not in page.source
    assert pages.client(place, pages.VIEWER).post("/health/alert").status_code == 403


def test_without_a_webhook_there_is_no_button_and_a_sentence(place: World) -> None:
    browser = pages.client(place)
    assert "/health/alert" not in pages.get(browser, "/health").acts
    assert browser.post("/health/alert").status_code == 303
    assert "Nobody is told" in pages.get(browser, "/health").text
    place.settings = replace(pages.settings(), alert_webhook="@Microsoft.KeyVault(SecretUri=https://kv/secrets/hook)")
    place.restart()
    page = health(place)
    assert "could not read" in page.text
    assert "secrets/hook" not in page.source


def test_a_setting_that_counts_as_not_set_is_told(place: World) -> None:
    sentence = "SIGN_IN is '<b>entra': it must be off or platform."
    assert "entra" not in health(place).text
    place.settings = replace(pages.settings(), wrong=(sentence,))
    place.restart()
    assert sentence in health(place).text


def test_it_is_asked_for_anew_in_part(place: World) -> None:
    part = pages.get(pages.client(place), "/health", **{"hx-request": "true", "hx-target": "now"})
    assert not part.find("html")
    assert part.one("div", id="now").attrs["hx-get"] == "/health"


def ledger(*steps: tuple[str, str]) -> World:
    """A job whose runs went from watermark to watermark."""
    told = dict[str, str]()
    world = pages.world("08:55")
    world.groups.behave("extract", duration=20, log=lambda env: told[env["DUE"]])
    world.add("weather/extract", Schedule="0 * * * *", Image="extract")
    for number, (begin, end) in enumerate(steps):
        hour = 9 + number
        told[f"2026-11-22T{hour:02}:00:00Z"] = f"::watermark::{end}\n"
        world.edit("weather/extract", Watermark=begin)
        world.tick(at(f"{hour:02}:00"))
        world.tick(at(f"{hour:02}:01"))
    return world


def test_ranges_that_join_up_are_told_so() -> None:
    page = pages.get(pages.client(ledger(("1", "5"), ("5", "9"))), WATERMARKS)
    assert page.status == 200
    assert "Every range joins up" in page.text
    assert len(page.find("rect", class_="done")) == 2
    assert page.find("a", href="/jobs/weather/extract/runs/2026-11-22T09:00:00Z.1")


def test_gaps_overlaps_and_rewinds_are_drawn_and_named_by_run() -> None:
    page = pages.get(pages.client(ledger(("1", "5"), ("8", "12"), ("10", "14"))), WATERMARKS)
    assert "1 gap" in page.text
    assert "1 overlap" in page.text
    assert "1 rewind" in page.text
    assert page.find("rect", class_="gap")
    assert page.find("rect", class_="twice")
    assert page.find("line", class_="rewind")
    assert "5 to 8 was not processed" in page.text
    drawn = next(one for one in page.find("rect", class_="gap"))
    assert float(drawn.attrs["x"].rstrip("%")) == pytest.approx(100 * 4 / 13, abs=0.01)
    assert float(drawn.attrs["width"].rstrip("%")) == pytest.approx(100 * 3 / 13, abs=0.01)


def test_watermarks_that_are_texts_have_a_table_and_no_line() -> None:
    page = pages.get(pages.client(ledger(("a", "<b>x</b>"), ("<b>x</b>", "c"))), WATERMARKS)
    assert "neither all dates nor all numbers" in page.text
    assert not page.find("svg", class_="strip")
    assert "<b>x" not in page.source
    assert "<b>x</b>" in page.text


def test_a_job_without_ranges_says_how_they_come(place: World) -> None:
    page = pages.get(pages.client(place), WATERMARKS)
    assert page.status == 200
    assert "No ranges yet" in page.text
    assert "::watermark::VALUE" in page.text


@pytest.mark.parametrize(("path", "status"), [("/jobs/weather/none/watermarks", 404), (f"{WATERMARKS}?first=x", 400)])
def test_what_is_not_there_gets_a_sentence(place: World, path: str, status: int) -> None:
    assert pages.get(pages.client(place), path).status == status


def test_many_ranges_stay_one_page() -> None:
    steps = [(str(number), str(number + 1)) for number in range(14)]
    world = ledger(*steps)
    page = pages.get(pages.client(world), f"{WATERMARKS}?first=10")
    assert len(page.find("rect", class_="done")) == 14
    assert page.find("a", href="?first=0")
