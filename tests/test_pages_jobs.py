"""The page Jobs: what a person on call sees first."""

import cProfile
import gzip
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from scheduler.desk.jobs import JobLine
from scheduler.recent import Past, write
from scheduler.row import Row, Value
from scheduler.run import State
from scheduler.web.pages import jobs
from scheduler.web.shown import rows
from scheduler.web.site import Visit
from scheduler.web.who import Asker
from tests.pages import VIEWER, Page, client, get, world
from tests.world import World, at, minutes

#: Function calls that one job may cost.
MOST_CALLS = 1_000
HOUR = timedelta(hours=1)


def pasts(*ends: State, seconds: float = 60) -> str:
    """The cell Recent of a job that ran each hour and ended so."""
    dues = [at("08:00") - HOUR * back for back in reversed(range(len(ends)))]
    return write([Past(due, 1, end, due, seconds, moved=True) for due, end in zip(dues, ends, strict=True)])


GOOD, BAD = State.SUCCEEDED, State.FAILED


@pytest.fixture
def place() -> World:
    """Six jobs, each in another state."""
    place = world("09:00")
    fine: dict[str, Any] = {
        "Schedule": "0 * * * *",
        "Image": "x:1",
        "Status": "Succeeded",
        "NextDue": at("10:00"),
        "Enabled": True,
    }
    place.add("weather/extract", **fine, Recent=pasts(*[GOOD] * 30), Watermark="2026-11-20T09:00:00Z", Owner="ann")
    failed = fine | {"Status": "Failed", "Failures": 2, "Reason": "The run due 2026-11-22T08:00:00Z: exit code 7."}
    place.add("weather/load", **failed, Recent=pasts(*[GOOD] * 28, BAD, BAD))
    place.add("sales/again", **fine | {"Status": "Running", "Failures": 1}, Recent=pasts(GOOD, BAD))
    place.add("sales/wrong", **fine | {"Status": "Invalid", "Reason": "Cpu is 'two': it must be a number."})
    place.add("sales/held", **fine | {"Status": "Paused", "Enabled": False, "Reason": "Paused: a new source."})
    place.add("sales/new", Schedule="manual", Image="x:1")
    place.jobs.put(("_crontable", "heartbeat"), {"LastTick": at("08:59:20")})
    return place


def names(page: Page) -> list[str]:
    """The jobs of the table, in order."""
    return [one.text for one in page.find("a") if any(up.tag == "tbody" for up in one.within)]


def row(page: Page, name: str) -> str:
    """The text of a job's row: HTML leaves its end away, so it goes on to the next one's beginning."""
    body = " ".join(page.one("tbody").text.split())
    following = names(page)[names(page).index(name) + 1 :]
    return body.partition(name)[2].partition(following[0] if following else "\0")[0]


def test_the_first_line_counts_who_fails_runs_waits_is_invalid_or_paused_and_tells_the_last_tick(place: World) -> None:
    summary = " ".join(get(client(place), "/").one("p", class_="summary").text.split())
    told = "6 jobs 2 failing 1 invalid 0 stale 0 slower 1 running 0 waiting 1 paused 2 fine Last tick 40 s ago"
    assert summary == told


