"""A run's two written forms: its entry in the job row's ActiveRuns, and its row of Runs."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.identity import group_name
from scheduler.row import Row, iso
from scheduler.run import LEASE, OPEN, Run, State, due_of, finished, read_entries, write_entries

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


FULL = run(
    state=State.RUNNING,
    existing=True,
    location="westeurope",
    watermark="2026-11-21",
    interval=(NINE - 60 * MINUTE, NINE),
    prior=NINE - 30 * MINUTE,
    missing=NINE + MINUTE,
    cancel=True,
    removing=True,
)


@pytest.mark.parametrize("whole", [run(), FULL, replace(FULL, interval=None, prior=None)])
def test_an_entry_reads_back_as_the_same_run(whole: Run) -> None:
    assert read_entries(JOB, write_entries([whole])) == (whole,)
    assert Run.from_entry(JOB, json.loads(json.dumps(whole.entry()))) == whole


def test_several_entries_keep_their_order() -> None:
    both = (run(), run(due=NINE + MINUTE))
    assert read_entries(JOB, write_entries(both)) == both


def test_an_entry_of_a_plain_run_leaves_out_what_there_is_not() -> None:
    assert not {"existing", "interval", "prior", "missing", "cancel", "removing"} & set(run().entry())


@pytest.mark.parametrize("nothing", [None, "", "[]"])
def test_an_empty_cell_means_no_runs(nothing: str | None) -> None:
    assert read_entries(JOB, nothing) == ()


def without(name: str) -> str:
    return json.dumps([{key: value for key, value in FULL.entry().items() if key != name}])


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
    ("no due", without("due")),
    ("no lease", without("lease")),
    ("a due without offset", json.dumps([FULL.entry() | {"due": "2026-11-22T09:00:00"}])),
    ("a due that is a number", json.dumps([FULL.entry() | {"due": 20261122}])),
    ("a state we do not know", json.dumps([FULL.entry() | {"state": "Sleeping"}])),
    ("a timeout that is endless", json.dumps([FULL.entry() | {"timeout": 1e999}])),
    ("a timeout that is no number", json.dumps([FULL.entry() | {"timeout": "long"}])),
    ("an interval that is a number", json.dumps([FULL.entry() | {"interval": 5}])),
    ("half an interval", json.dumps([FULL.entry() | {"interval": ["2026-11-22T08:00:00Z"]}])),
    ("deeper than the parser goes", "[" * 30_000),
    ("an empty object", "{}"),
    ("an empty text", '""'),
    ("a due outside the calendar", json.dumps([FULL.entry() | {"due": "0001-01-01T00:00:00+05:00"}])),
]


@pytest.mark.parametrize(("story", "written"), MANGLED, ids=[row[0] for row in MANGLED])
def test_a_mangled_cell_reads_as_none_and_never_as_no_runs(story: str, written: Any) -> None:
    assert read_entries(JOB, written) is None, story


@pytest.mark.parametrize("whole", [run(), FULL])
def test_a_registered_run_reads_back_from_its_row(whole: Run) -> None:
    row = Row(*whole.key, columns=whole.row())
    assert Run.from_row(row) == whole
    assert not finished(row)
    assert due_of(row) == whole.due


def test_a_run_row_shows_people_what_the_run_was_told() -> None:
    columns = FULL.row()
    assert columns["State"] == OPEN
    assert columns["Due"] == NINE
    assert columns["WatermarkFrom"] == "2026-11-21"
    assert (columns["IntervalStart"], columns["IntervalEnd"]) == (NINE - 60 * MINUTE, NINE)
    assert "IntervalStart" not in run().row()
    assert iso(NINE) in str(columns["Entry"])


@pytest.mark.parametrize("state", ["Succeeded", "Failed", "Cancelled", "Lost", "Skipped"])
def test_any_state_but_open_is_finished(state: str) -> None:
    assert finished(Row("p", "j|1|001", {"State": state}))
