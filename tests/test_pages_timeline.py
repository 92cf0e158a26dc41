"""The page of a day: bars, what is planned, the band under ACI's line, and a thousand jobs."""

import re
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler.desk import planned
from scheduler.desk.timeline import Level
from scheduler.web.shown.band import band
from scheduler.web.shown.day import Day
from scheduler.web.shown.gantt import MOST_BARS, PLANNED, Stretch, chart
from tests import pages
from tests.world import World, minutes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = Day(date(2026, 11, 22), ZoneInfo("UTC"))


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, second, tzinfo=UTC)


def stretch(state: str, begin: datetime, end: datetime | None, name: str = "extract") -> Stretch:
    return Stretch(("weather", name), state, begin, end, "2026-11-22T09:00:00Z.1")


@pytest.fixture
def morning() -> World:
    place = pages.world("08:00")
    place.groups.behave("good", duration=600)
    place.groups.behave("bad", duration=300, exit_code=1)
    place.groups.behave("long", duration=90_000)
    place.add("weather/good", Schedule="0 * * * *", Image="good")
    place.add("weather/bad", Schedule="30 * * * *", Image="bad")
    place.add("sales/long", Schedule="15 8 * * *", Image="long", Timeout="20h")
    place.add("sales/idle", Schedule="manual", Image="good")
    place.ticks(*minutes("08:01", "10:45"))
    return place


def test_a_bar_lies_where_its_run_was_and_leads_to_it() -> None:
    (line,) = chart([stretch("Succeeded", at(6), at(12))], TODAY, NOW).groups["weather"]
    (mark,) = line.marks
    assert (mark.x, mark.width) == (25.0, 25.0)
    assert mark.href == "/jobs/weather/extract/runs/2026-11-22T09:00:00Z.1"
    assert mark.label == "weather/extract: succeeded, 06:00 to 12:00"


def test_a_run_of_seconds_can_still_be_hit_and_one_at_midnight_stays_on_the_page() -> None:
    for begin in (at(6), at(23, 59, 59)):
        (mark,) = chart([stretch("Failed", begin, begin)], TODAY, NOW).groups["weather"][0].marks
        assert mark.width > 0.3
        assert mark.x + mark.width <= 100


def test_a_failure_between_successes_is_never_joined_with_them() -> None:
    runs = [stretch("Failed" if n == 30 else "Succeeded", at(9, n), at(9, n, 30)) for n in range(60)]
    made = chart(runs, TODAY, NOW)
    assert [(mark.kind, mark.many) for mark in made.groups["weather"][0].marks] == [
        ("succeeded", 30),
        ("failed", 1),
        ("succeeded", 29),
    ]
    assert made.merged