def test_those_in_trouble_come_first_and_say_why(place: World) -> None:
    page = get(client(place), "/")
    assert names(page)[:3] == ["sales/again", "weather/load", "sales/wrong"]
    assert "exit code 7." in row(page, "weather/load")
    assert "Cpu is 'two'" in row(page, "sales/wrong")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Status": "Running", "Failures": 3, "LastExitCode": 7}, "Running, failed 3 times: exit code 7"),
        ({"Status": "Starting", "Failures": 3, "LastExitCode": -1}, "Starting, failed 3 times"),
        ({"Status": "Scheduled", "Failures": 1, "LastExitCode": 2}, "Scheduled, failed once: exit code 2"),
        ({"Status": "Scheduled", "Failures": 1, "LastExitCode": 0}, "Scheduled, failed once"),
        ({"Status": "Waiting", "Failures": 2, "Reason": "The upstream."}, "Waiting, failed 2 timesThe upstream."),
        ({"Status": "Failed", "Failures": 3, "LastExitCode": 7}, "Failed 3 times: exit code 7"),
        ({"Status": "Failed", "Failures": 1, "Reason": "Timeout."}, "FailedTimeout."),
        ({"Status": "Lost", "Failures": 2}, "Lost 2 times"),
        ({"Status": "Invalid", "Failures": 3, "Reason": "Cpu is 'two'."}, "InvalidCpu is 'two'."),
        ({"Status": "Running", "Failures": 0, "LastExitCode": 0}, "Running"),
    ],
)
def test_a_failing_job_says_how_often_it_failed_and_with_what_whatever_it_does_since(
    cells: dict[str, Any], told: str
) -> None:
    place = world("09:00")
    place.add("sales/again", Schedule="0 * * * *", Image="x:1", **cells)
    page = get(client(place), "/")
    assert row(page, "sales/again").partition("no run yet")[0].strip() == told
    assert bool(page.find("td", class_="bad")) == (cells["Status"] == "Invalid" or cells["Failures"] > 0)


def test_a_job_fails_from_the_first_attempt_that_failed_and_not_only_after_the_last() -> None:
    """Scenario: an image is gone, and three retries wait longer each time. For a quarter of an hour all seemed fine."""
    place = world("09:00")
    place.groups.behave(duration=30, exit_code=9)
    place.add("sales/tries", Schedule="0 * * * *", Image="x:1", Retries=3, RetryDelay="5m")
    place.ticks("09:01", "10:00", "10:01", "10:02")
    page = get(client(place), "/")
    assert row(page, "sales/tries").startswith("Waiting, attempt 1 failed: exit code 9")
    assert get(client(place), "/?status=failing").find("td", class_="bad")
    stand = next(one for one in get(client(place), "/jobs/sales/tries").find("p", class_="flash bad"))
    assert stand.text.startswith("Attempt 1 failed, and another follows. The last one, due")


def test_a_job_whose_runs_take_too_long_says_so_while_the_next_one_runs() -> None:
    """Scenario: the row says "Running, failed once", and an exit code that there was none of."""
    place = world("08:58")
    place.groups.behave(duration=None)
    place.add("sales/slow", Schedule="*/10 * * * *", Image="x:1", Timeout="5m")
    place.ticks(*minutes("08:58", "09:10"))
    assert row(get(client(place), "/"), "sales/slow").startswith("Running, failed once: timeout")
    (job,) = client(place).get("/api/jobs").json()["jobs"]
    assert [past["cause"] for past in job["recent"]] == ["timeout"]


def test_a_job_whose_container_ended_says_that_only_its_log_is_awaited() -> None:
    """Scenario: a program that is not in the image ends at once; while its log cannot be read all seemed to go on."""
    place = world("08:58")
    place.groups.behave(duration=10, exit_code=127)
    place.add("sales/typo", Schedule="0 9 * * *", Image="x:1")
    place.groups.fail("log", times=99)
    place.ticks("08:59", "09:00", "09:01")
    told = "the container exited with code 127: its command was not found in the image, and its log cannot be read yet"
    browser = client(place)
    assert told in " ".join(row(get(browser, "/"), "sales/typo").split())
    (job,) = browser.get("/api/jobs").json()["jobs"]
    assert (job["status"], told in job["reason"]) == ("Running", True)
    place.ticks("09:02", "09:03", "09:04")
    assert row(get(browser, "/"), "sales/typo").startswith("Failed: exit code 127")


def test_sections_tell_where_those_that_fail_end_and_agree_with_the_counts_above(place: World) -> None:
    page = get(client(place), "/")
    body = " ".join(page.one("tbody").text.split())
    parts = ["Failing", "Invalid", "Fine", "Paused"]
    assert [one.text.split()[0] for one in page.find("tr", class_="part")] == parts
    failing = body.partition("Failing ")[2].partition(" Invalid ")[0]
    assert [name for name in names(page) if name in failing] == ["sales/again", "weather/load"]
    assert not get(client(place), "/?sort=name").find("tr", class_="part")


