"""Jobs as code: what a file says of jobs, and what a plan would change. Files are texts, tables are rows."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import crontab
from scheduler.commands import parsed
from scheduler.commands.export import dumped
from scheduler.crontab import Crontab, Unfit
from scheduler.difference import Act, plan, same, sayable, written
from scheduler.job import OWNED
from scheduler.row import Key, Row, Value


def read(text: str) -> Crontab:
    return crontab.read(parsed.parse(text))


def refused(text: str) -> str:
    with pytest.raises(Unfit) as unfit:
        read(text)
    return str(unfit.value)


def job(columns: str) -> dict[str, Value]:
    """The cells of the one job of a file."""
    (one,) = read("jobs:\n  weather/extract:\n" + "".join(f"    {line}\n" for line in columns.splitlines())).jobs
    return dict(one.cells)


# What a file says.


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("Schedule: every 15 minutes", {"Schedule": "every 15 minutes"}),
        ("Schedule: '*/15 * * * *'", {"Schedule": "*/15 * * * *"}),
        ("Cpu: 2\nMemoryGb: 1.5\nRetries: 3", {"Cpu": 2, "MemoryGb": 1.5, "Retries": 3}),
        ("Enabled: false\nSpot: TRUE", {"Enabled": False, "Spot": True}),
        ("Enabled: no", {"Enabled": "no"}),
        ("GitRevision: 1.10\nImage: 007", {"GitRevision": "1.10", "Image": "007"}),
        (
            "StartAt: 2026-11-22\nEndAt: 2026-12-01T09:00:00Z",
            {"StartAt": "2026-11-22", "EndAt": "2026-12-01T09:00:00Z"},
        ),
        ("Grace: 1:30", {"Grace": "1:30"}),
        ("Env: {MODE: full, VERSION: 1.10, ON: yes}", {"Env": '{"MODE": "full", "VERSION": "1.10", "ON": "yes"}'}),
        ("Env: |\n  A=1\n  B=2", {"Env": "A=1\nB=2\n"}),
        ("Command: [python, -m, load, 5]", {"Command": '["python", "-m", "load", "5"]'}),
        ("Volumes: {/x: {emptyDir: {}, readOnly: true}}", {"Volumes": '{"/x": {"emptyDir": {}, "readOnly": true}}'}),
        ("Spec: {a: [1, 2.5, null, '3']}", {"Spec": '{"a": [1, 2.5, null, "3"]}'}),
        ("Image:\nOwner: ~\nDescription: ''", {}),
        ("Watermark: 2026-01-01", {"Watermark": "2026-01-01"}),
    ],
)
def test_values_are_of_the_kind_that_their_column_holds(columns: str, cells: dict[str, Value]) -> None:
    said = job(columns)
    assert said == cells
    assert [type(value) for value in said.values()] == [type(value) for value in cells.values()]


def test_anchors_and_merges_write_things_once() -> None:
    (one, other) = read(
        """
x-defaults: &python {Image: python:3.13, Cpu: 2}
jobs:
  weather/extract: {<<: *python, Cpu: 4}
  weather/load: {Cpu: 1, <<: [*python]}
