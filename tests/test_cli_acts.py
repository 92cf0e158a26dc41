"""What a person asks of a job on the command line, typed against a real Azurite; the audit names who asked."""

import io
import json
from collections.abc import Iterator

import pytest

from scheduler import wiring
from scheduler.desk import audit
from scheduler.ports import ANY, Merge, Reply
from tests.servers import Azurite
from tests.typist import Typist, settings, terminal

pytestmark = pytest.mark.azurite

JOB = "weather/extract"
KEY = ("weather", "extract")


@pytest.fixture
def typist(azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        typed = Typist(capsys)
        assert typed.type("job", "add", JOB, "Image=x", "Schedule=@daily", "Timeout=5m") == 0, typed.err
        yield typed


def _nobody() -> str:
    raise OSError("no username set in the environment")


def cell(name: str) -> object:
    row = wiring.world().jobs.read(KEY)
    assert row
    return row.columns.get(name, "")


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (("run", JOB), "run"),
        (("run", JOB, "--due", "2026-11-01"), "run 2026-11-01"),
        (("run", JOB, "--watermark", "5"), "run watermark 5"),
        (("run", JOB, "--watermark", ""), 'run watermark ""'),
        (("retry", JOB), "retry"),
        (("cancel", JOB), "cancel"),
        (("backfill", JOB, "2026-01-01", "2026-02-01"), "run 2026-01-01..2026-02-01"),
        (("backfill", JOB, "2026-01-01", "2026-02-01", "--watermark", "5"), "run 2026-01-01..2026-02-01 watermark 5"),
    ],
)
def test_what_is_asked_stands_in_the_row_for_the_next_tick(
    typist: Typist, words: tuple[str, ...], request_: str
) -> None:
    assert typist.type("job", *words) == 0, typist.err
    assert typist.out == f"{JOB}: {request_} is asked; the next tick obeys it.\n"
    assert cell("Request") == request_
    assert typist.type("job", "run", JOB) == 1
    assert f"Request is '{request_[:20]}" in typist.err


def test_a_request_that_cannot_be_meant_is_refused(typist: Typist) -> None:
    assert typist.type("job", "run", JOB, "--due", "soon") == 2
    assert typist.err.startswith("--due is 'soon': it must be a time such as 2026-11-01")
    assert typist.type("job", "run", JOB, "--due", "2026-11-01..2026-11-05") == 2
    assert typist.err.startswith("--due is '2026-11-01..2026-11-05': ")
    assert typist.type("job", "run", JOB, "--watermark", "a\x07b") == 2
    assert typist.err.startswith("--watermark is 'a\\x07b': it must be printable text")
    assert typist.type("job", "backfill", JOB, "2026-02-01", "2026-01-01") == 2
    assert typist.err.startswith("BEFORE is '2026-01-01': it must be later than 2026-02-01")
    assert cell("Request") == ""


def test_a_reason_that_no_cell_can_hold_is_told_by_the_options_name(typist: Typist) -> None:
    assert typist.type("job", "pause", JOB, "--reason", "a\x1bb") == 2
    assert typist.err.startswith("--reason holds the character U+001B")


def test_a_pause_has_its_reason_and_an_end(typist: Typist) -> None:
    assert typist.type("job", "pause", JOB, "--reason", "on call") == 0
    assert (cell("Enabled"), cell("PausedReason")) == (False, "on call")
    assert typist.type("job", "resume", JOB) == 0
    assert (cell("Enabled"), cell("PausedReason")) == (True, "")


def test_a_second_pause_keeps_why_it_was_paused_and_a_reason_has_an_end(typist: Typist) -> None:
    assert typist.type("job", "pause", JOB, "--reason", "flood in the cellar") == 0
    assert typist.type("job", "pause", JOB) == 0
    assert (cell("Enabled"), cell("PausedReason")) == (False, "flood in the cellar")
    assert typist.type("job", "pause", JOB, "--reason", "x" * 501) == 2
    assert typist.err.startswith("--reason has 501 characters: at most 500 are allowed.")