@pytest.mark.parametrize("status", ["Succeeded", "Running"])
def test_data_that_is_older_than_asked_for_is_counted_and_said_in_its_row(status: str) -> None:
    place = world("09:00")
    for name, more in (("fine", {}), ("old", {"Alarms": "stale since 2026-11-22T02:26:00Z"})):
        place.add(f"sales/{name}", Schedule="0 * * * *", Image="x:1", Status=status, FreshFor="26h", **more)
    page = get(client(place), "/")
    assert "1 stale" in page.one("p", class_="summary").text
    assert names(page) == ["sales/old", "sales/fine"]
    assert f"{status}, stale for 6 h" in row(page, "sales/old")
    assert names(get(client(place), "/?status=stale")) == ["sales/old"]


def test_a_job_that_gets_slower_is_counted_and_marked() -> None:
    place = world("09:00")
    dues = [at("08:00") - HOUR * back for back in reversed(range(30))]
    ends = [Past(due, 1, GOOD, due, 60.0 if n < 15 else 300.0 + n, moved=True) for n, due in enumerate(dues)]
    place.add("sales/slow", Schedule="0 * * * *", Image="x:1", Status="Succeeded", Recent=write(ends))
    page = get(client(place), "/?status=slower")
    assert "1 slower" in page.one("p", class_="summary").text
    assert "5.4 times as long" in row(page, "sales/slow")
    assert "1 fine" in page.one("p", class_="summary").text


def test_a_list_of_which_nothing_changed_is_not_sent_again_but_one_that_is_late_is(place: World) -> None:
    browser = client(place)
    asks = {"hx-request": "true", "hx-target": "jobs"}
    seen = json.loads(get(browser, "/").one("section", id="jobs").attrs["hx-vals"])["seen"]
    assert browser.get(f"/?seen={seen}", headers=asks).status_code == 204
    assert browser.get(f"/?q=x&seen={seen}", headers=asks).status_code == 200
    assert browser.get(f"/?seen={seen}").status_code == 200
    place.clock.to("09:07")
    assert "No whole tick for 7 min" in browser.get(f"/?seen={seen}", headers=asks).text
    place.clock.to("09:00")
    place.edit("sales/again", Status="Failed")
    assert browser.get(f"/?seen={seen}", headers=asks).status_code == 200


@pytest.mark.timeout(30)
def test_a_reason_of_millions_of_spaces_delays_nobody() -> None:
    blanks = " " * 2_000_000
    wide = Row("sales", "wide", {"Status": "Failed", "Reason": f"wide{blanks}.{blanks}Next run 2026-11-22T10:00:00Z."})
    (shown,) = rows.cells([JobLine(wide, wide.columns)], at("09:00"))
    assert shown.reason == "wide…"


def test_bars_have_a_letter_a_run_and_the_same_in_words(place: World) -> None:
    page = get(client(place), "/")
    drawn = [one for one in page.find("td") if len(one.attrs.get("data-b", "")) == 30]
    assert [one.attrs["data-b"] for one in drawn] == ["p" * 28 + "PP", "p" * 30]
    assert "Succeeded of the last 30" in page.one("thead").text
    assert "28 of 30" in row(page, "weather/load")
    assert "no run yet" in row(page, "sales/new")


def test_a_row_tells_its_next_run_its_watermark_and_how_old_that_is(place: World) -> None:
    told = row(get(client(place), "/"), "weather/extract")
    assert "1 min" in told
    assert "10:002026-11-20T09:00:00Z 2 d old" in told.replace("10:00 2", "10:002")
    place.edit("weather/extract", NextDue=at("10:00") + timedelta(days=1))
    assert "2026-11-23T10:00Z" in row(get(client(place), "/"), "weather/extract")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=EXTRACT", ["weather/extract"]),
        ("q=ann", ["weather/extract"]),
        ("q=weather+load", ["weather/load"]),
        ("group=weather", ["weather/load", "weather/extract"]),
        ("status=failing", ["sales/again", "weather/load"]),
        ("status=Failed", ["weather/load"]),
        ("status=paused&group=sales", ["sales/held"]),
        ("sort=name&group=weather", ["weather/extract", "weather/load"]),
        ("sort=watermark&group=weather", ["weather/extract", "weather/load"]),
        ("sort=nonsense&status=invalid", ["sales/wrong"]),
    ],
)
def test_the_address_says_which_jobs_are_shown(query: str, expected: list[str], place: World) -> None:
    assert names(get(client(place), f"/?{query}")) == expected


