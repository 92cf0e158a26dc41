"""The lines of `tables export`: each cell comes back with its type, and a line that is wrong is named."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import archive
from scheduler.archive import Counts, Header, Record, Torn, Typed

HEADER = Header("2026-11-22T09:00:00Z", "store/Jobs", "sub", "group")
CELLS: dict[str, Typed] = {
    "Text": ("String", "Übermaß\n\U0001f600\ud800"),
    "Yes": ("Boolean", True),
    "Small": ("Int32", -5),
    "Long": ("Int64", "5"),
    "Whole": ("Double", 2.0),
    "None": ("Double", "NaN"),
    "Date": ("DateTime", "2026-11-22T09:00:00.1234567Z"),
    "Bytes": ("Binary", "AP8="),
    "Id": ("Guid", "d8d79aaa-c8e5-4709-97c6-e5f889641826"),
}
EXTRACT = Record("jobs", ("weather", "extract"), CELLS)


def whole(*lines: str, counts: Counts | None = None) -> list[bytes]:
    """The lines behind the first one."""
    rows = Counts(sum('"jobs"' in line for line in lines), sum('"runs"' in line for line in lines))
    return [line.encode() + b"\n" for line in (*lines, (counts or rows).line())]


def test_every_type_comes_back_as_it_was() -> None:
    (back,) = archive.read(whole(EXTRACT.line()))
    assert back == EXTRACT
    assert [type(value) for _, value in back.cells.values()] == [type(value) for _, value in CELLS.values()]


def test_a_line_is_one_that_a_person_can_read_and_search() -> None:
    line = Record("jobs", ("weather", "extract"), {"Cpu": ("Double", 2.0), "Schedule": ("String", "@daily")}).line()
    assert line == '{"table":"jobs","key":["weather","extract"],"cells":{"Cpu":{"Double":2.0},"Schedule":"@daily"}}'


LONGS = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    st.tuples(st.just("String"), st.text('a\xe9\u2603\n"\\\\\U0001f600\ud800', max_size=20)),
    st.tuples(st.just("Boolean"), st.booleans()),
    st.tuples(st.just("Int32"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("Int64"), LONGS.map(str)),
    st.tuples(st.just("Double"), st.floats(allow_nan=False, allow_infinity=False)),
)


@given(st.dictionaries(st.text("abcXYZ_", min_size=1), VALUES, max_size=5))
def test_any_cells_come_back(cells: dict[str, Typed]) -> None:
    record = Record("runs", ("p", "r|1"), cells)
    assert list(archive.read(whole(record.line()))) == [record]


def said(**parts: object) -> str:
    return json.dumps({"table": "jobs", "key": ["a", "b"], "cells": {}} | parts)


def cell(value: object) -> str:
    return said(cells={"X": value})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "it is no JSON: b'{'"),
        ("\xff", "it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"table": "jobs"}', "a row tells table, key and cells, and no more; here are table."),
        (said(more=1), "here are table, key, cells, more."),
        (said(table="Jobs"), "table is 'Jobs': it must be jobs, runs or audit."),
        (said(key=["a"]), "key is ['a']: it must be PartitionKey and RowKey."),
        (said(key=["a", 1]), "it must be PartitionKey and RowKey."),
        (said(key=["a/b", "c"]), "no row of a job or run has such a key"),
        (said(key=["_crontable", "heartbeat"]), "no row of a job or run has such a key"),
        (said(cells=[]), "cells must be an object"),
        (said(cells={"RowKey": "x"}), "'RowKey' cannot be a cell's name"),
        (said(cells={"X@odata.type": "x"}), "cannot be a cell's name"),
        (cell(None), "the cell X is 'None', which is no value of Table Storage with its type."),
        (cell(2.0), "the cell X is '2.0'"),
        (cell(2**31), "the cell X is '2147483648'"),
        (cell({"Int64": 5}), "the cell X is"),
        (cell({"Int64": str(2**63)}), "the cell X is"),
        (cell({"Double": "much"}), "the cell X is"),
        (cell({"DateTime": "2026-02-30T00:00:00Z"}), "the cell X is"),
        (cell({"DateTime": "2026-02-20T00:00:00"}), "the cell X is"),
        (cell({"DateTime": 5}), "the cell X is"),
        (cell({"Binary": "*"}), "the cell X is"),
        (cell({"Guid": "x"}), "the cell X is"),
        (cell({"Colour": "red"}), "the cell X is"),
        (cell({"Int64": "1", "Guid": "x"}), "the cell X is"),
        (cell({"Double": "x"}).replace('"x"', "NaN"), "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
    ],
)
def test_a_line_that_is_wrong_is_named_by_its_number(line: str, why: str) -> None:
    lines = [EXTRACT.line().encode(), line.encode("latin-1", "replace"), Counts(2).line().encode()]
    with pytest.raises(Torn) as torn:
        list(archive.read(lines))
    assert str(torn.value).startswith("line 3: ")
    assert why in str(torn.value)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "line 2: the file ends before its last line: it is not whole."),
        ([EXTRACT.line()], "line 3: the file ends before its last line"),
        (
            [EXTRACT.line(), Counts(2).line()],
            "line 3: it tells of {'jobs': 2, 'runs': 0, 'audit': 0}, and {'jobs': 1,",
        ),
        ([Counts().line(), EXTRACT.line()], "line 3: there is more behind the last line."),
    ],
)
def test_a_file_that_is_not_whole_is_told_so(lines: Sequence[str], why: str) -> None:
    with pytest.raises(Torn) as torn:
        list(archive.read([line.encode() for line in lines]))
    assert why in str(torn.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "this is no file of `tables export`"),
        (b"PK,RK,Schedule\n", "this is no file of `tables export`"),
        ("{}".encode("utf-16"), "this is no file of `tables export`"),
        (b'{"crontable":3}', "the file has version 3; this Crontable reads up to 2."),
        (b'{"crontable":1}', "it must tell exported, installation, subscription, resource_group."),
    ],
)
def test_another_kind_of_file_is_told_so(line: bytes, why: str) -> None:
    with pytest.raises(Torn) as torn:
        Header.read(line)
    assert str(torn.value).startswith("line 1: ")
    assert why in str(torn.value)


def test_the_first_line_comes_back() -> None:
    assert Header.read(HEADER.line().encode()) == HEADER


ENTRY = {
    "due": "2026-11-22T09:00:00Z", "attempt": 1, "trigger": "schedule", "run_id": "ct-x", "group": "ct-x",
    "tick": "t", "claimed": "2026-11-22T09:00:00Z", "lease": "2026-11-22T09:15:00Z", "timeout": 60,
    "start_timeout": 60, "state": "Running", "location": "", "watermark": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "key", "cells", "job"),
    [
        ("jobs", ("a", "b"), {"ActiveRuns": json.dumps([ENTRY])}, "a/b"),
        ("jobs", ("a", "b"), {"ActiveRuns": json.dumps([{**ENTRY, "state": "Waiting"}])}, ""),
        ("jobs", ("a", "b"), {"ActiveRuns": json.dumps([{**ENTRY, "removing": True}])}, "a/b"),
        ("jobs", ("a", "b"), {"ActiveRuns": "mangled"}, ""),
        ("jobs", ("a", "b"), {}, ""),
        ("runs", ("a", "b|123|001"), {"State": "Active"}, "a/b"),
        ("runs", ("a", "b|123|001"), {"State": "Succeeded"}, ""),
    ],
)
def test_a_row_tells_of_a_run_that_has_a_container_group(
    table: str, key: tuple[str, str], cells: dict[str, str], job: str
) -> None:
    assert Record(table, key, {name: ("String", text) for name, text in cells.items()}).open_run == job


def test_a_file_of_the_first_version_which_knew_of_no_audit_is_read() -> None:
    lines = [EXTRACT.line().encode(), b'{"end": {"jobs": 1, "runs": 0}}']
    assert list(archive.read(lines)) == [EXTRACT]
    head = {"crontable": 1, "exported": "", "installation": "a", "subscription": "", "resource_group": ""}
    assert Header.read(json.dumps(head).encode()).installation == "a"
