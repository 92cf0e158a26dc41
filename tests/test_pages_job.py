"""The page Job: what it shows, and what its buttons do; through the real routes and the real tick."""

import json
from datetime import timedelta

import pytest

from scheduler.job import OWNED
from scheduler.web.shown.fields import COLUMNS
from tests.pages import VIEWER, Page, client, get, world
from tests.world import World

PATH = "/jobs/weather/extract"
ALL_ACTS = {f"{PATH}/{act}" for act in ("run", "pause", "rewind", "backfill", "settings")}


@pytest.fixture
def place() -> World:
    """An hourly job that has run three times, the second time in vain."""
    place = world("08:30")
    place.add("weather/extract", Schedule="0 * * * *", Image="x:1", Env="A=1\nB=2", Owner="ann", Watermark="2026-01-01")
    place.tick()
    for hour, code in (("09", 0), ("10", 3), ("11", 0)):
        mark = f"::watermark::2026-01-{hour}"
        place.groups.behave("x:1", duration=45, exit_code=code, log=mark)
        place.ticks(f"{hour}:00", f"{hour}:01", f"{hour}:02")
    return place


def post(place: World, act: str, key: str = "", **fields: str) -> Page:
    """Send a form of the page; gives what it leads to."""
    browser = client(place, key) if key else client(place)
    answer = browser.post(f"{PATH}/{act}", data=fields)
    return get(browser, answer.headers["location"]) if answer.status_code == 303 else Page(answer)


def test_it_tells_how_the_job_stands_and_how_its_runs_went(place: World) -> None:
    page = get(client(place), PATH)
    assert page.one("h1").text.strip() == "weather/extract"
    for said in ("Succeeded 67 %", "In a row 1 succeeded run", "Median 45 s", "2 of 3 succeeded", "Next run 12:00:00"):
        assert said in page.text, said
    runs = next(one.text for one in page.find("section", id="runs"))
    assert " ".join(runs.split()).count("Succeeded") - 1 == 2  # and the filter's own word
    assert "the container exited with code 3" in runs
    assert page.find("a", href=f"{PATH}/runs/2026-11-22T10:00:00Z.1")


def test_charts_get_the_durations_and_the_watermark_after_each_run(place: World) -> None:
    page = get(client(place), PATH)
    charts = {
        one.attrs["data-chart"]: json.loads(one.attrs["data-of"]) for one in page.all if "data-chart" in one.attrs
    }
    assert charts["durations"]["seconds"] == [45, 45, 45]
    assert charts["durations"]["states"] == ["Succeeded", "Failed", "Succeeded"]
    assert charts["durations"]["median"] == 45
    assert charts["watermarks"]["dates"] is True
    assert len(charts["watermarks"]["to"]) == 3


def test_the_grid_has_a_square_for_each_attempt_under_its_due_time(place: World) -> None:
    place.edit("weather/extract", Retries=1, RetryDelay="1m")
    place.groups.behave("x:1", duration=5, exit_code=1)
    place.ticks("11:59", "12:00", "12:01", "12:02", "12:03", "12:04", "12:05")
    page = get(client(place), PATH)
    squares = [
        one.attrs["title"] for one in page.find("a") if any(up.attrs.get("class") == "grid" for up in one.within)
    ]
    assert [title.partition("T")[2] for title in squares[-2:]] == [
        "12:00:00Z, attempt 1: Failed",
        "12:00:00Z, attempt 2: Failed",
    ]


def test_a_viewer_sees_all_of_it_and_no_button(place: World) -> None:
    operators, viewers = get(client(place), PATH), get(client(place, VIEWER), PATH)
    assert operators.acts >= ALL_ACTS
    assert viewers.acts == {"/sign-out"}
    assert not viewers.find("a", href=f"{PATH}/remove")
    assert "Median 45 s" in viewers.text
    assert "Owner" in viewers.text


def test_run_now_asks_and_the_next_tick_obeys(place: World) -> None:
    page = post(place, "run")
    assert "A run is asked for" in page.text
    assert "waits for the next tick" in page.text
    place.tick("11:30")
    assert "weather/extract Running" in get(client(place), PATH).text