def test_the_search_stands_in_the_address_and_in_its_fields_again(place: World) -> None:
    page = get(client(place), "/?q=x%3A1&group=sales&status=paused&sort=name")
    assert page.fields("/") == {"q": "x:1", "group": "sales", "status": "paused", "sort": "name"}
    assert page.one("section", id="jobs").attrs["hx-get"] == "/?q=x%3A1&group=sales&status=paused&sort=name"


def test_htmx_gets_the_list_alone(place: World) -> None:
    part = client(place).get("/", headers={"hx-request": "true", "hx-target": "jobs"})
    assert part.text.lstrip().startswith('<section id="jobs"')
    assert "<html" not in part.text


def test_nothing_found_and_nothing_there_are_said(place: World) -> None:
    assert "No job is like that" in get(client(place), "/?q=nowhere").text
    assert "No job yet" in get(client(world()), "/").text


def test_ticks_that_stopped_are_said_loudly(place: World) -> None:
    place.clock.to("09:12")
    page = get(client(place), "/")
    assert "No whole tick for 12 min" in page.text
    assert "No tick yet" in get(client(world()), "/").text


def test_only_operators_are_shown_a_way_to_add(place: World) -> None:
    assert get(client(place), "/").find("a", href="/jobs/new")
    assert not get(client(place, VIEWER), "/").find("a", href="/jobs/new")


def test_what_people_and_programs_wrote_stays_text(place: World) -> None:
    place.add(
        "x/<b>bold", Status="Failed", Reason="<script>alert(1)</script> \x1b[2J=HYPERLINK(1)", Watermark="\u202etxt.exe"
    )
    source = client(place).get("/?q=bold").text
    table = source.partition("<tbody>")[2]
    assert "<b>bold" not in source
    assert "<script>" not in table
    assert "\x1b" not in source
    assert "\u202e" not in source
    assert "/jobs/x/%3Cb%3Ebold>" in table


def many(count: int, *, failing: bool = False, status: str = "Failed") -> World:
    """As many jobs as that, each with thirty runs, a watermark, and a reason as ticks write them.

    `status` is what those that fail are at now.
    """
    place = world("09:00")
    for number in range(count):
        bad = failing or number % 10 == 0
        ends = [GOOD] * 28 + [BAD if bad else GOOD] * 2
        place.add(
            f"warehouse/customer-orders-{number:04}",
            Schedule="0 * * * *",
            Image="registry.azurecr.io/team/orders:1.4",
            Status=status if bad else "Succeeded",
            Failures=2 if bad else 0,
            LastExitCode=1 if bad else 0,
            Reason="The run due 2026-11-22T08:00:00Z: Failed: the container exited with code 1. "
            "ConnectionError: https://example.com/orders/2026-11-22.csv did not answer within 30 s, tried 3 times.",
            NextDue=at("10:00"),
            Watermark="2026-11-22T08:00:00Z",
            Recent=pasts(*ends, seconds=100 + number),
        )
    return place


@pytest.mark.parametrize(
    ("failing", "status"), [(False, "Failed"), (True, "Failed"), (True, "Waiting"), (True, "Running")]
)
def test_a_thousand_jobs_are_a_page_of_270_kb_and_a_sixth_of_it_on_the_wire(failing: bool, status: str) -> None:
    place = many(1000, failing=failing, status=status)
    answer = client(place).get("/", headers={"accept-encoding": "identity"})
    assert answer.text.count("<tr><th>") == 1000
    bad = len(re.findall(r"<td class=bad>(?:Failed|\w+, failed) 2 times: exit code 1<", answer.text))
    assert bad == (1000 if failing else 100)
    assert len(answer.content) < 270_000
    assert len(gzip.compress(answer.content, 5)) < 50_000