def test_a_page_has_a_bound_however_many_runs_a_day_has() -> None:
    runs = [
        stretch("Succeeded" if minute % 2 else "Failed", at(minute // 60, minute % 60), None, f"job-{job}")
        for job in range(20)
        for minute in range(0, 1440, 10)
    ]
    marks = [mark for line in chart(runs, TODAY, NOW).groups["weather"] for mark in line.marks]
    assert len(marks) <= MOST_BARS
    assert sum(mark.many for mark in marks) == len(runs)


def test_a_day_of_a_changing_clock_has_its_own_hours() -> None:
    autumn = Day(date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert (autumn.end - autumn.begin).total_seconds() == 25 * 3600
    assert len(autumn.hours) == 26
    spring = Day(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert len(spring.hours) == 24
    assert spring.hours[-1].x == 100.0


def test_the_band_shows_the_day_under_both_lines() -> None:
    levels = [Level(at(hour), hour % 3, planned=hour >= 12) for hour in range(24)]
    drawn = band(levels, TODAY, 90, 100)
    assert [mark.label for mark in drawn.marks][:2] == ["100: ACI's line", "90: MAX_ACTIVE_RUNS"]
    assert drawn.past.startswith("M0.00 100")
    assert drawn.past.endswith("H50.00V100Z")
    assert drawn.planned.endswith("H100.00V100Z")
    assert max(map(float, re.findall(r"H([\d.]+)", drawn.past))) <= 50
    assert min(map(float, re.findall(r"H([\d.]+)", drawn.planned))) >= 50
    assert drawn.marks[0].y < drawn.marks[1].y
    above = band([Level(at(0), 250)], TODAY, 90, 100)
    assert float(re.findall(r"V([\d.]+)", above.past)[0]) >= 0


def test_it_shows_what_ran_what_goes_and_what_is_planned(morning: World) -> None:
    page = pages.get(pages.client(morning), "/timeline")
    assert page.status == 200
    labels = [link.attrs["aria-label"] for link in page.find("a") if "aria-label" in link.attrs]
    assert "weather/good: succeeded, 09:00 to 09:10" in labels
    assert "weather/bad: failed, 09:30 to 09:35" in labels
    assert "sales/long: running, 08:15, still going" in labels
    assert "weather/good: planned for 11:00" in labels
    assert "1 job has nothing on this day and is left out." in page.text
    assert "sales/idle" not in [cell.text for cell in page.find("th")]
    assert page.find("a", href="/jobs/weather/bad/runs/2026-11-22T09:30:00Z.1")
    assert page.find("line", class_="now")


def test_the_table_says_the_same_as_the_bars(morning: World) -> None:
    page = pages.get(pages.client(morning), "/timeline")
    links = [(link.attrs["href"], link.within) for link in page.find("a")]
    bars = [href for href, within in links if within and within[-1].attrs.get("class") == "bars"]
    table = [href for href, within in links if any(one.attrs.get("id") == "table-box" for one in within)]
    assert bars == table != []


def test_the_days_before_and_after_are_a_link_away(morning: World) -> None:
    browser = pages.client(morning)
    page = pages.get(browser, "/timeline?zone=Europe/Berlin")
    before = page.one("a", rel="prev").attrs["href"]
    assert before == "/timeline?day=2026-11-21&zone=Europe%2FBerlin"
    yesterday = pages.get(browser, before)
    assert "Nothing on this day" in yesterday.text
    tomorrow = pages.get(browser, page.one("a", rel="next").attrs["href"])
    assert "planned" in tomorrow.source
    assert not tomorrow.find("line", class_="now")


def test_times_are_the_zones(morning: World) -> None:
    page = pages.get(pages.client(morning), "/timeline?zone=Asia/Tokyo")
    assert page.one("input", id="day").attrs["value"] == "2026-11-22"
    assert "weather/good: succeeded, 18:00 to 18:10" in page.source


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("zone=Europe/Belin", "zone", "did you mean Europe/Berlin?"),
        ("zone=%3Cscript%3E", "zone", "is not an IANA time zone"),
        ("day=22.11.2026", "day", "it must be a date such as 2026-11-22"),
        ("day=0001-01-01", "day", "it must be a day of the years 1970 to 9998"),
        ("day=2026-02-30&zone=UTC", "day", "'2026-02-30'"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(morning: World, query: str, field: str, said: str) -> None:
    page = pages.get(pages.client(morning), f"/timeline?{query}")
    assert page.status == 400
    assert said in page.text
    assert page.one("input", id=field).attrs["aria-invalid"] == "true"
    assert "<script>" not in page.source.replace("<script src", "")


def test_without_jobs_it_says_what_to_do() -> None:
    assert "No jobs" in pages.get(pages.client(pages.world()), "/timeline").text
    page = pages.get(pages.client(pages.world()), "/timeline?group=<b>none</b>")
    assert "There is no job in this group" in page.text
    assert "<b>none" not in page.source


def test_a_thousand_jobs_are_folded_by_group_and_shown_group_by_group() -> None:
    place = pages.world("11:00")
    for number in range(1000):
        place.add(f"team-{number % 4}/job-{number:03}", Schedule="*/5 * * * *", Image="extract")
    place.tick()
    browser = pages.client(place)
    begun = time.process_time()
    page = pages.get(browser, "/timeline")
    assert time.process_time() - begun < 6  # it takes 1.3 s here; the bound is for a slow machine
    assert "1,000 jobs on this day, by group" in page.text
    assert len(page.source) < 60_000
    team = pages.get(browser, page.one("a", href="/timeline?day=2026-11-22&group=team-1").attrs["href"])
    assert len(team.source) < 400_000
    more = next(link.attrs["href"] for link in team.find("a") if link.text == "More jobs")
    rest = pages.get(browser, more)
    names = {link.text for each in (team, rest) for link in each.find("a") if link.text.startswith("job-")}
    assert len(names) == 250


def test_what_is_planned_is_called_so() -> None:
    (mark,) = chart([Stretch(("a", "b"), PLANNED, at(18), at(18, 1))], TODAY, NOW).groups["a"][0].marks
    assert (mark.kind, mark.href, mark.label) == ("planned", "/jobs/a/b", "a/b: planned for 18:00")


def test_a_job_that_is_due_all_day_is_drawn_to_the_days_end_and_says_how_often() -> None:
    place = pages.world("04:58")
    for name in ("a", "b", "c", "d"):
        place.add(f"u/{name}", Schedule="* * * * *", Image="extract")
    place.ticks("04:58", "05:00")
    page = pages.get(pages.client(place), "/timeline")
    bars = [one for one in page.find("rect", class_="planned") if any(up.tag == "svg" for up in one.within)]
    assert len(bars) == 4
    assert all(float(bar.attrs["x"][:-1]) + float(bar.attrs["width"][:-1]) > 99.5 for bar in bars)
    assert "planned every minute" in [one.text for one in page.find("text", class_="in planned")]
    label = next(one.attrs["aria-label"] for one in page.find("a") if "planned" in one.attrs.get("aria-label", ""))
    assert label == "u/a: planned every minute, from 05:01 to 23:59"
    assert "of its due times are shown" not in page.text


def test_what_is_left_out_of_many_jobs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "MOST_SEEN_IN_ALL", 0)
    place = pages.world("05:00")
    for name in ("a", "b", "c", "d"):
        place.add(f"u/{name}", Schedule="* * * * *", Image="extract")
    place.tick()
    said = [one.text.strip() for one in pages.get(pages.client(place), "/timeline").find("p", class_="hint")]
    assert [one for one in said if "due times" in one] == [
        "u/a and 3 more jobs: Only the next 101 of its due times are shown."
    ]


def test_a_sign_has_no_place_where_the_next_bar_begins_and_words_only_where_they_fit() -> None:
    made = chart([stretch("Running", at(9), at(9, 1)), stretch("Planned", at(9, 2), at(23))], TODAY, NOW)
    going, planned = made.groups["weather"][0].marks
    assert (going.words, going.crowded, planned.words) == ("", True, "planned")
    narrow = [stretch("Failed", at(9, n), at(9, n, 30)) for n in range(60)]
    ((mark,),) = [line.marks for line in chart(narrow, TODAY, NOW).groups["weather"]]
    assert mark.words == mark.sign
    ((wide,),) = [line.marks for line in chart([stretch("Failed", at(2), at(9))], TODAY, NOW).groups["weather"]]
    assert wide.words == f"{wide.sign} failed"