@pytest.mark.parametrize(
    ("act", "fields", "request_"),
    [
        ("run", {}, "run"),
        ("run", {"due": "2026-11-01T05:00Z"}, "run 2026-11-01T05:00Z"),
        ("run", {"watermark": "monday morning"}, "run watermark monday morning"),
        ("run", {"due": "2026-11-01", "watermark": "x"}, "run 2026-11-01 watermark x"),
        (
            "backfill",
            {"first": "2026-01-01", "before": "2026-01-02", "watermark": "a"},
            "run 2026-01-01..2026-01-02 watermark a",
        ),
        ("cancel", {}, "cancel"),
        ("retry", {}, "retry"),
    ],
)
def test_each_button_writes_the_request_that_a_person_would_type(
    act: str, fields: dict[str, str], request_: str, place: World
) -> None:
    post(place, act, **fields)
    assert place.row("weather/extract")["Request"] == request_


def test_what_cannot_be_asked_for_is_told_beside_it_and_nothing_typed_is_lost(place: World) -> None:
    page = post(place, "backfill", first="yesterday", before="2026-01-02", watermark="w1")
    assert page.status == 422
    assert "From is 'yesterday'" in page.text
    assert page.one("input", id="bf-first").attrs["aria-invalid"] == "true"
    assert page.text.count("From is 'yesterday'") == 2, "above, and beside the form"
    assert page.fields(f"{PATH}/backfill") == {"first": "yesterday", "before": "2026-01-02", "watermark": "w1"}
    assert not place.row("weather/extract").get("Request")
    assert "needs both ends" in post(place, "backfill", first="2026-01-01").text


def test_pause_with_a_reason_and_resume(place: World) -> None:
    post(place, "pause", reason="the source moves; ask <Ann>")
    place.tick("11:30")
    page = get(client(place), PATH)
    assert "Paused: the source moves; ask <Ann>" in page.text
    assert f"{PATH}/pause" not in page.acts
    post(place, "resume")
    place.tick("11:31")
    assert place.row("weather/extract")["Status"] == "Scheduled"


def test_a_rewind_sets_the_watermark_unless_a_run_moved_it_meanwhile(place: World) -> None:
    seen = get(client(place), PATH).fields(f"{PATH}/rewind")
    assert seen["value"] == "2026-01-11"
    assert "The watermark is set" in post(place, "rewind", **seen | {"value": "2026-01-05"}).text
    assert place.row("weather/extract")["Watermark"] == "2026-01-05"
    late = post(place, "rewind", **seen | {"value": "2026-01-02"})
    assert (late.status, late.fields(f"{PATH}/rewind")["value"]) == (409, "2026-01-02")
    assert place.row("weather/extract")["Watermark"] == "2026-01-05"