#: As long as a name of a job may be.
WIDE = "w" * 63


@pytest.mark.parametrize("letter", ["x", "<", "\u202e", "\U0001f600"])
def test_a_page_keeps_its_bound_whatever_names_and_reasons_people_type_and_leads_to_the_rest(letter: str) -> None:
    place = world("09:00")
    said: dict[str, Value] = {
        "Status": "Waiting",
        "Failures": 3,
        "LastExitCode": 137,
        "Alarms": "stale since 2026-11-20T02:26:00Z",
    }
    for number in range(1000):
        cells: dict[str, Value] = {
            **said,
            "Reason": letter * 9_000,
            "Watermark": letter * 500,
            "NextDue": at("10:00") + HOUR * 20,
        }
        place.add(f"{WIDE[:59]}{number:04}/{WIDE[:59]}{letter * 4}", Image="x:1", Recent=pasts(*[BAD] * 30), **cells)
    browser, address, seen = client(place), "/", list[str]()
    while address:
        answer = browser.get(address)
        assert len(answer.content) < 290_000
        seen += re.findall(r"<tr><th><a href=(\S+)>", answer.text)
        address = "".join(re.findall(r'href="([^"]+)">More jobs', answer.text))
    assert len(seen) == len(set(seen)) == 1000


def test_the_answer_is_packed_for_a_browser_that_takes_it(place: World) -> None:
    answer = client(place).get("/", headers={"accept-encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "weather/extract" in answer.text


def test_a_thousand_jobs_cost_as_many_requests_as_ten() -> None:
    few, lots = many(10), many(1000)
    assert few.spent(lambda: client(few).get("/")) == lots.spent(lambda: client(lots).get("/")) == 2


def calls(count: int) -> int:
    """How many functions the page calls for so many jobs: what it costs, told by no clock."""
    place = many(count)
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
    visit = Visit(request, place.ports, place.clock.now, Asker("ann", operates=True, door="header"))
    jobs.show(visit)
    with cProfile.Profile() as profile:
        jobs.show(visit)
    return sum(one.callcount for one in profile.getstats())


def test_a_job_more_costs_a_few_hundred_calls_however_many_there_are() -> None:
    ten, hundred, five_hundred = calls(10), calls(100), calls(500)
    assert (hundred - ten) / 90 < MOST_CALLS
    assert (five_hundred - hundred) / 400 < MOST_CALLS


def spent(act: Callable[[], object]) -> float:
    """The CPU seconds of an act, the least of three: what other processes do does not count."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        act()
        found.append(time.process_time() - begun)
    return min(found)


def shown(count: int) -> Callable[[], object]:
    """Show that many jobs, as a request would."""
    place = many(count)
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
    visit = Visit(request, place.ports, place.clock.now, Asker("ann", operates=True, door="header"))
    return lambda: jobs.show(visit)


def calibrating() -> None:
    """A loop that takes 0.1 seconds of a core where a page of a thousand jobs takes as much."""
    words = [f"{number}/{number % 7}" for number in range(60_000)]
    dict.fromkeys(sorted(words, key=len))
    "".join(word.upper().partition("/")[2] for word in words).encode()
    for word in words:
        re.sub("[0-9]", "x", word)


def test_a_thousand_jobs_cost_less_cpu_than_a_loop_five_times_as_long_and_no_square_of_their_number() -> None:
    loop, few, lots = spent(calibrating), spent(shown(200)), spent(shown(1000))
    assert lots < 5 * loop
    assert lots < 8 * few  # five times as many; a square would be 25


def test_no_letter_of_a_bar_is_one_that_the_script_does_not_know() -> None:
    from local.needs import ROOT  # noqa: PLC0415
    from scheduler.web.shown.bars import LETTERS  # noqa: PLC0415

    script = (ROOT / "scheduler/web/static/crontable.js").read_text()
    kinds = dict(re.findall(r'\["([gfcl])", "([A-Za-z0-9]+)"\]', script))
    assert kinds == {"g": LETTERS[GOOD], "f": LETTERS[BAD], "c": LETTERS[State.CANCELLED], "l": LETTERS[State.LOST]}
