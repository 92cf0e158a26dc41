"""A run's two written forms: its entry in the job row's ActiveRuns, and its row of Runs."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.entry import entry, from_entry, read_entries, row_of, run_of, write_entries
from scheduler.identity import group_name
from scheduler.row import Row, iso
from scheduler.run import LEASE, OPEN, Cause, Run, State, due_of, finished

JOB = ("weather", "extract")
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def run(**changes: Any) -> Run:
    due = changes.pop("due", NINE)
    attempt = changes.pop("attempt", 1)
    job = changes.pop("job", JOB)
    name = group_name("acct/Jobs", job, due, attempt)
    return replace(
        Run(job, due, attempt, "schedule", name, name, "t1", NINE, NINE + LEASE, 60 * MINUTE, 15 * MINUTE), **changes
    )


#: Every field says something.
FULL = run(
    attempt=3,
    trigger="backfill",
    existing=True,
    location="westeurope",
    watermark="2026-11-21",
    interval=(NINE - 60 * MINUTE, NINE),
    state=State.RUNNING,
    prior=NINE - 30 * MINUTE + timedelta(microseconds=1),
    missing=NINE + MINUTE,
    unread=NINE + 2 * MINUTE,
    cancel=True,
    tries=2,
    removing=True,
    not_before=NINE + 3 * MINUTE,
    retries=4,
    retry_delay=5 * MINUTE,
    spent={"exit": 1, "platform": 2},
    places=("westeurope", "northeurope"),
    cpu=2.5,
    memory=4.0,
    spot=True,
    commit="c" * 40,
    secrets=("https://kv.vault.azure.net/secrets/a/1",),
    apart=True,
    replaced=True,
    kept={"parts": 2, "tail": "x", "seen": [1, None]},
    upstreams='{"weather/a": null}',
    backfill='{"next": null}',
    failed=NINE + 4 * MINUTE,
)
WRITTEN = {one.name for one in fields(Run)} - {"job"}


@pytest.mark.parametrize("whole", [run(), FULL, replace(FULL, interval=None, prior=None)])
def test_an_entry_reads_back_as_the_same_run(whole: Run) -> None:
    assert read_entries(JOB, write_entries([whole])) == (whole,)
    assert from_entry(JOB, json.loads(json.dumps(entry(whole)))) == whole


def test_every_field_of_a_run_is_written() -> None:
    plain = run()
    unsaid = {one.name for one in fields(Run) if getattr(FULL, one.name) == getattr(plain, one.name)}
    assert unsaid <= {"job", "due", "tick", "claimed", "lease", "timeout", "start_timeout"}, "FULL says them all"
    assert set(entry(FULL)) == WRITTEN


def test_several_entries_keep_their_order() -> None:
    both = (run(), run(due=NINE + MINUTE))
    assert read_entries(JOB, write_entries(both)) == both


def test_an_entry_of_a_plain_run_says_only_what_there_is() -> None:
    assert set(entry(run())) == {
        "due", "attempt", "trigger", "run_id", "group", "tick", "claimed", "lease", "timeout", "start_timeout",
        "state", "location", "watermark",
    }  # fmt: skip


@pytest.mark.parametrize("nothing", [None, "", "[]"])
def test_an_empty_cell_means_no_runs(nothing: str | None) -> None:
    assert read_entries(JOB, nothing) == ()


def test_an_entry_of_an_older_version_reads_with_what_was_not_known_then_unsaid() -> None:
    said = {name: value for name, value in entry(FULL).items() if name in entry(run())}
    assert from_entry(JOB, said) == replace(
        run(attempt=3), trigger="backfill", state=State.RUNNING, location="westeurope", watermark="2026-11-21"
    )


def test_what_a_newer_version_added_is_passed_over() -> None:
    assert from_entry(JOB, {**entry(FULL), "colour": "blue"}) == FULL


# every field at once, drawn

MILLISECONDS = st.integers(0, 250_000_000_000_000).map(
    lambda passed: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=passed)
)
SPANS = st.integers(0, 30 * 86_400_000).map(lambda passed: timedelta(milliseconds=passed))
TEXTS = st.text(max_size=8)
WHOLE = st.integers(0, 10_000)
NUMBERS = st.floats(0, 1_000)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
DRAWN: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("trigger", "run_id", "group", "tick", "location", "watermark", "commit"), TEXTS),
    **dict.fromkeys(("upstreams", "backfill"), TEXTS),
    **dict.fromkeys(("attempt", "tries", "retries"), WHOLE),
    **dict.fromkeys(("cpu", "memory"), NUMBERS),
    **dict.fromkeys(("existing", "cancel", "removing", "spot", "apart", "replaced"), st.booleans()),
    **dict.fromkeys(("due", "claimed", "lease"), MILLISECONDS),
    **dict.fromkeys(("missing", "unread", "not_before", "failed"), st.none() | MILLISECONDS),
    **dict.fromkeys(("timeout", "start_timeout", "retry_delay"), SPANS),
    **dict.fromkeys(("places", "secrets"), st.lists(TEXTS, max_size=3).map(tuple)),
    "state": st.sampled_from([State.WAITING, State.STARTING, State.RUNNING]),
    "interval": st.none() | st.tuples(MILLISECONDS, MILLISECONDS),
    "prior": st.none() | st.datetimes(timezones=st.just(UTC)),
    "spent": st.dictionaries(st.sampled_from([str(cause) for cause in Cause]), WHOLE, max_size=3),
    "kept": st.dictionaries(TEXTS, JSON, max_size=3),
}
RUNS = st.fixed_dictionaries(DRAWN).map(lambda values: Run(job=JOB, **values))


def test_every_field_is_drawn() -> None:
    assert set(DRAWN) == WRITTEN


@settings(derandomize=True, max_examples=150, database=None, deadline=None)
@given(RUNS)
def test_whatever_a_run_is_it_reads_back_the_same_from_either_form(whole: Run) -> None:
    assert read_entries(JOB, write_entries([whole])) == (whole,)
    assert run_of(Row(JOB[0], f"{JOB[1]}|1|001", row_of(whole))) == whole


# what a person mangled


def changed(**cells: Any) -> str:
    return json.dumps([entry(FULL) | cells])


def lacking(name: str) -> str:
    return json.dumps([{key: value for key, value in entry(FULL).items() if key != name}])


MANGLED = [
    ("cut short", write_entries([FULL])[:-5]),
    ("not JSON", "one run"),
    ("a number", 5),
    ("a flag", True),
    ("a date", NINE),
    ("binary", b"[]"),
    ("null", "null"),
    ("a list of numbers", "[1]"),
    ("a list of texts", '["x"]'),
    ("a list of lists", "[[]]"),
    ("an empty entry", "[{}]"),
    ("an object of objects", '{"a": {}}'),
    ("no due", lacking("due")),
    ("no lease", lacking("lease")),
    ("a due without offset", changed(due="2026-11-22T09:00:00")),
    ("a due that is a number", changed(due=20261122)),
    ("a state we do not know", changed(state="Sleeping")),
    ("a state that is an end", changed(state="Succeeded")),
    ("a timeout that is endless", changed(timeout=1e999)),
    ("a timeout that is no number", changed(timeout="long")),
    ("an interval that is a number", changed(interval=5)),
    ("half an interval", changed(interval=["2026-11-22T08:00:00Z"])),
    ("an attempt that is no number", changed(attempt="second")),
    ("places that are one text", changed(places="westeurope")),
    ("secrets that are a number", changed(secrets=5)),
    ("spent that is a list", changed(spent=[1])),
    ("spent that is no number", changed(spent={"exit": "twice"})),
    ("kept that is a text", changed(kept="much")),
    ("a wait that is no time", changed(not_before="soon")),
    ("deeper than the parser goes", "[" * 30_000),
    ("an empty object", "{}"),
    ("an empty text", '""'),
    ("a due outside the calendar", changed(due="0001-01-01T00:00:00+05:00")),
]


@pytest.mark.parametrize(("story", "written"), MANGLED, ids=[row[0] for row in MANGLED])
def test_a_mangled_cell_reads_as_none_and_never_as_no_runs(story: str, written: Any) -> None:
    assert read_entries(JOB, written) is None, story
    assert run_of(Row(JOB[0], f"{JOB[1]}|1|001", {"Entry": written})) is None


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WRITTEN)), JSON, min_size=1, max_size=3))
def test_whatever_a_person_puts_into_an_entry_it_is_no_run_or_one_that_can_be_written(cells: dict[str, Any]) -> None:
    read = read_entries(JOB, changed(**cells))
    if read is not None:
        assert read_entries(JOB, write_entries(read)) == read
        assert read[0].key[0] == JOB[0]


# its row of Runs


@pytest.mark.parametrize("whole", [run(), FULL])
def test_a_registered_run_reads_back_from_its_row(whole: Run) -> None:
    row = Row(*whole.key, columns=row_of(whole))
    assert run_of(row) == whole
    assert not finished(row)
    assert due_of(row) == whole.due


def test_a_run_row_shows_people_what_the_run_was_told() -> None:
    columns = row_of(FULL)
    assert columns["State"] == OPEN
    assert (columns["Due"], columns["Attempt"], columns["Trigger"]) == (NINE, 3, "backfill")
    assert columns["WatermarkFrom"] == "2026-11-21"
    assert (columns["IntervalStart"], columns["IntervalEnd"]) == (NINE - 60 * MINUTE, NINE)
    assert (columns["Cpu"], columns["MemoryGb"], columns["Spot"]) == (2.5, 4.0, True)
    assert columns["Commit"] == "c" * 40
    assert iso(NINE) in str(columns["Entry"])


def test_the_entry_in_its_row_is_the_one_in_the_cell_whoever_else_stands_there() -> None:
    one, other = run(), FULL
    written = json.dumps(entry(one))
    assert row_of(one, write_entries([one]), [one])["Entry"] == written
    assert row_of(one, write_entries([one, other]), [one, other])["Entry"] == written
    assert row_of(one, write_entries([other]), [other])["Entry"] == written
    assert row_of(one, "", [one])["Entry"] == written


def test_what_a_run_has_not_has_no_column() -> None:
    assert not {"IntervalStart", "IntervalEnd", "Commit", "Cpu", "MemoryGb", "Spot"} & set(row_of(run()))


@pytest.mark.parametrize("state", ["Succeeded", "Failed", "Cancelled", "Lost", "Skipped"])
def test_any_state_but_open_is_finished(state: str) -> None:
    assert finished(Row("p", "j|1|001", {"State": state}))
