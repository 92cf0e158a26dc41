"""python -m scheduler, typed against a real Azurite and a real emulator."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from scheduler import wiring
from scheduler.facts.ticks import Ticked
from scheduler.ports import ANY, Merge
from tests.servers import ROOT, Azurite
from tests.typist import NOW, Typist, settings, terminal

JOB = "weather/extract"
HELLO = {"hello": {"command": ["python", "-c", "print('::watermark::monday')"]}}


@pytest.fixture
def typist(
    azurite: Azurite,
    emulators: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, emulators(HELLO))):
        yield Typist(capsys)


def test_a_row_is_added_edited_shown_and_listed(typist: Typist) -> None:
    assert typist.type("job", "add", JOB, "Schedule=every 1 minute", "Image=hello") == 0
    assert typist.type("job", "set", JOB, "Schedule=every 5 minutes") == 0
    shown = typist.json("job", "show", JOB)
    assert isinstance(shown, dict)
    assert (shown["PartitionKey"], shown["RowKey"], shown["Schedule"]) == ("weather", "extract", "every 5 minutes")
    assert typist.json("jobs") == [shown]
    assert typist.type("jobs") == 0
    assert typist.out.splitlines()[0].split() == ["JOB", "STATUS", "NEXT", "RUN", "USUALLY", "WATERMARK", "REASON"]


def test_the_next_tick_obeys_an_edit_and_answers_in_the_row(typist: Typist) -> None:
    typist.type("job", "add", JOB, "Schedule=@daily", "Image=hello")
    typist.type("tick")
    typist.type("job", "set", JOB, "Schedule=every 5 minutes")
    assert typist.json("tick", "--now", "2026-11-22T09:01:00Z")
    row = typist.json("job", "show", JOB)
    assert isinstance(row, dict)
    assert row["Status"] == "Scheduled"
    assert row["Reason"] == f"Next run {row['NextRun']}."


def ticks_until(typist: Typist, times: Iterator[str], state: str) -> dict[str, object]:
    """Tick through the times until the newest run has this state: the container ends when it ends."""
    for now in times:
        assert typist.type("tick", "--now", now) == 0, typist.err
        runs = typist.json("runs", JOB)
        assert isinstance(runs, list)
        if runs and runs[0]["State"] == state:
            run: dict[str, object] = runs[0]
            return run
    pytest.fail(f"no run became {state}: {typist.out}")


def test_ticks_run_a_job_to_its_end(typist: Typist) -> None:
    typist.type("job", "add", JOB, "Image=hello", "Request=run", "Timeout=30d")
    seconds = (f"2026-11-23T09:{second // 60:02}:{second % 60:02}Z" for second in range(3000))
    run = ticks_until(typist, seconds, "Succeeded")
    assert (run["WatermarkTo"], run["ExitCode"], run["Trigger"]) == ("monday", 0, "request")
    assert typist.type("runs", JOB) == 0
    assert "1 of 1 runs succeeded" in typist.out


def test_next_prints_instants_with_their_offset(typist: Typist) -> None:
    asked = ("next", "0 2 * * 1-5", "--zone", "Europe/Berlin", "--from", "2026-03-26T00:00:00+01:00", "--count", "3")
    assert typist.type(*asked) == 0
    assert typist.out.splitlines() == [
        "2026-03-26T02:00:00+01:00",
        "2026-03-27T02:00:00+01:00",
        "2026-03-30T02:00:00+02:00",
    ]


def test_next_stops_where_the_schedule_does(typist: Typist) -> None:
    assert typist.type("next", "at 2026-12-24T18:00") == 0
    assert typist.out == "2026-12-24T18:00:00+00:00\n"
    assert typist.err == ""


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("manual", "'manual' has no due times: it runs only when somebody types `run` into the cell Request."),
        ("", "'' has no due times: it runs only when somebody types `run` into the cell Request."),
        ("after a, b/c", "'after a, b/c' has no due times of its own: it runs when a and b/c succeeded"),
        ("at 2020-01-01T00:00", "'at 2020-01-01T00:00' has no due time after 2026-11-22T09:00:00Z."),
    ],
)
def test_next_says_why_there_is_no_due_time(typist: Typist, schedule: str, why: str) -> None:
    assert typist.json("next", schedule) == []
    assert why in typist.err
    assert typist.type("next", schedule) == 0
    assert (typist.out, why in typist.err) == ("", True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("next", "61 * * * *"), "'61'"),
        (("next", "@daily", "--zone", "Mars/Olympus"), "Mars/Olympus"),
        (("next", "@daily", "--from", "soon"), "--from is 'soon'"),
        (("next", "@daily", "--count", "0"), "--count is 0: it must be a number from 1 to 1000."),
        (("job", "add", "weather", "Image=x"), "JOB is 'weather': it must be PartitionKey/RowKey"),
        (("job", "set", JOB, "Schedul=@daily"), "did you mean Schedule?"),
        (("job", "set", JOB, "NextRun=now"), "NextRun is the scheduler's own column"),
        (("job", "set", JOB, "Schedule"), "'Schedule' is not COLUMN=VALUE."),
        (("tick", "--now", "later"), "--now is 'later'"),
        (("job", "add", JOB, "Env=" + "x" * 40_000), "Env has 40,000 characters: at most 32,000 are allowed."),
    ],
)
def test_what_is_typed_wrong_is_told_in_a_sentence(typist: Typist, words: tuple[str, ...], sentence: str) -> None:
    assert typist.type(*words) == 2
    assert sentence in typist.err
    assert "Traceback" not in typist.err
    assert typist.out == ""


@pytest.mark.parametrize(
    "words", [("job", "show", "no/where"), ("job", "set", "no/where", "Image=x"), ("runs", "no/where")]
)
def test_what_is_not_there_is_told_so(typist: Typist, words: tuple[str, ...]) -> None:
    assert typist.type(*words) == 1
    assert "no/where is not there" in typist.err


def test_adding_twice_changes_nothing(typist: Typist) -> None:
    typist.type("job", "add", JOB, "Image=hello")
    assert typist.type("job", "add", JOB, "Image=other") == 1
    assert "is there already" in typist.err
    shown = typist.json("job", "show", JOB)
    assert isinstance(shown, dict)
    assert shown["Image"] == "hello"


def test_wrong_cells_are_refused_with_all_their_faults_unless_they_are_forced(typist: Typist) -> None:
    wrong = ("job", "add", JOB, "Image=hello", "Cpu=lots", "Schedule=61 * * * *")
    assert typist.type(*wrong) == 2
    assert "Cpu is 'lots'" in typist.err
    assert "'61'" in typist.err
    assert typist.type("job", "show", JOB) == 1
    assert typist.type(*wrong, "--force") == 0
    assert f"{JOB} will be Invalid: Cpu is 'lots'" in typist.err
    assert typist.type("job", "set", JOB, "MemoryGb=none") == 2
    assert typist.err == "MemoryGb is 'none': it must be a number from 0.1 to 240.\n"
    assert typist.type("job", "set", JOB, "Cpu=2") == 0, "one fault of two is mended, and no other made"


def test_missing_settings_are_named(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACI_LOCATION")
    assert typist.type("tick") == 2
    assert "ACI_LOCATION is not set" in typist.err


def test_tables_out_of_reach_are_a_sentence(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(now: datetime) -> Ticked:
        raise ConnectionError(f"nobody listens\nat {now}")

    monkeypatch.setattr(wiring, "run_tick", fails)
    assert typist.type("tick") == 1
    assert typist.err == "ConnectionError: nobody listens\n"


def test_a_command_loads_no_sdk_that_it_does_not_need() -> None:
    heavy = ("azure", "fastapi", "rich", "dulwich")
    asked = (
        "import sys; from datetime import UTC, datetime; from scheduler.cli import main;"
        "main(['next', '@daily'], datetime(2026, 11, 22, tzinfo=UTC));"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]", ended.stdout


def test_a_new_job_is_a_folder_and_what_is_there_is_left_alone(typist: Typist, tmp_path: Path) -> None:
    made = typist.json("new-job", "sales", "--folder", str(tmp_path))
    assert isinstance(made, list)
    assert str(tmp_path / "sales" / "Dockerfile") in made
    assert all(Path(file).is_file() for file in made)
    assert typist.type("new-job", "sales", "--folder", str(tmp_path)) == 1
    assert str(tmp_path / "sales") in typist.err
    assert typist.type("new-job", "no/name", "--folder", str(tmp_path)) == 2
    assert "no/name" in typist.err
    assert typist.type("new-job", "other", "--folder", "") == 2
    assert typist.err == "--folder is '': name a folder that is there; . is the one you stand in.\n"
    assert typist.type("new-job", "other", "--folder", str(tmp_path / "nowhere")) == 1
    assert "nowhere" in typist.err
    assert "Error" not in typist.err, "a sentence, and not what Python calls it"
    assert [one.name for one in tmp_path.iterdir()] == ["sales"]


def test_every_fault_is_told_at_once_when_a_row_is_checked_or_added(typist: Typist) -> None:
    for words in (("validate", "weather/odd"), ("job", "add", "weather/odd")):
        cells = ("Image=x", "Schedule=foo", "TimeZone=Mars", "Retries=99", "Imgae=y", "NextRun=1")
        assert typist.type(*words, *cells) == 2
        for told in ("Schedule 'foo'", "TimeZone 'Mars'", "Retries is '99'", "did you mean Image?", "NextRun is the"):
            assert typist.err.count(told) == 1, (words, told, typist.err)


def test_what_runs_on_request_only_is_validated_in_one_line(typist: Typist) -> None:
    assert typist.type("validate", "new/one", "Image=x") == 0
    assert typist.out == "Runs on request only.\n"


def test_whoever_types_a_command_wrong_is_sent_to_its_own_help(typist: Typist) -> None:
    assert typist.type("job", "rewind") == 2
    assert typist.err.endswith(" See: python -m scheduler job rewind --help\n")
    assert typist.type("nonsense") == 2
    assert typist.err.endswith(" See: python -m scheduler --help\n")


@pytest.mark.parametrize("words", [(), ("job",), ("tables",)])
def test_no_sentence_of_a_list_of_commands_is_cut(typist: Typist, words: tuple[str, ...]) -> None:
    assert typist.type(*words, "--help") == 0
    assert "..." not in typist.out.partition("Commands:")[2]


def test_a_pause_shows_in_the_list_before_any_tick(typist: Typist) -> None:
    typist.type("job", "add", "weather/calm", "Image=x", "Schedule=@daily")
    wiring.world().jobs.submit([Merge(("weather", "calm"), {"Status": "Scheduled", "NextRun": NOW}, ANY)])
    typist.type("job", "pause", "weather/calm", "--reason", "on call")
    typist.type("jobs", "--status", "paused")
    assert typist.out.splitlines()[1].split()[:3] == ["weather/calm", "Paused", "-"]
    assert typist.out.splitlines()[1].endswith("Paused: on call.")
    typist.type("job", "show", "weather/calm")
    assert "Status           Paused\n" in typist.out


def test_storage_that_is_out_of_reach_is_told_in_sentences_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = "".join(f"{kind}Endpoint=http://127.0.0.1:1/a;" for kind in ("Blob", "Queue", "Table"))
    with terminal(monkeypatch, {"AzureWebJobsStorage": f"AccountName=a;AccountKey=YWJj;{where}"}):
        typist = Typist(capsys)
        assert typist.type("job", "show", "a/b") == 1
    first, second = typist.err.splitlines()
    assert first.startswith("127.0.0.1:1 cannot be reached (connection refused). ")
    assert second == (
        "A `make run` on ports of its own prints a line that begins with `export`: type that in this terminal first."
    )