def test_what_lies_ahead_in_every_zone_is_not_asked_for(typist: Typist) -> None:
    assert typist.type("job", "run", JOB, "--due", "2099-01-01T00:00Z") == 2
    assert typist.err.startswith("--due is '2099-01-01T00:00Z': it must not lie in the future")
    assert typist.type("job", "backfill", JOB, "2098-01-01", "2099-01-01") == 2
    assert typist.err.startswith("FIRST is '2098-01-01': it must not lie in the future")
    assert cell("Request") == ""


def test_a_list_says_how_often_a_job_failed_though_it_runs_again(typist: Typist) -> None:
    wiring.world().jobs.keep(("weather", "extract"), {"Status": "Running", "Failures": 3, "LastExitCode": 7})
    typist.type("jobs", "--status", "failing")
    assert "Running, failed 3 times: exit code 7" in typist.out


def test_a_rewind_sets_the_watermark(typist: Typist) -> None:
    shown = typist.json("job", "rewind", JOB, "2026-01-01")
    assert isinstance(shown, dict)
    assert shown["Watermark"] == cell("Watermark") == "2026-01-01"
    assert typist.type("job", "rewind", JOB, "") == 0
    assert typist.out == f"{JOB}: the next run begins at the beginning.\n"


def test_removing_asks_first(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert typist.type("job", "remove", JOB) == 2
    assert "--yes must be typed" in typist.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert typist.type("job", "remove", JOB) == 1
    assert "Remove weather/extract? [y/N]" in typist.err
    assert typist.type("job", "remove", JOB, "--yes") == 0
    assert wiring.world().jobs.read(KEY) is None


@pytest.mark.parametrize(
    "words",
    [("run",), ("cancel",), ("retry",), ("backfill", "2026-01-01", "2026-02-01"), ("pause",), ("resume",),
     ("rewind", "5"), ("remove", "--yes")],
)  # fmt: skip
def test_what_is_not_there_is_told_so(typist: Typist, words: tuple[str, ...]) -> None:
    act, *rest = words
    assert typist.type("job", act, "no/where", *rest) == 1
    assert "no/where is not there" in typist.err


def test_a_cell_is_emptied_by_nothing_behind_the_sign(typist: Typist) -> None:
    assert typist.type("job", "set", JOB, "Timeout=") == 0, typist.err
    assert cell("Timeout") == ""


def test_every_act_is_written_down_with_the_name_of_who_did_it(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    typist.type("job", "pause", JOB)
    monkeypatch.setattr("getpass.getuser", _nobody)
    monkeypatch.setattr("os.getuid", lambda: 10001)
    typist.type("job", "set", JOB, "Timeout=6m")
    found = {one.action: one for one in audit.entries(wiring.world(), KEY)[0]}
    assert (found["pause"].who, found["pause"].via, found["pause"].result) == ("alice", "cli", "done")
    assert (found["change"].who, found["change"].after) == ("user 10001", '{"Timeout": "6m"}')


# validate.


def test_cells_are_tried_without_being_saved(typist: Typist) -> None:
    assert typist.type("validate", JOB, "Schedule=0 6 * * 1-5", "TimeZone=Europe/Berlin") == 0, typist.err
    assert typist.out.splitlines()[-5:] == [f"2026-11-{day}T05:00:00Z" for day in (23, 24, 25, 26, 27)]
    assert cell("Schedule") == "@daily"
    assert typist.type("validate", JOB, "Cpu=lots", "Schedule=61 * * * *", "--json") == 2
    found = json.loads(typist.out)
    assert (found["Job"], found["Good"], sorted(found["Faults"])) == (JOB, False, ["Cpu", "Schedule"])
    assert typist.type("validate", "new/job") == 1
    assert typist.type("validate", "new/job", "Image=x") == 0


def test_all_jobs_are_looked_at(typist: Typist) -> None:
    assert typist.type("validate") == 0
    assert typist.out == "All 1 jobs are good.\n"
    typist.type("job", "add", "a/b", "Image=x", "Cpu=lots", "--force")
    assert typist.type("validate") == 1
    assert "a/b  Cpu is 'lots'" in typist.out
    assert typist.out.endswith("1 of 2 jobs are wrong.\n")


# jobs.


def test_jobs_are_filtered_by_group_status_and_word(typist: Typist) -> None:
    typist.type("job", "add", "sales/load", "Image=other", "Owner=Bob")
    wiring.world().jobs.keep(KEY, {"Status": "Failed"})

    def names(*words: str) -> list[object]:
        found = typist.json("jobs", *words)
        assert isinstance(found, list)
        return [one["RowKey"] for one in found]

    assert names("--group", "sales") == ["load"]
    assert names("--status", "failed,invalid") == ["extract"]
    assert names("--search", "bob") == ["load"]
    assert names("--search", "weather/") == ["extract"]
    assert typist.type("jobs", "--status", "broken") == 2
    assert "--status is 'broken': it must be one of Scheduled, Waiting" in typist.err


def test_a_group_that_there_is_not_is_told_with_those_that_there_are(typist: Typist) -> None:
    """Scenario: a letter is missing, and an empty list reads as if every job were gone."""
    typist.type("job", "add", "Sales/load", "Image=other")
    typist.type("job", "add", "tools/_python", "Image=x")
    assert typist.type("jobs", "--group", "nope") == 1
    assert (typist.out, typist.err) == ("", "No job is in the group 'nope': there are Sales, weather.\n")
    assert typist.type("jobs", "--group", "nope", "--json") == 1
    assert typist.out == ""
    assert typist.type("jobs", "--group", "Sales", "--status", "invalid") == 0
    assert typist.type("export", "--group", "weather", "--group", "nope") == 1
    assert (typist.out, typist.err) == ("", "No job is in the group 'nope': there are Sales, tools, weather.\n")
    assert typist.type("export", "--group", "tools") == 0


def test_where_there_is_no_job_no_group_is_named(typist: Typist) -> None:
    typist.type("job", "remove", "weather/extract", "--yes")
    assert typist.type("jobs", "--group", "nope") == 1
    assert typist.err == "No job is in the group 'nope': there is no job yet.\n"
    assert typist.type("jobs") == 0


def test_failing_are_also_those_that_run_again_after_failures(typist: Typist) -> None:
    typist.type("job", "add", "sales/load", "Image=other")
    wiring.world().jobs.keep(KEY, {"Status": "Running", "Failures": 2})
    found = typist.json("jobs", "--status", "failing,invalid")
    assert isinstance(found, list)
    assert [one["RowKey"] for one in found] == ["extract"]


# alerts.


def test_nobody_to_tell_is_a_sentence_and_what_a_webhook_says_is_the_exit_code(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typist.type("alerts", "test") == 2
    assert typist.err.startswith("Nobody is told: set ALERT_WEBHOOK")
    answers = iter([200, 404])
    posted: list[str] = []

    def post(to: str, body: bytes) -> Reply:
        posted.append(to)
        assert b"Nothing is wrong." in body
        return Reply(next(answers))

    monkeypatch.setattr(wiring.world().webhook, "post", post, raising=False)
    assert typist.type("job", "set", JOB, "AlertTo=https://hooks.example.com/secret") == 0, typist.err
    assert typist.type("alerts", "test", JOB) == 0, typist.err
    assert typist.out == "The message was taken by https://hooks.example.com/***: it answered 200.\n"
    assert posted == ["https://hooks.example.com/secret"]
    assert typist.type("alerts", "test", JOB, "--json") == 1
    assert json.loads(typist.out)["Said"] == "it answered 404"
    assert typist.type("alerts", "test", "no/where") == 1


def test_what_only_the_settings_of_the_app_know_is_held_against_nobody(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("job", "add", "a/b", "Image=x.azurecr.io/y", "Registry=x.azurecr.io")
    assert typist.type(*words) == 2, "settings that are the app's own"
    assert "ACI_PULL_IDENTITY" in typist.err
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    wiring.world.cache_clear()
    assert typist.type(*words) == 0, typist.err
    assert typist.type("validate", "a/b") == 0


def test_a_number_that_json_has_no_word_for_is_a_text_in_json(typist: Typist) -> None:
    wiring.world().jobs.submit([Merge(KEY, {"LastDuration": float("nan")}, ANY)])
    assert typist.type("jobs", "--json") == 0
    (told,) = json.loads(typist.out, parse_constant=pytest.fail)
    assert told["LastDuration"] == "nan"
