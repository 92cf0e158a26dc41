"""One run: its states and moves, its keys, and its name in ACI."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.identity import countdown, group_name, key_of_tags, run_prefix, tags
from scheduler.row import Row
from scheduler.run import ENDS, LEASE, Event, IllegalMove, Run, State, job_name, move
from scheduler.steps.line import LAST_PUT

JOB = ("weather", "extract")
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
#: ACI's rule for the name of a container group.
ACI_NAME = re.compile(r"^(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")

# Every state with every event: the next state, or "" where it must be refused.
MOVES = {
    #                claimed     seen       succeeded    failed    cancelled    vanished
    State.WAITING: ["Starting", "", "", "Failed", "Cancelled", ""],
    State.STARTING: ["", "Running", "Succeeded", "Failed", "Cancelled", ""],
    State.RUNNING: ["", "Running", "Succeeded", "Failed", "Cancelled", "Lost"],
    State.SUCCEEDED: [""] * 6,
    State.FAILED: [""] * 6,
    State.CANCELLED: [""] * 6,
    State.LOST: [""] * 6,
}


def run(**changes: Any) -> Run:
    due = changes.pop("due", NINE)
    attempt = changes.pop("attempt", 1)
    job = changes.pop("job", JOB)
    name = group_name("acct/Jobs", job, due, attempt)
    return replace(
        Run(job, due, attempt, "schedule", name, name, "t1", NINE, NINE + LEASE, 60 * MINUTE, 15 * MINUTE), **changes
    )


def test_the_table_of_moves_has_every_state_and_every_event() -> None:
    assert list(MOVES) == list(State)
    assert all(len(row) == len(Event) for row in MOVES.values())


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_cell_of_states_and_events_is_the_next_state_or_refused(state: State, event: Event) -> None:
    expected = MOVES[state][list(Event).index(event)]
    if expected:
        assert move(state, event) is State(expected)
        assert run(state=state).after(event).state is State(expected)
    else:
        with pytest.raises(IllegalMove, match=f"a run that is {state} cannot be {event}"):
            move(state, event)


def test_nothing_leads_out_of_an_end() -> None:
    assert {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST} == ENDS
    assert not any("".join(MOVES[state]) for state in ENDS)


@pytest.mark.parametrize(
    ("story", "changes", "going", "blocking"),
    [
        ("it runs", {"state": State.RUNNING}, True, True),
        ("it was claimed", {}, True, True),
        ("an attempt that is to come", {"state": State.WAITING}, True, True),
        ("closed, and its group still has to go", {"removing": True}, False, False),
        ("closed, and its existing group may still be stopped", {"removing": True, "existing": True}, False, True),
        ("closed, and a newer run waits until its group is gone", {"removing": True, "replaced": True}, False, True),
    ],
)
def test_what_is_open_and_what_counts_for_overlap(
    story: str, changes: dict[str, Any], going: bool, blocking: bool
) -> None:
    assert (run(**changes).going, run(**changes).blocking) == (going, blocking), story


def test_only_an_attempt_to_come_is_waiting() -> None:
    assert [state for state in State if run(state=state).waiting] == [State.WAITING]


@pytest.mark.parametrize(
    ("trigger", "apart", "unmarked"),
    [
        ("schedule", True, True),
        ("after", True, True),
        ("request", True, False),
        ("backfill", True, False),
        ("schedule", False, False),
        ("after", False, False),
    ],
)
def test_only_what_runs_beside_others_by_itself_has_no_watermark_at_all(
    trigger: str, apart: bool, unmarked: bool
) -> None:
    assert run(trigger=trigger, apart=apart).unmarked is unmarked


def test_the_lease_outlives_the_latest_put_that_the_assumptions_allow() -> None:
    last_put, freeze, landing, clocks = (timedelta(seconds=LAST_PUT), 5 * MINUTE, 5 * MINUTE, MINUTE)
    assert last_put + freeze + landing + clocks < LEASE


# keys


def test_a_jobs_runs_sort_newest_first() -> None:
    dues = [NINE + timedelta(milliseconds=step) for step in (-86_400_000, -1, 0, 1, 60_000, 10**12)]
    keys = [run(due=due).key[1] for due in dues]
    assert sorted(keys) == keys[::-1]


def test_the_last_instant_of_the_calendar_still_has_a_key() -> None:
    assert countdown(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == "000000000001000"


def test_a_jobs_runs_are_one_range_that_no_other_job_is_in() -> None:
    names = ["a", "a-b", "a.b", "a_b", "a0", "aa", "A", "b"]
    keys = sorted(run(job=("p", name)).key[1] for name in names)
    inside = [key for key in keys if run_prefix("a") <= key < run_prefix("a") + "~"]
    assert inside == [run(job=("p", "a")).key[1]]
    assert [job_name(Row("p", key)) for key in inside] == ["a"]


def test_a_retry_has_the_same_due_and_a_key_of_its_own() -> None:
    assert run(attempt=2).key[1].removesuffix("002") == run().key[1].removesuffix("001")


# the group's name and tags


@pytest.mark.parametrize(
    ("job", "slug"),
    [
        (("weather", "extract"), "weather-extract"),
        (("Weather", "Extract_2"), "weather-extract-2"),
        (("a", "b..__--c"), "a-b-c"),
        (("p", "x-"), "p-x"),
        (("a" * 63, "b"), "a" * 30),
        (("a" * 28, "bcd"), "a" * 28 + "-b"),
        (("a" * 29, "bcd"), "a" * 29),
        (("0", "0"), "0-0"),
    ],
)
def test_a_groups_name_shows_the_job_and_keeps_acis_rules(job: tuple[str, str], slug: str) -> None:
    name = group_name("acct/Jobs", job, NINE, 1)
    assert re.fullmatch(rf"ct-{slug}-[0-9a-f]{{16}}", name)
    assert ACI_NAME.fullmatch(name)


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)
DUES = st.integers(0, 10**13).map(lambda passed: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=passed))


@settings(derandomize=True, max_examples=150, database=None, deadline=None)
@given(NAMES, NAMES, DUES, st.integers(1, 99))
def test_tags_name_the_runs_row_and_any_job_makes_a_legal_group_name(
    partition: str, name: str, due: datetime, attempt: int
) -> None:
    job = (partition, name)
    group = group_name("acct/Jobs", job, due, attempt)
    assert ACI_NAME.fullmatch(group)
    assert (
        key_of_tags("acct/Jobs", group, tags("acct/Jobs", job, due, attempt))
        == run(job=job, due=due, attempt=attempt).key
    )


def test_the_same_run_always_has_the_same_name_and_any_other_run_another() -> None:
    same = group_name("acct/Jobs", JOB, NINE, 1)
    assert same == group_name("acct/Jobs", JOB, NINE.astimezone(), 1)
    others = [
        group_name("acct/Jobs2", JOB, NINE, 1),
        group_name("ACCT/Jobs", JOB, NINE, 1),
        group_name("acct/Jobs", ("Weather", "extract"), NINE, 1),
        group_name("acct/Jobs", ("weather", "Extract"), NINE, 1),
        group_name("acct/Jobs", ("weather", "load"), NINE, 1),
        group_name("acct/Jobs", JOB, NINE + timedelta(milliseconds=1), 1),
        group_name("acct/Jobs", JOB, NINE, 2),
    ]
    assert len({same, *others}) == len(others) + 1


def test_the_four_tags_hold_the_values_whole() -> None:
    assert tags("acct/Jobs", ("P" * 63, "r" * 63), NINE, 3) == {
        "crontable-installation": "acct/Jobs",
        "crontable-job": "P" * 63 + "/" + "r" * 63,
        "crontable-due": "2026-11-22T09:00:00Z",
        "crontable-attempt": "3",
    }


@pytest.mark.parametrize(
    ("story", "change"),
    [
        ("another installation", {"crontable-installation": "other/Jobs"}),
        ("another job", {"crontable-job": "weather/load"}),
        ("the job in another case", {"crontable-job": "Weather/extract"}),
        ("another due", {"crontable-due": "2026-11-22T09:01:00Z"}),
        ("a due without offset", {"crontable-due": "2026-11-22T09:00:00"}),
        ("a due that is no time", {"crontable-due": "soon"}),
        ("another attempt", {"crontable-attempt": "2"}),
        ("an attempt that is no number", {"crontable-attempt": "first"}),
        ("no job", {"crontable-job": ""}),
    ],
)
def test_a_group_is_ours_only_if_all_four_tags_are(story: str, change: dict[str, str]) -> None:
    name = group_name("acct/Jobs", JOB, NINE, 1)
    ours = tags("acct/Jobs", JOB, NINE, 1)
    assert key_of_tags("acct/Jobs", name, ours) == run().key
    assert key_of_tags("acct/Jobs", name, ours | change) is None, story


@pytest.mark.parametrize("missing", tags("", JOB, NINE, 1))
def test_a_group_that_lacks_a_tag_is_not_ours(missing: str) -> None:
    ours = tags("acct/Jobs", JOB, NINE, 1)
    del ours[missing]
    assert key_of_tags("acct/Jobs", group_name("acct/Jobs", JOB, NINE, 1), ours) is None


def test_a_group_with_our_tags_under_another_name_is_not_ours() -> None:
    assert key_of_tags("acct/Jobs", "copied-by-hand", tags("acct/Jobs", JOB, NINE, 1)) is None


def test_a_due_tag_at_the_edge_of_the_calendar_is_not_ours() -> None:
    said = tags("acct/Jobs", JOB, NINE, 1) | {"crontable-due": "0001-01-01T00:00:00+05:00"}
    assert key_of_tags("acct/Jobs", "any", said) is None
