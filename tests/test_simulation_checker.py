"""The checker of the simulation refuses what it must: an honest history, spoiled in one place at a time.

Most of all a checker must not be content with too little, so each rule is shown to have judged the honest
history, and to name the rule, the job and the instants in the spoiled one.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulation.by_hand import Tale, at, chain, honest
from tests.simulation.checker import RULES, check
from tests.simulation.checker.calendar import dues
from tests.simulation.lies import LIES

ROOT = Path(__file__).parents[1]


def test_the_checker_knows_neither_the_scheduler_nor_its_cron() -> None:
    code = (
        "import sys, tests.simulation.checker\n"
        "known = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(known & {'scheduler', 'cronsim', 'azure', 'croniter'}))\n"
        "print(sorted(name for name in sys.modules if name.startswith('tests.world')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.split("\n")[:2] == ["[]", "[]"]


def test_an_honest_history_is_judged_by_every_rule_and_found_good() -> None:
    found = check(honest().history)
    assert found.violations == []
    assert found.judged["due"] == found.judged["calendar"] == 5
    told = {"skip", "restart", "attempt", "chain", "request", "backfill", "failures", "news"}
    assert not told & found.judged.keys(), "what does not occur in it is judged elsewhere"


def test_a_history_in_which_nothing_happens_is_not_found_good_by_silence() -> None:
    found = check(Tale(Schedule="manual").history)
    assert (found.violations, found.judged["due"]) == ([], 0), "who asks must look at what was judged"


@pytest.mark.parametrize(("lie", "rule", "words"), LIES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_history_spoiled_in_one_place_is_refused_in_words(lie: Callable[[Tale], None], rule: str, words: str) -> None:
    tale = honest()
    lie(tale)
    violations = check(tale.history).violations
    told = [str(one) for one in violations if one.rule == rule]
    assert any(words in sentence for sentence in told), "\n".join(map(str, violations)) or "it found nothing"
    assert all(rule == "tick" or one.job.startswith("weather/") for one in violations)


def test_every_rule_has_a_lie_that_it_refuses() -> None:
    files = {path.stem for path in (Path(__file__).parent / "simulation" / "checker").glob("*.py")}
    named = {rule for path in RULES for rule in RULE_OF_FILE[path.__module__.rpartition(".")[2]]}
    assert {rule for _, rule, _ in LIES} | {"chain"} == named
    assert files - NO_RULES == RULE_OF_FILE.keys()


#: The files of the checker that hold no rule, and what the others judge.
NO_RULES = {"__init__", "books", "calendar", "cells", "epochs", "faults", "findings"}
RULE_OF_FILE = {
    "dues": ("due", "calendar"), "skips": ("skip", "in time", "order"), "starts": ("start", "restart", "told"),
    "attempts": ("attempt",), "places": ("place", "pace"), "chains": ("chain",), "overlap": ("overlap",),
    "intervals": ("interval",), "watermark": ("watermark",), "evidence": ("evidence",),
    "endings": ("ending", "group", "status", "tick", "template"), "requests": ("request", "backfill"),
    "counters": ("failures",), "news": ("news",),
}  # fmt: skip


def test_an_honest_chain_is_judged_and_found_good() -> None:
    found = check(chain().history)
    assert found.violations == []
    assert found.judged["chain"] >= 10


def test_a_chain_that_runs_twice_for_one_success_is_refused() -> None:
    tale = chain()
    tale.runs("09:40:01", trigger="after", claimed=at("09:47:05"))
    assert "had not succeeded since the run due" in " ".join(map(str, check(tale.history).violations))


def test_a_chain_that_misses_a_success_is_refused() -> None:
    tale = chain()
    for key in [key for key in tale.history.runs if key[1] == "load|09:50|001"]:
        del tale.history.runs[key]
    assert "ticks later it had not run" in " ".join(map(str, check(tale.history).violations))


def skipped_by_two_ticks(*, dies: bool) -> Tale:
    """Tell of a skip of a chain whose tick dies after its row; `other` succeeds again, and the next tick ends it."""
    tale = honest()
    tale.begins("other", Schedule="manual")
    tale.runs("09:10", claimed=at("09:20:45"))
    tale.runs("09:20", claimed=at("09:21:30"))
    tale.begins("load", Schedule="after extract, other")
    tale.skips("09:20", trigger="after")
    (row,) = (rows for key, rows in tale.history.runs.items() if key[1].startswith("load|"))
    row[0] = replace(row[0], at=at("09:23:05"), by="tick 23")
    if dies:
        tale.history.ticks[22] = replace(tale.history.ticks[22], how="killed")
    tale.says("09:24:06", Upstreams="both at 09:20")
    return tale


def test_one_skip_stands_for_a_success_that_came_between_its_row_and_the_jobs() -> None:
    assert [one for one in check(skipped_by_two_ticks(dies=True).history).violations if one.rule == "chain"] == []


def test_a_success_after_a_skip_that_was_done_whole_is_not_excused() -> None:
    assert "ticks later it had not run" in " ".join(
        map(str, check(skipped_by_two_ticks(dies=False).history).violations)
    )


# The calendar is this checker's own: Debian's and NCrontab's answers, as they were recorded from the originals.

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "day", "walls"),
    [
        ("30 2 * * *", "2026-03-29", ["03:00+02"]),
        ("0 * * * *", "2026-03-29", ["00:00+01", "01:00+01", "03:00+02", "04:00+02"]),
        ("*/30 2 * * *", "2026-03-29", []),
        ("0,30 2 * * *", "2026-03-29", ["03:00+02"]),
        ("20 30 2 * * *", "2026-03-29", ["03:00:20+02"]),
        ("30 2 * * *", "2026-10-25", ["02:30+02"]),
        ("*/20 2 * * *", "2026-10-25", ["02:00+02", "02:20+02", "02:40+02", "02:00+01", "02:20+01", "02:40+01"]),
        ("0 0 13 * 5", "2026-03-13", ["00:00+01"]),
        ("0 0 6 * 5", "2026-03-13", ["00:00+01"]),
        ("0 0 0 6 * 5", "2026-03-13", []),
        ("0 0 */2 * 1", "2026-03-14", []),
        ("0 0 * * 7", "2026-03-15", ["00:00+01"]),
        ("@daily; at 2026-03-15T03:00", "2026-03-15", ["00:00+01", "03:00+01"]),
        ("at 2026-03-29T02:30", "2026-03-29", ["03:00+02"]),
        ("every 2h", "2026-03-15", ["01:00+01", "03:00+01"]),
    ],
)
def test_the_checkers_own_calendar_answers_as_the_originals_do(text: str, day: str, walls: list[str]) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00+{'02' if day == '2026-10-25' else '01'}:00").astimezone(UTC)
    expected = [datetime.fromisoformat(f"{day}T{wall}:00").astimezone(UTC) for wall in walls]
    assert dues((text, BERLIN, "", ""), midnight, midnight + timedelta(hours=3, minutes=59)) == expected


def test_bounds_of_a_schedule_are_inclusive_and_anchor_its_intervals() -> None:
    cells = ("every 25 minutes", "UTC", "2026-11-22T09:05Z", "2026-11-22T09:55Z")
    assert dues(cells, at("08:00"), at("11:00")) == [at("09:05"), at("09:30"), at("09:55")]
