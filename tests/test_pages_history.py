"""The page History, and the section of the page Job that it becomes when somebody scrolls there."""

import json
from datetime import timedelta
from typing import Any

import pytest

from scheduler.identity import run_key
from scheduler.row import Value
from tests.desk import place as desk_place
from tests.desk import viewer
from tests.pages import VIEWER, client, get, world
from tests.world import World, at, key

JOB = "weather/extract"
PATH = f"/jobs/{JOB}/history"
PART = {"hx-request": "true", "hx-target": "history"}


def put(place: World, hours: int, **cells: Value) -> None:
    """A closed run that was due so many hours ago."""
    due = at("09:00") - timedelta(hours=hours)
    told: dict[str, Value] = {"State": "Succeeded", "Trigger": "schedule", "Due": due, "Attempt": 1}
    place.runs_table.put(run_key(key(JOB), due, 1), told | {"Duration": 41.0 + hours % 5} | cells)


@pytest.fixture
def place() -> World:
    """Three weeks of an hourly job; in the last one it takes half as long again, and twice it took a quarter hour."""
    place = world("09:00")
    place.add(JOB, Schedule="0 * * * *", Image="x:1")
    for hours in range(21 * 24):
        cells: dict[str, Value] = {"Duration": 62.0 + hours % 5} if hours < 7 * 24 else {}
        put(place, hours, **cells | ({"State": "Failed"} if hours in (3, 4) else {}))
    put(place, 50, Duration=900.0)
    put(place, 300, Duration=800.0, Cost=0.5)
    return place


def test_it_tells_how_the_days_went_and_that_the_job_gets_slower(place: World) -> None:
    page = get(client(place), PATH)
    assert page.one("h1").text.strip() == f"History of {JOB}"
    for said in (
        "Gets slower Median of the last 7 days 1 min 4 s, of the 7 before 43 s: 49 % slower.",
        "Due times 504",
        "Succeeded 99.6 %",
        "Failed 2 at most 2 in a row",
        "In a row 3 succeeded",
        "Longest 15 min",
        "Cost 0.50",
    ):
        assert said in page.text, said
    links = [one.attrs["href"].rpartition("/")[2] for one in page.find("a") if "/runs/" in one.attrs["href"]]
    assert links == ["2026-11-20T07:00:00Z.1", "2026-11-09T21:00:00Z.1"]


def test_the_chart_has_a_point_a_day_and_the_table_says_the_same(place: World) -> None:
    page = get(client(place), f"{PATH}?days=7")
    (chart,) = [json.loads(one.attrs["data-of"]) for one in page.all if one.attrs.get("data-chart") == "days"]
    assert chart["at"] == [f"2026-11-{day}" for day in range(16, 23)]
    assert chart["runs"] == [24] * 6 + [10]
    assert (chart["median"][0], chart["p95"][-1], chart["longest"][4], chart["slow"]) == (
        64,
        66,
        900,
        [0, 0, 0, 0, 1, 0, 0],
    )
    rows = [" ".join(one.text.split()) for one in page.find("tr")][1:]
    assert rows[2] == "2026-11-20 24 100 % 1 min 4 s 1 min 6 s 15 min 1"
    assert rows[0] == "2026-11-22 10 2 80 % 1 min 4 s 1 min 6 s 1 min 6 s"


def test_the_page_of_the_job_costs_no_more_and_asks_for_the_section_when_it_is_seen(place: World) -> None:
    browser = client(place)
    page = get(browser, f"/jobs/{JOB}")
    section = page.one("section", id="history")
    assert (section.attrs["hx-get"], section.attrs["hx-trigger"]) == (PATH, "revealed")
    assert page.find("a", href=PATH), "without script it is a link"
    part = browser.get(PATH, headers=PART)
    assert part.text.lstrip().startswith('<section class="card" id="history"')
    assert "<html" not in part.text
    assert place.spent(lambda: browser.get(PATH, headers=PART)) == 1


def test_no_more_days_are_offered_than_runs_are_kept(place: World) -> None:
    page = get(client(place), PATH)
    offered = [one for one in page.find("a") if "hx-get" in one.attrs]
    assert [one.text for one in offered] == ["7 days", "30 days", "90 days"]
    assert [one.attrs.get("aria-current", "") for one in offered] == ["", "true", ""]
    assert get(client(place, VIEWER), PATH).status == 200


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        (f"{PATH}?days=91", 400, "days is 91: it must be a number from 1 to 90 (RETENTION_DAYS)."),
        (f"{PATH}?days=all", 400, "days is 'all': it must be a whole number."),
        (f"{PATH}?days=", 200, "History of 30 days"),
        ("/jobs/weather/nothing/history", 404, "There is no job weather/nothing."),
    ],
)
def test_what_cannot_be_shown_is_told(path: str, status: int, sentence: str, place: World) -> None:
    page = get(client(place), path)
    assert (page.status, sentence in page.text) == (status, True)


def test_a_job_without_runs_or_with_skips_alone_has_no_chart() -> None:
    place = world("09:00")
    place.add(JOB, Schedule="0 * * * *", Image="x:1")
    assert "Nothing was due in these days." in get(client(place), PATH).text
    for hours in range(3):
        put(place, hours, State="Skipped")
    page = get(client(place), PATH)
    assert "Due times 0 3 skips" in page.text
    assert not [one for one in page.all if "data-chart" in one.attrs]


def test_where_not_all_runs_could_be_looked_at_it_is_said(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.desk.history.MOST", 100)
    page = get(client(place), PATH)
    assert "Only the newest 100 rows of Runs were looked at: those due since 2026-11-18T07:00:00Z." in page.text
    assert "History of 5 days" in page.text


# the same through the API


def test_the_api_answers_with_days_and_trend(place: World) -> None:
    told = Told(place)
    whole = told.get("")
    assert (whole["first"], whole["last"], len(whole["days"]), whole["rows"]) == ("2026-10-24", "2026-11-22", 30, 504)
    assert (whole["all"]["runs"], whole["all"]["failed"], whole["failures"]["runs"]) == (504, 2, 2)
    assert (whole["trend"]["verdict"], whole["trend"]["newer"]["name"]) == ("slower", "the last 7 days")
    assert [one["run"] for one in whole["slow"]] == ["2026-11-20T07:00:00Z.1", "2026-11-09T21:00:00Z.1"]
    assert (whole["streak"], whole["streak_of"], whole["since"], whole["notes"]) == (3, "Succeeded", None, [])
    week = told.get("?days=7&zone=Europe/Berlin")
    assert [day["runs"] for day in week["days"]] == [24] * 6 + [11]
    assert week["zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("query", "status"),
    [("?days=91", 422), ("?days=0", 422), ("?days=x", 422), ("?zone=Mars", 422), ("?day=3", 422), ("?days=1", 200)],
)
def test_the_api_refuses_what_cannot_be_asked_for(query: str, status: int, place: World) -> None:
    assert Told(place).status(query) == status


class Told:
    """The API as a program with the viewers' key meets it."""

    def __init__(self, place: World) -> None:
        made = desk_place()
        made.runs_table.rows = place.runs_table.rows
        self._asks = viewer(made)

    def get(self, query: str) -> Any:
        return self._asks.get(f"/api/jobs/{JOB}/history{query}").json()

    def status(self, query: str) -> int:
        return self._asks.get(f"/api/jobs/{JOB}/history{query}").status_code