def test_what_is_kept_of_a_job_that_was_removed_has_a_page_on_which_nothing_can_be_done(place: World) -> None:
    """Scenario: "its runs and logs stay", said the page that removed it; and no door led to them."""
    run = f"{PATH}/runs/2026-11-22T10:00:00Z.1"
    gone = post(place, "remove", sure="weather/extract")
    assert f"Its runs and logs stay, at {PATH}." in gone.text
    page = get(client(place), PATH)
    assert page.status == 200
    assert "This job's row is gone" in page.text
    assert "the container exited with code 3" in page.text
    assert page.find("a", href=run)
    assert page.acts == {"/sign-out"}
    assert "remove" in page.one("section", aria_labelledby="audit").text
    assert get(client(place), run).find("a", href=PATH)
    assert [one.text for one in get(client(place), f"{PATH}?state=Failed").find("a", href=run)]
    part = get(client(place), PATH, **{"hx-request": "true", "hx-target": "runs"})
    assert part.find("section", id="runs")
    assert not part.find("div", id="stand")
    answer = client(place).get(f"/api{PATH}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no job weather/extract any more; its runs are kept."
    assert len(client(place).get(f"/api{PATH}/runs").json()["runs"]) == 3
    assert get(client(place), "/jobs/weather/nothing").status == 404


def test_a_job_that_never_ran_leaves_nothing_to_look_at() -> None:
    place = world("08:30")
    place.add("weather/extract", Schedule="0 * * * *", Image="x:1")
    assert "weather/extract is removed. " in post(place, "remove", sure="weather/extract").text
    page = get(client(place), PATH)
    assert (page.status, "There is no job weather/extract." in page.text) == (404, True)


def test_a_job_is_removed_only_when_its_name_was_typed(place: World) -> None:
    assert "Type weather/extract to remove it." in post(place, "remove").text
    assert "is removed" in post(place, "remove", sure="weather/extract").text
    assert ("weather", "extract") not in place.jobs.rows


# settings


def settings(place: World, **changed: str) -> dict[str, str]:
    """The form as the page has it, with some fields typed anew."""
    return get(client(place), PATH).fields(f"{PATH}/settings") | changed


def test_every_column_of_a_person_has_a_field_or_a_button() -> None:
    elsewhere = {"Enabled", "PausedReason", "PreviousImage", "Watermark", "Request"}  # a button, or a tool, writes them
    assert {*COLUMNS} | elsewhere == set(OWNED)
    assert len(COLUMNS) == len(set(COLUMNS))


def test_an_edit_writes_what_was_changed_and_nothing_else(place: World) -> None:
    before = dict(place.row("weather/extract"))
    page = post(place, "settings", **settings(place, Schedule="every 2 hours", Env="A=1\r\nB=3"))
    assert "Saved: Schedule, Env." in page.text
    after = dict(place.row("weather/extract"))
    assert {name for name in after if after[name] != before.get(name)} == {"Schedule", "Env"}
    assert (after["Schedule"], after["Env"]) == ("every 2 hours", "A=1\nB=3")
    assert "Nothing was changed." in post(place, "settings", **settings(place)).text


def test_a_fault_stands_beside_its_field_and_nothing_is_saved(place: World) -> None:
    page = post(place, "settings", **settings(place, Schedule="61 * * * *", Cpu="two", Owner="bob"))
    assert page.status == 422
    assert "Cpu is 'two'" in page.one("p", id="f-Cpu").text
    assert "61" in page.one("p", id="f-Schedule").text
    assert page.one("input", id="c-Cpu").attrs["aria-invalid"] == "true"
    assert page.one("input", id="c-Cpu").attrs["aria-describedby"] == "f-Cpu h-Cpu"
    assert page.fields(f"{PATH}/settings")["Owner"] == "bob"
    assert place.row("weather/extract")["Owner"] == "ann"
    mended = post(place, "settings", **page.fields(f"{PATH}/settings") | {"Schedule": "0 1 * * *", "Cpu": "2"})
    assert "Saved: Schedule, Cpu, Owner." in mended.text


def test_of_two_who_edit_the_same_field_the_second_sees_both_values_and_loses_nothing(place: World) -> None:
    mine = settings(place, Schedule="every 3 hours", Description="mine")
    theirs = settings(place, Schedule="every 4 hours", Owner="bob")
    post(place, "settings", **theirs)
    page = post(place, "settings", **mine)
    assert page.status == 409
    assert "The table now holds every 4 hours; you typed every 3 hours." in page.text
    again = page.fields(f"{PATH}/settings")
    assert (again["Schedule"], again["Description"], again["Owner"]) == ("every 3 hours", "mine", "bob")
    assert place.row("weather/extract")["Schedule"] == "every 4 hours"
    assert "Saved: Schedule, Description." in post(place, "settings", **again).text
    assert (place.row("weather/extract")["Schedule"], place.row("weather/extract")["Owner"]) == ("every 3 hours", "bob")


def test_a_run_that_ends_meanwhile_does_not_refuse_an_edit(place: World) -> None:
    typed = settings(place, Owner="bob")
    place.ticks("12:00", "12:01", "12:02")
    assert "Saved: Owner." in post(place, "settings", **typed).text


def test_the_check_tells_faults_and_the_next_five_due_times_and_saves_nothing(place: World) -> None:
    before = dict(place.row("weather/extract"))
    good = post(place, "check", **settings(place, Schedule="0 6 * * *", TimeZone="Europe/Berlin"))
    dues = [one.attrs["datetime"] for one in good.find("time") if "age" not in one.attrs.get("class", "")]
    assert dues == [f"2026-11-{day}T05:00:00Z" for day in (23, 24, 25, 26, 27)]
    wrong = post(place, "check", **settings(place, Schedule="often", Retries="many"))
    assert "'often'" in wrong.one("p", id="f-Schedule").text
    assert "'many'" in wrong.one("p", id="f-Retries").text
    assert wrong.one("p", id="f-Image").text.strip() == ""
    assert dict(place.row("weather/extract")) == before


def test_the_way_back_from_a_template_is_told_in_the_field(place: World) -> None:
    place.add("weather/_small", Image="x:1", Cpu="0.5", AlertTo="https://example.com/secret-hook")
    place.edit("weather/extract", Template="_small", Image="")
    page = get(client(place), PATH)
    assert page.one("input", id="c-Image").attrs["placeholder"] == "weather/_small: x:1"
    assert "secret-hook" not in page.source
    assert get(client(place), "/jobs/weather/_small").status == 200


def test_secrets_are_neither_shown_nor_lost_by_an_edit(place: World) -> None:
    spec = json.dumps(
        {"containers": [{"name": "job", "environmentVariables": [{"name": "P", "secureValue": "hunter2"}]}]}
    )
    place.edit("weather/extract", Spec=spec)
    page = get(client(place), PATH)
    assert "hunter2" not in page.source
    assert "***" in page.fields(f"{PATH}/settings")["Spec"]
    assert "hunter2" not in get(client(place, VIEWER), PATH).source
    post(place, "settings", **page.fields(f"{PATH}/settings") | {"Owner": "bob"})
    assert (place.row("weather/extract")["Spec"], place.row("weather/extract")["Owner"]) == (spec, "bob")


def test_a_new_job_is_checked_and_added(place: World) -> None:
    browser = client(place)
    fields = get(browser, "/jobs/new").fields("/jobs/new")
    wrong = Page(
        browser.post("/jobs/new", data=fields | {"PartitionKey": "sales", "RowKey": "a b", "Schedule": "0 5 * * *"})
    )
    assert (wrong.status, "a b" in wrong.one("p", id="f-RowKey").text) == (422, True)
    assert wrong.fields("/jobs/new")["Schedule"] == "0 5 * * *"
    typed = wrong.fields("/jobs/new") | {"RowKey": "load", "Image": "x:1"}
    assert browser.post("/jobs/new/check", data=typed).text.count('<li><time datetime="2026-11-2') == 5
    assert browser.post("/jobs/new", data=typed).headers["location"] == "/jobs/sales/load"
    assert place.row("sales/load") == {"Schedule": "0 5 * * *", "Image": "x:1"}
    other = Page(browser.post("/jobs/new", data=typed | {"Image": "y:1"}))
    assert (other.status, "is there already" in other.text) == (422, True)


def test_all_that_is_wrong_with_a_new_job_is_told_at_once(place: World) -> None:
    wrong = {"PartitionKey": "=cmd", "RowKey": "a/b", "Image": "=1+1 <b>", "Retries": "lots"}
    browser = client(place)
    page = Page(browser.post("/jobs/new", data=get(browser, "/jobs/new").fields("/jobs/new") | wrong))
    assert page.status == 422
    for column, typed in wrong.items():
        assert f"{column} is '{typed}'" in page.one("p", id=f"f-{column}").text
    assert not page.one("p", id="f-Schedule").text.strip()


def test_who_did_what_is_told(place: World) -> None:
    post(place, "pause", reason="<b>because</b>")
    acts = " ".join(get(client(place), PATH).one("section", aria_labelledby="audit").text.split())
    for said in ("operator key page", "pause", "<b>because</b>", "done"):
        assert said in acts, said


def test_older_runs_are_a_page_further(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.web.pages.job.RUNS", 2)
    browser = client(place)
    first = get(browser, PATH)
    older = next(one.attrs["href"] for one in first.find("a") if one.text == "Older runs")
    second = get(browser, older.partition("#")[0])
    assert second.find("a", href=f"{PATH}/runs/2026-11-22T09:00:00Z.1")
    assert not second.find("a", href=f"{PATH}/runs/2026-11-22T11:00:00Z.1")
    assert get(browser, f"{PATH}?after=nonsense").status == 400
    assert get(browser, f"{PATH}?state=nonsense").status == 400


def test_what_people_and_programs_wrote_stays_text(place: World) -> None:
    evil = "<img src=x onerror=alert(1)>\x1b[31m\u202e=cmd|' /C calc'!A0"
    place.edit(
        "weather/extract",
        Reason=evil,
        Description=evil,
        Owner=evil,
        Watermark=evil,
        Env="A=</textarea><script>1</script>",
    )
    source = client(place).get(PATH).text
    assert "<img" not in source
    assert "<script>1" not in source
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_a_job_that_has_never_run_and_one_that_is_wrong_are_shown(place: World) -> None:
    place.add("weather/new", Schedule="0 * * * *", Image="x:1")
    place.add("weather/wrong", Schedule="often", Cpu=b"binary", Recent=7, ActiveRuns="{", Watermark=5.5)
    place.clock.to(place.clock.now + timedelta(minutes=1))
    place.tick()
    assert "No run has ended yet." in get(client(place), "/jobs/weather/new").text
    assert "Schedule 'often': no kind of schedule" in get(client(place), "/jobs/weather/wrong").text
