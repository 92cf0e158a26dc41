"""The page of a run: its steps, its log, its attempts, what was asked of ACI, and its buttons."""

import asyncio
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from scheduler.desk import logs
from scheduler.desk.runline import of_row
from scheduler.web import site
from scheduler.web.assets import packed
from scheduler.web.pages import log
from scheduler.web.pages.log import MOST_HELD, PART
from tests import pages
from tests.world import World, key, minutes

DUE = "2026-11-22T09:00:00Z"
HOSTILE = "<script>alert(1)</script> <b>bold</b> =cmd|' /C calc'!A0 \x1b[31mred\x07 \u202eexe.txt &amp;\n"


def told(place: World, path: str, key_: str = pages.OPERATOR, **headers: str) -> pages.Page:
    return pages.get(pages.client(place, key_), path, **headers)


def run(name: str, attempt: int = 1, due: str = DUE) -> str:
    return f"/jobs/{name}/runs/{due}.{attempt}"


@pytest.fixture
def ended() -> World:
    """An hour of a job that moves its watermark."""
    place = pages.world("08:55")
    place.settings = replace(pages.settings(), price_vcpu_hour=1.0, price_gb_hour=1.0)
    place.restart()
    said = "reading\n::metric rows::1532\n::progress::100 done\n::watermark::monday\n"
    place.groups.behave("extract", duration=100, log=said)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract", Watermark="sunday", Env="CITY=Oslo")
    place.ticks(*minutes("08:56", "09:04"))
    return place


@pytest.fixture
def failed() -> World:
    """A job that failed twice."""
    place = pages.world("08:55")
    place.groups.behave("extract", duration=30, log="no route to host\n", exit_code=3)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract", Retries=1)
    place.ticks(*minutes("08:56", "09:06"))
    return place


@pytest.fixture
def going() -> World:
    """A job in the middle of its run, which prints a line every ten seconds."""
    place = pages.world("08:55")
    place.groups.behave("extract", duration=600, log=[(10.0 * n, f"line {n}\n") for n in range(60)])
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract")
    place.ticks(*minutes("08:56", "09:02"))
    return place


def test_it_tells_how_the_run_went(ended: World) -> None:
    page = told(ended, run("weather/extract"))
    assert page.status == 200
    assert page.find("title")[0].text.startswith("Succeeded: weather/extract")
    for said in ("Succeeded in 100 s.", "sunday", "monday", "1,532", "100 done", "1 min 40 s", "Exit code", "0.0"):
        assert said in page.text
    assert "sha256:" in page.text


def test_its_steps_have_times_and_what_each_took(ended: World) -> None:
    page = told(ended, run("weather/extract"))
    steps = [" ".join(step.text.split()) for step in page.find("li") if step.within[-1].tag == "ol"]
    by_name = {step.split(" 09:")[0]: step for step in steps}
    assert "09:00:00 at once" in by_name["Claimed"]
    assert "+1 min 40 s" in by_name["Ended"]
    assert "+10 s" in by_name["Started"]
    assert any(step.startswith("Image pulled not known") for step in steps)


def test_times_of_events_are_steps(ended: World) -> None:
    row = ended.runs("weather/extract")[0]
    events = (
        '[{"name":"Pulling","message":"pulling","firstTimestamp":"2026-11-22T09:00:03Z","count":2},'
        '{"name":"Pulled","message":"there","firstTimestamp":"2026-11-22T09:00:08Z"}]'
    )
    ended.runs_table.put(row.key, {**row.columns, "Events": events})
    page = told(ended, run("weather/extract"))
    assert "Group created 09:00:03 +3.0 s" in page.text
    assert "Image pulled 09:00:08 +5.0 s" in page.text
    assert "Pulling \N{MULTIPLICATION SIGN} 2" in page.text


@pytest.mark.parametrize("events", ["{", "[1, null]", '[{"firstTimestamp": 7}]', '{"a": 1}'])
def test_events_that_somebody_damaged_break_nothing(ended: World, events: str) -> None:
    row = ended.runs("weather/extract")[0]
    ended.runs_table.put(row.key, {**row.columns, "Events": events})
    assert told(ended, run("weather/extract")).status == 200


def test_the_attempts_of_a_due_time_stand_side_by_side(failed: World) -> None:
    page = told(failed, run("weather/extract", 2))
    assert "attempt 2 was the last" in page.text
    assert page.find("a", href=run("weather/extract", 1))
    assert "no route to host" in page.one("pre", id="log-text").text


