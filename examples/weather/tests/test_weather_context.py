"""A started group asks the scheduler for its run: what it sends, and what it makes of each answer."""

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
Serve = Callable[..., str]
Snapshot = Callable[[], dict[str, bytes]]
JOB = "weather/summarise"
ACTIVE = {
    "job": JOB,
    "run_id": "ct-weather-summarise-0123456789abcdef",
    "due": "2026-11-22T09:00:00Z",
    "attempt": 1,
    "watermark": "2012-01-03",
    "interval_start": None,
    "interval_end": None,
}


class Scheduler:
    """A scheduler that gives its answers in turn (the last one again and again) and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, object] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append((request.path, request.headers.get("x-functions-key")))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            return
        status, content = answer
        request.send_response(status)
        request.send_header("Location", "/elsewhere")
        request.end_headers()
        request.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that were made, none of which takes time."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.fixture
def five_days(run: Run) -> None:
    """Store 2012-01-01 to 2012-01-05."""
    run("extract", WEATHER_DAYS_PER_RUN="5")


def summarise(run: Run, address: str, **more: str) -> CompletedProcess[str]:
    """Summarise in a group that was provisioned with the address, the job and a key."""
    group = {"CRONTABLE_URL": address, "CRONTABLE_JOB": JOB, "CRONTABLE_KEY": "a-key", **more}
    return run("summarise", **group)


@pytest.mark.usefixtures("five_days")
def test_the_run_takes_its_watermark_from_the_scheduler_and_not_from_the_environment(run: Run, serve: Serve) -> None:
    scheduler = Scheduler((200, ACTIVE))
    ended = summarise(run, serve(scheduler) + "/", WATERMARK="2012-02-09")
    assert scheduler.asked == [("/api/context/weather/summarise", "a-key")]
    assert ended.stdout.splitlines()[0] == f"{ACTIVE['run_id']}: 2 days newer than 2012-01-03"
    assert ended.stdout.splitlines()[-1] == "::watermark::2012-01-05"


@pytest.mark.parametrize("watermark", [None, ""])
@pytest.mark.usefixtures("five_days")
def test_no_watermark_yet_is_a_first_run(run: Run, serve: Serve, watermark: str | None) -> None:
    ended = summarise(run, serve(Scheduler((200, {**ACTIVE, "watermark": watermark}))))
    assert "::metric rows::5" in ended.stdout


def test_without_a_key_none_is_sent(run: Run, serve: Serve) -> None:
    scheduler = Scheduler((200, ACTIVE))
    assert summarise(run, serve(scheduler), CRONTABLE_KEY="").returncode == 0
    assert scheduler.asked == [("/api/context/weather/summarise", None)]


def test_a_group_that_nobody_asked_to_run_touches_nothing(run: Run, serve: Serve, snapshot: Snapshot) -> None:
    ended = run(
        "summarise",
        CRONTABLE_URL=serve(Scheduler((404, {}))),
        CRONTABLE_JOB=JOB,
        WEATHER_STORE="no/such/folder",
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "no run is active: nothing to do\n"
    assert snapshot() == {}


def test_the_extractor_may_run_in_such_a_group_too(run: Run, serve: Serve) -> None:
    answer = {**ACTIVE, "job": "weather/extract"}
    ended = run("extract", CRONTABLE_URL=serve(Scheduler((200, answer))), CRONTABLE_JOB="weather/extract")
    assert ended.stdout.splitlines()[-1] == "::watermark::2012-02-02"


@pytest.mark.parametrize("first", [None, (503, {}), (429, {}), (500, {})])
@pytest.mark.usefixtures("five_days")
def test_a_scheduler_that_is_away_for_a_moment_is_asked_again(
    run: Run, serve: Serve, pauses: list[float], first: tuple[int, object] | None
) -> None:
    ended = summarise(run, serve(Scheduler(first, first, (200, ACTIVE))))
    assert ended.stdout.splitlines()[-1] == "::watermark::2012-01-05"
    assert [pause for pause in pauses if pause] == [1.0, 2.0]


@pytest.mark.parametrize(("answer", "why"), [(None, "closed connection without response"), ((503, {}), "HTTP 503")])
def test_a_scheduler_that_stays_away_is_given_up_after_five_tries(
    run: Run, serve: Serve, pauses: list[float], answer: tuple[int, object] | None, why: str
) -> None:
    scheduler = Scheduler(answer)
    ended = summarise(run, serve(scheduler))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "did not answer in 5 tries: " in ended.stderr
    assert why in ended.stderr
    assert len(scheduler.asked) == 5
    assert [pause for pause in pauses if pause] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.usefixtures("pauses")
def test_a_scheduler_that_is_not_there_is_given_up(run: Run, nobody: str) -> None:
    ended = summarise(run, nobody)
    assert ended.returncode == 1
    assert "Connection refused" in ended.stderr


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 410])
def test_another_answer_ends_the_run_at_once_and_is_not_followed(run: Run, serve: Serve, status: int) -> None:
    scheduler = Scheduler((status, {}))
    ended = summarise(run, serve(scheduler))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"answered HTTP {status}" in ended.stderr
    assert ("is CRONTABLE_KEY right?" in ended.stderr) == (status in {401, 403})
    assert "a-key" not in ended.stderr
    assert len(scheduler.asked) == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"<html>sign in</html>", "a JSON object with job 'weather/summarise' and a watermark is allowed"),
        (b"\xff", "a JSON object with job"),
        (b"[" * 60_000, "a JSON object with job"),
        ([], "a JSON object with job"),
        ({**ACTIVE, "job": "weather/extract"}, "a JSON object with job"),
        ({"job": JOB}, "a JSON object with job"),
        (
            {**ACTIVE, "watermark": "soon"},
            "The watermark in the scheduler's answer is 'soon': it is not a day",
        ),
        ({**ACTIVE, "watermark": 20120131}, "The watermark in the scheduler's answer is '20120131'"),
        ({**ACTIVE, "watermark": False}, "The watermark in the scheduler's answer is 'False'"),
    ],
)
def test_an_answer_that_makes_no_sense_is_quoted(run: Run, serve: Serve, answer: object, sentence: str) -> None:
    ended = summarise(run, serve(Scheduler((200, answer))))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert sentence in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CRONTABLE_JOB", "summarise", "CRONTABLE_JOB is 'summarise': PartitionKey/RowKey, such as"),
        ("CRONTABLE_JOB", "weather/../admin", "CRONTABLE_JOB is 'weather/../admin': PartitionKey/RowKey"),
        ("CRONTABLE_JOB", "", "Only CRONTABLE_URL is set: CRONTABLE_URL and CRONTABLE_JOB together"),
        ("CRONTABLE_URL", "", "Only CRONTABLE_JOB is set: CRONTABLE_URL and CRONTABLE_JOB together"),
        ("CRONTABLE_URL", "ftp://127.0.0.1", "CRONTABLE_URL is 'ftp://127.0.0.1': an address such as"),
        ("CRONTABLE_URL", "http://127.0.0.1:port", "CRONTABLE_URL is 'http://127.0.0.1:port': an address"),
        ("CRONTABLE_URL", "https://u:p@host?code=p", "CRONTABLE_URL is 'host': an address such as"),
        ("CRONTABLE_KEY", "one\ntwo", "CRONTABLE_KEY holds characters that a header cannot carry"),
        ("CRONTABLE_KEY", "schlüssel", "CRONTABLE_KEY holds characters that a header cannot carry"),
    ],
)
def test_a_wrong_variable_of_the_group_is_named(run: Run, name: str, value: str, sentence: str) -> None:
    ended = summarise(run, "http://127.0.0.1:1", **{name: value})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1