"""
    ).jobs
    assert one.cells == {"Image": "python:3.13", "Cpu": 4}
    assert other.cells == {"Cpu": 1, "Image": "python:3.13"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: a file must begin with `jobs:`."),
        ("a: b", "there is no `jobs:`"),
        ("jobs: {}\njob: {}", "line 2: 'job' is unknown"),
        ("jobs: [a]", "line 1: jobs must be a mapping"),
        ("jobs:\n  extract: {}", "line 2: 'extract' is no job's name: it must be PartitionKey/RowKey"),
        ("jobs:\n  _own/extract: {}", "is no job's name"),
        ("jobs:\n  a/b: 5", "line 2: a/b must be a mapping of columns"),
        ("jobs:\n  a/b:\n    Schedul: x", "line 3: a/b: 'Schedul' is not a column of a job: did you mean Schedule?"),
        ("jobs:\n  a/b:\n    NextRun: x", "line 3: a/b: NextRun is the scheduler's own column"),
        ("jobs:\n  a/b:\n    Request: run", "line 3: a/b: Request is asked for once"),
        ("jobs:\n  a/b:\n    Cpu: [1]", "line 3: a/b: Cpu is 'a list': it must be one value."),
        ("jobs:\n  a/b:\n    Image: {a: b}", "Image is 'a mapping': it must be one value."),
        ("jobs:\n  a/b:\n    Env: {A: }", "line 3: a/b: Env is 'A': its value must be a text; the empty one is \"\"."),
        ("jobs:\n  a/b: {}\n  c/d: {}\n  a/b: {}", "line 4: 'a/b' stands here twice: it is in line 2 already."),
        ("jobs:\n  a/b:\n    Cpu: 1\n    Cpu: 2", "line 4: 'Cpu' stands here twice: it is in line 3 already."),
        ("jobs:\n  a/b:\n    Schedule: */15 * * * *", "line 3: "),
        ("jobs:\n  a/b:\n    Schedule: */15 * * * *", "A value that begins with * needs quotes."),
        ("jobs:\n  a/b:\n    Schedule: @daily", "A value that begins with @ needs quotes."),
        ("jobs:\n  a/b: *nobody", "line 2: *nobody is no anchor above"),
        ("jobs: &j {a/b: *j}", "*j is no anchor above"),
        ("jobs: {}\n---\njobs: {}", "line 2: a file holds one document"),
        ("jobs: !!python/object:os.system {}", "the tag tag:yaml.org,2002:python/object:os.system is not read"),
        ("jobs: {a/b: {Image: !!binary aGk=}}", "the tag tag:yaml.org,2002:binary is not read"),
        ("? [a]\n: b", "line 1: a name must be a text"),
        ("jobs: {a/b: {<<: 5}}", "<< takes a mapping"),
        ("jobs: {", "did not find expected node content."),
        ("jobs: {}\nx: \x01", "line 2: control characters are not allowed."),
        ("jobs:\n\ta: b", "line 2: "),
        ("keep: [Imag]\njobs: {}", "line 1: keep: 'Imag' is not a column of a job: did you mean Image?"),
        ("keep: Image\njobs: {}", "keep must be a list of columns"),
        ("[" * 200_000, "nested deeper than 40 levels"),
        ("- " * 200_000, "nested deeper than 40 levels"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(text: str, sentence: str) -> None:
    assert sentence in refused(text)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    told = refused("jobs:\n  extract:\n    Imag: x\n    Cpu: [1]\n  a/b:\n    Request: run\nfoo: 1\n")
    assert [line.partition(":")[0] for line in told.splitlines()] == [f"line {at}" for at in (2, 3, 4, 6, 7)]


def test_a_few_lines_that_would_swell_to_millions_are_refused() -> None:
    lines = ["x-0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "more than 100,000 values" in refused("\n".join([*lines, "jobs: {}"]))


def test_many_names_take_no_more_than_a_moment() -> None:
    assert len(read("jobs:\n" + "".join(f"  a/b{n}: {{}}\n" for n in range(20_000))).jobs) == 20_000


# What would change.


def row(name: str, columns: dict[str, Value]) -> Row:
    partition, _, rest = name.partition("/")
    return Row(partition, rest, columns)


def table(*rows: Row) -> dict[Key, Row]:
    return {one.key: one for one in rows}


def changes(text: str, *rows: Row, prune: bool = False) -> list[tuple[str, str, dict[str, Any]]]:
    """What a file would do to rows: the act, the job, and each cell's value before and after."""
    steps = plan(read(text), table(*rows), prune=prune).steps
    return [
        ("/".join(one.key), one.act, {cell.column: (cell.before, cell.after) for cell in one.cells}) for one in steps
    ]


def test_a_job_that_is_not_there_is_added_and_its_watermark_begins_where_the_file_says() -> None:
    found = changes("jobs: {a/b: {Image: x, Watermark: 2026-01-01}}")
    assert found == [("a/b", Act.ADD, {"Image": (None, "x"), "Watermark": (None, "2026-01-01")})]


def test_a_cell_that_the_file_leaves_out_is_emptied() -> None:
    there = row("a/b", {"Image": "x", "Timeout": "5m", "Status": "Failed", "NextRun": "x"})
    assert changes("jobs: {a/b: {Image: y}}", there) == [
        ("a/b", Act.CHANGE, {"Image": ("x", "y"), "Timeout": ("5m", None)})
    ]


def test_a_pause_and_a_watermark_outlive_a_file_that_does_not_speak_of_them() -> None:
    there = row("a/b", {"Image": "x", "Enabled": False, "PausedReason": "on call", "Watermark": "5", "Request": "run"})
    assert changes("jobs: {a/b: {Image: x, Watermark: 1}}", there) == []
    assert changes("jobs: {a/b: {Image: x, Enabled: true}}", there) == [("a/b", Act.CHANGE, {"Enabled": (False, True)})]


