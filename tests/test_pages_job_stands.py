"""How a job stands, at the top of its page: what failed and why, what is wrong beside that, and how it is renewed."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.pages import VIEWER, Page, client, get, world
from tests.test_pages_job import PATH, place, post
from tests.world import World, at, minutes

__all__ = ["place"]
PART = {"hx-request": "true", "hx-target": "runs"}
ACTS = ("run", "backfill", "cancel", "retry", "pause", "resume", "rewind", "settings", "test-alert", "check")


@pytest.fixture
def failing() -> World:
    """A job that failed three times in a row, and runs again."""
    place = world("08:58")
    place.add("weather/extract", Schedule="* * * * *", Image="x:1")
    place.groups.behave("x:1", duration=5, exit_code=3)
    place.ticks(*minutes("08:58", "09:04"))
    return place


def test_a_failing_job_says_how_often_why_and_where_its_log_is_though_it_runs_again(failing: World) -> None:
    page = get(client(failing), PATH)
    assert page.find("span", class_="badge going")
    told = next(one for one in page.find("p", class_="flash bad"))
    times = str(failing.row("weather/extract")["Failures"])
    assert f"{times} due times in a row failed. The last one, due 09:03:00:" in told.text
    assert "the container exited with code 3" in told.text
    link = next(one.attrs["href"] for one in page.find("a") if one.text == "Its log")
    assert get(client(failing), link).one("h2", id="log-head")


def test_failures_are_due_times_and_what_ended_alike_are_runs() -> None:
    """Scenario: two attempts of one due time failed. "Failed once" beside "in a row: 2 failed" read as two counts."""
    place = world("08:58")
    place.add("weather/extract", Schedule="0 9 * * *", Image="x:1", Retries=1)
    place.groups.behave("x:1", duration=5, exit_code=3)
    place.ticks(*minutes("08:58", "09:06"))
    page = get(client(place), PATH)
    assert next(one for one in page.find("p", class_="flash bad")).text.startswith("Failed once.")
    assert "In a row 2 failed runs" in " ".join(page.text.split())


def test_a_job_without_a_success_has_no_half_of_its_runs_and_its_chart_is_said_in_words(failing: World) -> None:
    page = get(client(failing), PATH)
    assert "at most \N{EN DASH}" not in page.text
    assert "None of the last 5 succeeded, so nobody can say what is usual." in page.text
    chart = page.one("div", id="duration-chart")
    assert (chart.attrs["role"], chart.text.strip()) == ("img", "")
    assert "5 failed; the shortest 5.0 s, the longest 5.0 s" in chart.attrs["aria-label"]


def test_a_chart_says_in_words_how_far_the_watermark_came(place: World) -> None:
    page = get(client(place), PATH)
    (told,) = [one.attrs["aria-label"] for one in page.find("div", data_chart="watermarks")]
    assert told == "The watermark after 3 runs: from 2026-01-09 to 2026-01-11. The table of runs has each."


def test_bars_are_said_once_without_script(place: World) -> None:
    assert get(client(place), PATH).text.count("2 of 3 succeeded") == 1


def test_data_that_is_too_old_is_told_on_the_page_of_the_job(place: World) -> None:
    place.edit("weather/extract", Alarms="stale since 2026-11-22T02:26:00Z")
    (told,) = get(client(place), PATH).find("p", class_="flash note")
    assert told.text.strip() == "Its data is older than FreshFor allows, since 2026-11-22T02:26:00Z."


@pytest.mark.parametrize("act", ACTS)
def test_the_address_of_an_act_leads_back_to_the_job_when_it_is_opened(act: str, place: World) -> None:
    answer = client(place).get(f"{PATH}/{act}")
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert client(place, "").get(f"{PATH}/{act}").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("act", "page"),
    [
        ("/health/alert", "/health"),
        (f"{PATH}/runs/2026-11-22T10:00:00Z.1/retry", f"{PATH}/runs/2026-11-22T10:00:00Z.1"),
        ("/jobs/we%20ather/x%25y/pause", "/jobs/we%20ather/x%25y"),
    ],
)
def test_so_does_every_other(act: str, page: str, place: World) -> None:
    assert client(place).get(act).headers["location"] == page


def test_pages_that_share_the_address_of_an_act_stay(place: World) -> None:
    place.add("new/check", Schedule="manual", Image="x:1")
    for path, said in (("/jobs/new", "Add a job"), (f"{PATH}/remove", "Type its name"), ("/jobs/new/check", "Run now")):
        assert said in get(client(place), path).text


def test_a_reason_that_cannot_be_is_told_by_the_name_of_its_field_and_the_page_goes_on_renewing_itself(
    place: World,
) -> None:
    page = post(place, "pause", reason="why\x1b[2J")
    assert page.status == 422
    told = page.find("div", class_="flash bad")[-1].text + page.one("p", id="wrong").text
    assert "PausedReason" not in told
    assert told.count("Reason holds") == 2
    assert page.one("input", id="pause-why").attrs["aria-invalid"] == "true"
    assert page.one("section", id="runs").attrs["hx-get"] == f"{PATH}?state="


def asked(place: World, seen: str, **more: Any) -> Any:
    return client(place).get(PATH, params={"seen": seen, **more}, headers=PART)


def seen_by(page: Page) -> str:
    told: str = json.loads(page.one("section", id="runs").attrs["hx-vals"])["seen"]
    return told


def test_runs_of_which_nothing_changed_are_not_sent_again(place: World) -> None:
    seen = seen_by(get(client(place), PATH))
    assert asked(place, seen).status_code == 204
    assert asked(place, seen, state="Failed").status_code == 200
    assert client(place).get(PATH, params={"seen": seen}).status_code == 200, "a whole page is always answered"
    place.clock.passes(timedelta(minutes=1))
    post(place, "run")
    answer = asked(place, seen)
    assert answer.status_code == 200
    assert 'id="stand"' in answer.text
    assert "waits for the next tick" in answer.text


def test_a_run_that_goes_is_renewed_though_no_row_changes(place: World) -> None:
    place.edit("weather/extract", Request="run")
    place.tick("11:30")
    seen = seen_by(get(client(place), PATH))
    assert asked(place, seen).status_code == 200


def test_a_part_asks_neither_for_the_audit_nor_for_the_forms(place: World) -> None:
    answer = asked(place, "old")
    assert "settings-title" not in answer.text
    assert "data-chart" not in answer.text
    audited = place.audit.transactions
    asked(place, "old")
    assert place.audit.transactions == audited


def test_a_viewer_is_told_why_a_form_has_no_button(place: World) -> None:
    page = get(client(place, VIEWER), "/jobs/new")
    assert "You may look and not act" in page.text
    assert not page.find("button", class_="main")
    assert not page.find("input", name="Schedule")
    assert "You may look and not act" in get(client(place, VIEWER), PATH).text
    assert "You may look and not act" not in get(client(place), PATH).text
    assert place.clock.now == at("11:02")