def test_what_was_asked_of_aci_stands_there_without_secrets() -> None:
    place = pages.world("08:55")
    secret = "https://contoso.vault.azure.net/secrets/token"
    place.secrets.put(secret, "hunter2hunter2")
    credentials = '[{"server": "r.io", "username": "u", "password": "open-sesame"}]'
    spec = f'{{"properties": {{"imageRegistryCredentials": {credentials}}}}}'
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract", SecureEnv=f"TOKEN={secret}", Spec=spec)
    place.ticks(*minutes("08:56", "09:03"))
    place.edit("weather/extract", Image="another")
    page = told(place, run("weather/extract"))
    asked = page.one("pre", class_="spec").text
    assert '"image": "extract"' in asked
    assert secret in asked
    assert DUE in asked
    assert "hunter2" not in page.source
    assert "open-sesame" not in page.source


def test_an_operator_cancels_what_goes_and_retries_what_failed(going: World, failed: World) -> None:
    path = run("weather/extract")
    assert told(going, path).acts == {"/sign-out", f"{path}/cancel"}
    answer = pages.client(going).post(f"{path}/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert going.row("weather/extract")["Request"] == "cancel"

    path = run("weather/extract", 2)
    assert told(failed, path).acts == {"/sign-out", f"{path}/retry"}
    assert pages.client(failed).post(f"{path}/retry").status_code == 303
    assert failed.row("weather/extract")["Request"] == "retry"


def test_an_older_failure_is_run_again_by_its_due_time(failed: World) -> None:
    failed.tick("2026-11-23T09:00:00Z")
    for when in minutes("09:01", "09:06"):
        failed.tick(when.replace(day=23))
    pages.client(failed).post(f"{run('weather/extract', 2)}/retry")
    assert failed.row("weather/extract")["Request"] == f"run {DUE}"


def test_what_is_over_cannot_be_cancelled_and_what_succeeded_not_retried(ended: World) -> None:
    browser = pages.client(ended)
    path = run("weather/extract")
    assert pages.get(browser, path).acts == {"/sign-out"}
    for act, said in (("cancel", "It is over already: Succeeded."), ("retry", "There is nothing to try again")):
        assert browser.post(f"{path}/{act}").status_code == 303
        assert said in pages.get(browser, path).text
    assert ended.row("weather/extract").get("Request", "") == ""


def test_a_viewer_sees_no_button_and_another_site_gets_nothing(going: World) -> None:
    path = run("weather/extract")
    assert told(going, path, pages.VIEWER).acts == {"/sign-out"}
    assert pages.client(going, pages.VIEWER).post(f"{path}/cancel").status_code == 403
    assert pages.client(going).post(f"{path}/cancel", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert going.row("weather/extract").get("Request", "") == ""


def test_what_a_job_prints_is_text_and_nothing_else() -> None:
    place = pages.world("08:55")
    place.groups.behave("extract", duration=30, log=HOSTILE, exit_code=1)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract")
    place.ticks(*minutes("08:56", "09:02"))
    row = place.runs("weather/extract")[0]
    place.runs_table.put(row.key, {**row.columns, "Reason": HOSTILE, "Progress": HOSTILE, "WatermarkFrom": HOSTILE})
    page = told(place, run("weather/extract"))
    assert "<script>alert" not in page.source
    assert "<b>bold" not in page.source
    assert not any(letter in page.source for letter in "\x1b\x07\u202e")
    assert page.text.count("<b>bold</b>") >= 4


def test_a_run_that_goes_asks_for_its_log_and_for_itself(going: World) -> None:
    page = told(going, run("weather/extract"))
    assert page.one("section", id="log").attrs["hx-get"] == f"{run('weather/extract')}/log"
    assert page.one("div", id="now").attrs["hx-trigger"].startswith("every ")
    assert "Asking the container" in page.text


def test_the_log_follows_and_ends_with_the_run(going: World) -> None:
    browser, path = pages.client(going), f"{run('weather/extract')}/log"
    first = pages.get(browser, path)
    assert "line 0\n" in first.one("pre", id="log-text").text
    assert first.one("pre", id="log-text").attrs["role"] == "log"
    more = first.one("span", id="log-more").attrs["hx-get"]
    assert browser.get(more).status_code == 204

    going.tick("09:04")
    answer = browser.get(more)
    assert answer.text.startswith("line ")
    assert "line 0\n" not in answer.text
    assert 'id="log-more"' in answer.text

    going.ticks(*minutes("09:05", "09:13"))
    last = browser.get(more)
    assert "line 59" in last.text
    assert 'id="log-more"' not in last.text
    assert last.headers["hx-trigger"] == "run-over"
    now = pages.get(browser, run("weather/extract"), **{"hx-request": "true", "hx-target": "now"})
    assert "hx-trigger" not in now.one("div", id="now").attrs
    assert now.one("div", id="rest").attrs["hx-swap-oob"] == "true"


def test_a_log_that_grew_too_long_for_a_page_begins_anew_at_its_end(going: World) -> None:
    answer = pages.client(going).get(f"{run('weather/extract')}/log?from=0&held={MOST_HELD + 1}")
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#log", "outerHTML")


def test_of_a_log_of_50_mb_only_parts_are_read(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(ended.runs("weather/extract")[0].columns["Log"])
    line = b"a line of just so many characters as it takes, 64 in all ......\n"
    ended.logs.write(name, line * (50 * 1024 * 1024 // len(line)))
    read = list[int]()
    whole = ended.logs.read

    def counted(asked: str, start: int, length: int) -> object:
        found = whole(asked, start, length)
        read.append(len(found.data))
        return found

    monkeypatch.setattr(ended.logs, "read", counted)
    page = told(ended, run("weather/extract"))
    assert sum(read) <= PART
    assert len(page.source) < 2 * PART
    parts = {link.text: link.attrs["href"] for link in page.find("a") if "?at=" in link.attrs.get("href", "")}
    assert set(parts) == {"First", "Previous"}
    first = told(ended, parts["First"].partition("#")[0])
    assert {link.text for link in first.find("a") if "?at=" in link.attrs.get("href", "")} == {"Next", "Last"}
    assert sum(read) <= 2 * PART
    assert "52.4 MB" in told(ended, parts["Previous"].partition("#")[0]).text or "50.0 MiB" in first.text


def test_the_log_is_had_as_text(ended: World) -> None:
    answer = pages.client(ended).get(f"{run('weather/extract')}/log.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.text.endswith("::watermark::monday\n")


@pytest.mark.parametrize("query", ["at=x", "at=1e9", "at=99999999999999999999", "from=-", "held=٣&from=1"])
def test_an_offset_that_is_none_gets_a_sentence(ended: World, query: str) -> None:
    page = told(ended, f"{run('weather/extract')}/log?{query}")
    assert page.status == 400
    assert "must be a whole number of bytes" in page.text


def test_a_log_that_is_too_long_for_one_answer_is_had_in_pieces(ended: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LARGEST", 300_000)
    name = str(ended.runs("weather/extract")[0].columns["Log"])
    kept = b"".join(b"line %07d of it\n" % number for number in range(40_000))
    ended.logs.write(name, kept)
    browser, path = pages.client(ended), f"{run('weather/extract')}/log.txt"
    page = pages.get(browser, path)
    assert "logs weather/extract 2026-11-22T09:00:00Z.1 >" in page.one("pre").text
    pieces = [link.attrs["href"] for link in page.find("a") if "?from=" in link.attrs.get("href", "")]
    answers = [browser.get(piece) for piece in pieces]
    assert [len(answer.content) for answer in answers] == [300_000, 300_000, len(kept) - 600_000]
    assert b"".join(answer.content for answer in answers) == kept
    assert "-002.log" in answers[1].headers["content-disposition"]
    assert browser.get(f"{path}?from=99999999").content == b""


def test_an_answer_is_packed_in_the_thread_that_made_it_and_not_where_all_others_wait(
    ended: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[bool]()

    def packing(answer: Response, request: Request) -> Response:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            seen.append(True)
        else:
            seen.append(False)
        return packed(answer, request)

    monkeypatch.setattr(site, "packed", packing)
    assert pages.client(ended).get(f"{run('weather/extract')}/log.txt").status_code == 200
    assert seen[-1]


def test_a_run_whose_container_is_over_says_that_it_waits_for_the_tick(going: World) -> None:
    going.clock.to("09:10:30")
    page = told(going, run("weather/extract"))
    assert "ended, waits for the tick" in page.text
    assert "Its container ended" in page.text
    assert "Going for" not in page.text
    assert "Duration 10 min" in page.text
    going.tick("09:11")
    going.tick("09:12")
    assert "waits for the tick" not in told(going, run("weather/extract")).text


def test_a_run_whose_log_is_awaited_says_since_when_ticks_try_and_so_does_every_list() -> None:
    place = pages.world("08:55")
    place.groups.behave("extract", duration=30, exit_code=127)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract")
    place.groups.fail("log", times=99)
    place.ticks(*minutes("08:59", "09:02"))
    said = "Its container ended, and its log cannot be read yet: each tick tries again, since 2026-11-22T09:01:00Z."
    page = told(place, run("weather/extract"))
    assert said in page.text
    assert "ended, its log is awaited" in page.text
    assert "The next tick" not in page.text
    assert said in told(place, "/jobs/weather/extract").text
    (listed,) = pages.client(place).get("/api/jobs/weather/extract/runs").json()["runs"]
    assert listed["reason"] == said
    place.ticks("09:03", "09:04")
    assert said not in told(place, run("weather/extract")).text


def test_many_who_look_at_a_run_ask_aci_once_in_a_few_seconds(going: World) -> None:
    browser = pages.client(going)
    htmx = {"hx-request": "true", "hx-target": "now"}

    def gets() -> int:
        return len(going.journal.matching("groups.get*"))

    going.clock.passes(60)
    before = gets()
    for _ in range(30):
        browser.get(run("weather/extract"), headers=htmx)
    assert gets() == before + 1
    going.clock.passes(6)
    browser.get(run("weather/extract"), headers=htmx)
    assert gets() == before + 2


def test_an_offset_behind_the_end_shows_the_end(ended: World) -> None:
    assert "::watermark::monday" in told(ended, f"{run('weather/extract')}?at=999999").text


def test_a_log_that_cannot_be_read_says_so(ended: World) -> None:
    ended.logs.order("drop-before", "read")
    page = told(ended, run("weather/extract"))
    assert page.status == 200
    assert "connection was closed" in page.text


def test_a_run_without_a_log_says_why(ended: World) -> None:
    row = ended.runs("weather/extract")[0]
    ended.runs_table.put(row.key, {**row.columns, "Log": ""})
    assert "No log was kept" in told(ended, run("weather/extract")).text


def test_an_attempt_that_waits_has_a_page() -> None:
    place = pages.world("08:55")
    place.groups.behave("extract", duration=5, exit_code=1)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract", Retries=1, RetryDelay="10m")
    place.ticks(*minutes("08:56", "09:02"))
    page = told(place, run("weather/extract", 2))
    assert page.status == 200
    assert "This attempt waits" in page.text
    assert "It has not begun." in page.text


def test_a_skip_shows_its_range_and_its_reason() -> None:
    place = pages.world("08:55")
    place.add("weather/extract", Schedule="*/10 * * * *", Image="extract", CatchUp="latest")
    place.ticks("08:56", "09:00", "10:25")
    skip = next(row for row in place.runs("weather/extract") if row.columns["State"] == "Skipped")
    page = told(place, f"/jobs/weather/extract/runs/{of_row(skip).ref}")
    assert page.status == 200
    assert str(skip.columns["Reason"]) in page.text
    assert "Due times that were let pass" in page.text
    assert page.acts == {"/sign-out"}


def test_a_run_whose_job_was_removed_stays(ended: World) -> None:
    ended.remove("weather/extract")
    page = told(ended, run("weather/extract"))
    assert page.status == 200
    assert "Succeeded in 100 s." in page.text
    assert page.acts == {"/sign-out"}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/jobs/weather/extract/runs/nonsense", 400, "it must be a due time and an attempt"),
        ("/jobs/weather/extract/runs/2026-11-22T09:00:00Z.7", 404, "weather/extract"),
        ("/jobs/weather/none/runs/2026-11-22T09:00:00Z.1", 404, "weather/none"),
        ("/jobs/weather/%3Cscript%3E/runs/%3Cb%3E", 400, "it must be a due time and an attempt"),
    ],
)
def test_a_run_that_is_none_gets_a_sentence(ended: World, path: str, status: int, said: str) -> None:
    page = told(ended, path)
    assert page.status == status
    assert said in page.text
    assert "<script>alert" not in page.source


def test_tables_that_are_away_make_a_page_that_says_so(ended: World) -> None:
    def away() -> None:
        raise OSError("the table is away")

    browser = pages.client(ended)
    ended.journal.before("runs.read*", away)
    page = pages.get(browser, run("weather/extract"))
    assert page.status == 503
    assert "did not answer" in page.text
    assert "the table is away" not in page.text


def test_a_look_at_a_run_costs_little(ended: World) -> None:
    browser = pages.client(ended)
    assert ended.spent(lambda: browser.get(run("weather/extract"))) <= 5
    assert key("weather/extract") in ended.jobs.rows
    assert logs.MOST > PART
