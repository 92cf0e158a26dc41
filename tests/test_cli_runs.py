"""runs, run show, logs, watermarks and health, typed against a real Azurite with runs that were put there."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from scheduler import wiring
from scheduler.commands import logs
from scheduler.desk import logs as desk
from scheduler.desk.logs import MOST, LogPart
from scheduler.entry import write_entries
from scheduler.identity import group_name, run_key, run_ref
from scheduler.ports import ANY, Insert, Merge
from scheduler.row import HEARTBEAT, Value
from scheduler.run import Run
from tests.servers import Azurite, fresh
from tests.typist import NOW, Typist, settings, terminal

pytestmark = pytest.mark.azurite

JOB = "weather/extract"
KEY = ("weather", "extract")


@pytest.fixture
def typist(azurite: Azurite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typist]:
    with terminal(monkeypatch, settings(azurite, "http://127.0.0.1:1")):
        typed = Typist(capsys)
        assert typed.type("job", "add", JOB, "Image=x", "Schedule=@daily", "Watermark=3") == 0, typed.err
        yield typed


def due(days: int) -> datetime:
    return NOW.replace(hour=0) - timedelta(days=days)


def ran(days: int, attempt: int = 1, **cells: Value) -> str:
    """Put a closed run of so many days ago into Runs; gives its name."""
    told: dict[str, Value] = {
        "State": "Succeeded", "Trigger": "schedule", "Due": due(days), "Attempt": attempt, "Duration": 90.0,
        "Started": due(days), "Finished": due(days) + timedelta(seconds=90), "ExitCode": 0, "Reason": "It went well.",
        "WatermarkFrom": str(9 - days), "WatermarkTo": str(10 - days),
    }  # fmt: skip
    wiring.world().runs.submit([Insert(run_key(KEY, due(days), attempt), told | cells)])
    return f"2026-11-{22 - days}T00:00:00Z.{attempt}"


def logged(days: int, text: str) -> str:
    """Put a run with such a log into Runs; gives its name."""
    name = f"{fresh('log')}.log"
    data = text.encode()
    for part, at in enumerate(range(0, max(len(data), 1), 4_000_000)):
        wiring.world().logs.write(name, data[at : at + 4_000_000], part)
    return ran(days, Log=name)


# runs and run show.


def test_runs_are_listed_by_the_names_that_other_commands_take(typist: Typist) -> None:
    ran(2)
    newest = ran(1, State="Failed", Reason="It ended with exit code 3.", ExitCode=3)
    assert typist.type("runs", JOB) == 0
    head, first, second, told = typist.out.splitlines()
    assert head.split() == ["RUN", "STATE", "SECONDS", "FROM", "TO", "REASON"]
    assert first.split()[:5] == [newest, "Failed", "90.0", "8", "9"]
    assert second.endswith("It went well.")
    assert told == "of these 2: 1 of 2 runs succeeded, half of those within 1 min 30 s; 0 skips"
    rows = typist.json("runs", JOB, "--state", "failed")
    assert isinstance(rows, list)
    assert [(row["Run"], row["State"], row["ExitCode"]) for row in rows] == [(newest, "Failed", 3)]


def test_of_one_due_time_the_newest_attempt_comes_first_as_on_the_pages(typist: Typist) -> None:
    first, again, newest = (
        ran(2, State="Failed", Started=due(2)),
        ran(2, 2, Started=due(2) + timedelta(hours=1)),
        ran(1),
    )
    assert typist.type("runs", JOB) == 0
    assert [line.split()[0] for line in typist.out.splitlines()[1:-1]] == [newest, again, first]


def test_more_runs_than_a_page_holds_are_read_page_by_page(typist: Typist) -> None:
    for first in range(0, 260, 100):
        rows = [
            Insert(run_key(KEY, NOW - timedelta(hours=n), 1), {"State": "Succeeded", "Due": NOW - timedelta(hours=n)})
            for n in range(first, min(first + 100, 260))
        ]
        wiring.world().runs.submit(rows)
    assert len(json.loads(json.dumps(typist.json("runs", JOB, "--limit", "250")))) == 250
    assert len(json.loads(json.dumps(typist.json("runs", JOB)))) == 50


def test_skips_that_stand_for_several_due_times_say_from_when_to_when(typist: Typist) -> None:
    ref = ran(3, State="Skipped", From=due(3), Due=due(1), Reason="It was paused.")
    typist.type("runs", JOB)
    assert "2026-11-19T00:00:00Z to 2026-11-21T00:00:00Z  Skipped" in typist.out
    typist.type("run", "show", JOB, ref)
    assert "Due              2026-11-19T00:00:00Z to 2026-11-21T00:00:00Z" in typist.out


def test_a_backfills_run_that_goes_comes_first_and_is_the_run_that_is_meant(typist: Typist) -> None:
    (newest, *_), claimed = [ran(days) for days in (1, 2, 3)], NOW - timedelta(minutes=1)
    name = group_name("x", KEY, due(400), 1)
    run = Run(KEY, due(400), 1, "", name, name, "backfill", claimed, claimed, timedelta(hours=1), timedelta(hours=1))
    entries = write_entries([run])
    wiring.world().jobs.submit([Merge(KEY, {"Active": True, "ActiveRuns": entries}, ANY)])
    assert typist.type("runs", JOB, "--limit", "2") == 0, typist.err
    going, first = [line.split()[0] for line in typist.out.splitlines()[1:3]]
    assert (going, first) == (run_ref(due(400), 1), newest)
    assert typist.type("run", "show", JOB) == 0, typist.err
    assert typist.out.splitlines()[0].split() == ["Run", going]
    assert typist.type("logs", JOB) == 0, typist.err
    assert going in str(typist.json("run", "show", JOB))
    assert typist.type("runs", JOB, "--state", "succeeded") == 0
    assert going not in typist.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("runs", JOB, "--limit", "0"), "--limit is 0: it must be a number from 1 to 100000."),
        (("runs", JOB, "--limit", "many"), "--limit is many: it must be a number"),
        (("runs", JOB, "--state", "odd"), "--state is 'odd': it must be one of"),
        (("run", "show", JOB, "yesterday"), "it must be a due time and an attempt, such as 2026-11-22T09:00:00Z.1."),
        (("logs", JOB, "--tail", "-1"), "--tail is -1: it must be a number from 0"),
        (("watermarks", JOB, "--limit", "0"), "--limit is 0: it must be a number from 1 to 1000."),
    ],
)
def test_what_is_typed_wrong_is_told_in_a_sentence(typist: Typist, words: tuple[str, ...], sentence: str) -> None:
    assert typist.type(*words) == 2
    assert sentence in typist.err


def test_a_run_is_shown_whole_the_newest_when_none_is_named(typist: Typist) -> None:
    older = ran(2)
    events = [{"name": "Pulled", "message": "the image", "lastTimestamp": "2026-11-21T00:00:01Z"}]
    ran(1, Events=json.dumps(events), Metrics='{"rows": 1532}', Cause="", Cost=0.25)
    assert typist.type("run", "show", JOB) == 0
    lines = {line.split()[0]: line for line in typist.out.splitlines() if line}
    assert lines["Watermark"].split(None, 1)[1] == "8 -> 9"
    assert lines["::rows"].split()[1] == "1532"
    assert lines["2026-11-21T00:00:01Z"].split(None, 2)[1:] == ["Pulled", "the image"]
    shown = typist.json("run", "show", JOB)
    assert isinstance(shown, dict)
    assert (shown["Events"], shown["Metrics"]) == (events, {"rows": 1532.0})
    shown = typist.json("run", "show", JOB, older)
    assert isinstance(shown, dict)
    assert shown["Run"] == older
    assert typist.type("run", "show", JOB, "2026-01-01T00:00:00Z.1") == 1
    assert "has no run 2026-01-01T00:00:00Z.1" in typist.err


@pytest.mark.parametrize("words", [("run", "show", JOB), ("logs", JOB)])
def test_a_job_that_never_ran_says_so(typist: Typist, words: tuple[str, ...]) -> None:
    assert typist.type(*words) == 1
    assert typist.err == f"{JOB} has no run yet.\n"
    assert typist.type(*words[:-1], "no/where") == 1
    assert "no/where is not there" in typist.err


@pytest.mark.parametrize("words", [("runs", JOB), ("run", "show", JOB), ("logs", JOB), ("history", JOB)])
def test_what_is_kept_of_a_job_that_was_removed_is_shown_all_the_same(typist: Typist, words: tuple[str, ...]) -> None:
    name = logged(1, "the last words\n")
    assert typist.type("job", "remove", JOB, "--yes") == 0
    door = f"`python -m scheduler runs {JOB}` lists"
    assert typist.out == f"{JOB} is removed; its runs and logs stay: {door} them.\n"
    assert typist.type(*words) == 0, typist.err
    said = {"logs": "the last words", "history": "100 %"}
    assert said.get(words[0], name) in typist.out
    assert typist.type("job", "show", JOB) == 1
    assert typist.err == f"{JOB} is not there any more; {door} its runs.\n"


def test_a_job_that_is_removed_and_never_ran_leaves_nothing(typist: Typist) -> None:
    assert typist.type("job", "remove", JOB, "--yes") == 0
    assert typist.out == f"{JOB} is removed.\n"
    assert typist.type("runs", JOB) == 1
    assert f"{JOB} is not there; `python -m scheduler jobs`" in typist.err


# logs.


def test_a_log_is_printed_whole_or_its_last_lines(typist: Typist) -> None:
    older, newest = logged(2, "old\n"), logged(1, "one\ntwo\nthree")
    assert typist.type("logs", JOB) == 0
    assert typist.out == "one\ntwo\nthree\n"
    assert typist.type("logs", JOB, older) == 0
    assert typist.out == "old\n"
    assert typist.type("logs", JOB, "--tail", "2") == 0
    assert typist.out == "two\nthree\n"
    assert typist.type("logs", JOB, "--tail", "0") == 0
    assert typist.out == ""
    assert typist.json("logs", JOB) == {"Run": newest, "Start": 0, "Next": 13, "Size": 13, "Text": "one\ntwo\nthree"}


def test_a_long_log_comes_in_parts_and_only_its_end_is_read_for_its_last_lines(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"line {n:07} {'ü' * 20}" for n in range(60_000)]
    logged(1, "\n".join(lines) + "\n")
    read: list[int] = []
    real = desk.part

    def counted(*rest: object) -> LogPart:
        piece = real(*rest)  # type: ignore[arg-type]
        read.append(piece.next - piece.start)
        return piece

    monkeypatch.setattr(logs, "part", counted)
    assert typist.type("logs", JOB) == 0
    assert typist.out.splitlines() == lines
    assert len(read) > 10
    assert max(read) <= MOST
    read.clear()
    assert typist.type("logs", JOB, "--tail", "10") == 0
    assert typist.out.splitlines() == lines[-10:]
    assert sum(read) <= 2 * MOST
    assert typist.type("logs", JOB, "--tail", "20000") == 0
    assert typist.out.splitlines() == lines[-20_000:]
    assert typist.type("logs", JOB, "--json") == 0
    parts = [json.loads(line) for line in typist.out.splitlines()]
    assert "".join(part["Text"] for part in parts).splitlines() == lines
    assert [part["Start"] for part in parts[1:]] == [part["Next"] for part in parts[:-1]]


def test_what_a_job_printed_does_nothing_to_a_terminal(typist: Typist) -> None:
    logged(1, "\x1b]0;owned\x07red \x1b[31mtext\x1b[0m\r\n[bold]not bold[/bold]\x08\n")
    assert typist.type("logs", JOB) == 0
    assert typist.out == "red text\n[bold]not bold[/bold]␈\n"


def test_following_goes_on_until_the_run_is_over(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{fresh('log')}.log"
    world = wiring.world()
    world.logs.write(name, b"one\n")
    ran(1, State="Active", Log=name, Reason="")
    key = run_key(KEY, due(1), 1)

    def more(seconds: float) -> None:
        assert seconds == logs.NAP
        naps.append(seconds)
        if len(naps) == 1:
            world.logs.write(name, b"one\ntwo\n")
        else:
            world.logs.write(name, b"one\ntwo\nthree\n")
            world.runs.submit([Merge(key, {"State": "Succeeded", "Reason": "It went well."}, "*")])

    naps: list[float] = []
    monkeypatch.setattr("time.sleep", more)
    assert typist.type("logs", JOB, "-f") == 0
    assert (typist.out, typist.err) == ("one\ntwo\nthree\n", "It went well.\n")
    assert len(naps) == 2


def test_ctrl_c_ends_following(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{fresh('log')}.log"
    wiring.world().logs.write(name, b"one\n")
    ran(1, State="Active", Log=name, Reason="")

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt(seconds)

    monkeypatch.setattr("time.sleep", interrupted)
    assert typist.type("logs", JOB, "--follow") == 130
    assert (typist.out, typist.err) == ("one\n", "")


# watermarks and health.


def test_the_ledger_names_gaps_overlaps_and_rewinds_by_their_runs(typist: Typist) -> None:
    first = ran(5, WatermarkFrom="2026-01-01", WatermarkTo="2026-02-01")
    second = ran(4, WatermarkFrom="2026-02-10", WatermarkTo="2026-03-01")
    third = ran(3, WatermarkFrom="2026-02-20", WatermarkTo="2026-03-10")
    assert typist.type("watermarks", JOB) == 0, typist.err
    assert typist.out.startswith(f"{JOB} is at 3.\n2026-01-01 [====")
    assert f"2026-02-20  2026-03-01  2      {second} {third}" in typist.out
    assert f"Gap: 2026-02-01 to 2026-02-10 was not processed: run {first} ended before it" in typist.out
    assert "Overlap: 2026-02-20 to 2026-03-01 was processed more than once" in typist.out
    found = typist.json("watermarks", JOB)
    assert isinstance(found, dict)
    assert (found["Scale"], found["Still"], found["More"]) == ("time", 0, False)
    assert [one["Kind"] for one in found["Findings"]] == ["gap", "overlap", "rewind"]
    assert found["Ranges"][0] == {"From": "2026-01-01", "To": "2026-02-01", "Runs": [first], "Times": 1}


def test_watermarks_that_are_words_have_no_line(typist: Typist) -> None:
    ran(2, WatermarkFrom="", WatermarkTo="monday")
    ran(1, WatermarkFrom="monday", WatermarkTo="tuesday")
    assert typist.type("watermarks", JOB) == 0
    assert "[=" not in typist.out
    assert typist.type("watermarks", "no/where") == 1


def test_the_health_of_the_scheduler_is_its_exit_code(typist: Typist) -> None:
    assert typist.type("health") == 1
    assert "never" in typist.out
    jobs = wiring.world().jobs
    jobs.keep(HEARTBEAT, {"LastTick": NOW - timedelta(seconds=30), "Duration": 1.5, "Counts": '{"seen": 3}'})
    jobs.keep(KEY, {"Status": "Invalid", "Reason": "Cpu is 'lots'."})
    assert typist.type("health") == 0
    lines = dict(line.split(None, 1) for line in typist.out.splitlines()[:1])
    assert lines == {"Status": "ok"}
    assert "30 s ago" in typist.out
    assert f"{JOB} is Invalid: Cpu is 'lots'." in typist.out
    found = typist.json("health")
    assert isinstance(found, dict)
    assert (found["Status"], found["Age"], found["Counts"], found["Jobs"]) == ("ok", 30.0, {"seen": 3}, {"Invalid": 1})
    jobs.keep(HEARTBEAT, {"LastTick": NOW - timedelta(minutes=6)})
    assert typist.type("health") == 1


def test_alerts_that_do_not_arrive_are_told_with_since_when_and_what_the_webhook_said(typist: Typist) -> None:
    complaint = "2026-11-22T09:01:00Z it answered 503"
    cells: dict[str, Value] = {"NextRun": NOW, "AlertTo": "https://h.example:8443/secret", "AlertSaid": complaint}
    jobs = wiring.world().jobs
    jobs.submit([Insert((HEARTBEAT[0], f"alert-{one}"), cells) for one in "ab"])
    jobs.keep(HEARTBEAT, {"LastTick": NOW})
    assert typist.type("health") == 0
    said = (
        "2 alerts wait to be sent to https://h.example:8443/***, the oldest since 2026-11-22T09:01:00Z; the last try: "
        "it answered 503."
    )
    assert said in typist.out
    found = typist.json("health")
    assert isinstance(found, dict)
    assert found["Unsent"] == [
        {
            "To": "https://h.example:8443/***", "Waiting": 2, "Oldest": "2026-11-22T09:01:00Z",
            "Said": "it answered 503", "GivenUp": 0, "Why": "",
            "SaidBy": "https://h.example:8443/***", "WhyBy": "https://h.example:8443/***",
        }
    ]  # fmt: skip
    assert "secret" not in str(found)


def test_many_late_jobs_are_one_line(typist: Typist) -> None:
    dues = [NOW - timedelta(seconds=60 - n) for n in range(8)]
    wiring.world().jobs.submit([Insert(("late", f"job{n}"), {"NextDue": one}) for n, one in enumerate(dues)])
    typist.type("health")
    (line,) = [line for line in typist.out.splitlines() if "late/job" in line]
    assert line.startswith("8 due times are late: late/job0 by ")
    assert "late/job4 by " in line
    assert line.endswith(", ….")
    assert "late/job5" not in line