def test_columns_that_somebody_else_writes_are_kept_where_the_file_says_so() -> None:
    there = row("a/b", {"Image": "x@sha256:1", "PreviousImage": "x@sha256:0", "Owner": "we"})
    assert changes("keep: [Image]\njobs: {a/b: {}}", there) == [("a/b", Act.CHANGE, {"Owner": ("we", None)})]


def test_jobs_that_the_file_leaves_out_are_removed_only_on_request_and_only_in_its_groups() -> None:
    rows = (
        row("a/b", {"Image": "x"}),
        row("a/old", {"Image": "x"}),
        row("other/c", {"Image": "x"}),
        row("_crontable/x", {}),
    )
    assert changes("jobs: {a/b: {Image: x}}", *rows) == []
    assert changes("jobs: {a/b: {Image: x}}", *rows, prune=True) == [("a/old", Act.REMOVE, {"Image": ("x", None)})]
    assert changes("jobs: {}", *rows, prune=True) == []


def test_templates_come_first_and_go_last() -> None:
    rows = (row("a/_old", {"Image": "x"}), row("a/gone", {"Template": "_old"}))
    found = changes("jobs: {a/b: {Template: _new}, a/_new: {Image: x}}", *rows, prune=True)
    assert [(name, act) for name, act, _ in found] == [
        ("a/_new", Act.ADD), ("a/b", Act.ADD), ("a/gone", Act.REMOVE), ("a/_old", Act.REMOVE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "before", "after", "alike"),
    [
        ("Cpu", "2.0", 2, True),
        ("Cpu", 2, 3, False),
        ("Enabled", "yes", True, True),
        ("Env", "A=1\nB=2", '{"B": "2", "A": "1"}', True),
        ("Env", '{"A": "1"}', '{"A": "2"}', False),
        ("Spec", '{"a":1,"b":2}', '{"b": 2, "a": 1}', True),
        ("Command", '["a","b"]', '["a", "b"]', True),
        ("Command", '["a","b"]', '["b", "a"]', False),
        ("Locations", "a, b", '["a", "b"]', True),
        ("Image", "", " ", True),
        ("Image", b"x", "x", False),
        ("Description", " x ", "x", True),
    ],
)
def test_cells_that_mean_the_same_are_no_difference(
    column: str, before: Value, after: Value | None, alike: bool
) -> None:
    assert same(column, before, after) is alike


# There and back.

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
ODD = st.sampled_from(
    ["1.10", "yes", "null", "~", "- a", "a: b", "# x", "'", '"', "[1", "{", "*x", "@daily", "1e5", "=", "<<"]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def _json(trees: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return trees.map(json.dumps)


CELLS = {
    "Env": _json(st.dictionaries(TEXTS, TEXTS | ODD, max_size=3)) | TEXTS,
    "Spec": _json(TREES) | TEXTS,
    "Command": _json(st.lists(TEXTS | ODD, max_size=3)) | TEXTS | ODD,
    "Cpu": st.integers(0, 50) | st.floats(0, 50) | st.sampled_from(["2", "2.0", "lots"]),
    "Enabled": st.booleans() | st.sampled_from(["yes", "No", "maybe"]),
    "StartAt": st.datetimes(timezones=st.just(UTC)) | TEXTS,
    **{name: TEXTS | ODD | st.integers() for name in ("Image", "Description", "Timeout", "Template", "GitRevision")},
}
ROWS = st.lists(
    st.builds(
        lambda partition, name, cells: Row(partition, name, {**cells, "Status": "Failed"}),
        NAMES, st.tuples(st.sampled_from(["", "_"]), NAMES).map("".join), st.fixed_dictionaries({}, optional=CELLS),
    ),
    max_size=4, unique_by=lambda one: one.key,
)  # fmt: skip


@given(ROWS)
@settings(deadline=None)
def test_what_is_written_is_read_back_and_nothing_is_to_do(rows: list[Row]) -> None:
    text = dumped({"jobs": written(rows)})
    assert changes(text, *rows, prune=True) == []


@given(ROWS)
@settings(deadline=None)
def test_what_is_written_makes_the_same_rows_elsewhere(rows: list[Row]) -> None:
    wanted = {one.key: dict(one.cells) for one in read(dumped({"jobs": written(rows)})).jobs}
    assert set(wanted) == {one.key for one in rows}
    for one in rows:
        cells = sayable(one)
        assert set(wanted[one.key]) == set(cells)
        assert all(same(name, value, wanted[one.key][name]) for name, value in cells.items())


def test_every_column_that_people_own_is_said_or_told_to_be_left_out() -> None:
    there = row("a/b", dict.fromkeys(OWNED, "x"))
    assert set(OWNED) - set(sayable(there)) == {"Watermark", "Request"}
