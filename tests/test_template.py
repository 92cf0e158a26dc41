"""Templates: the nearest filled cell counts, what is a row's own stays its own, and a chain has an end."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.job import OWNED, Digest
from scheduler.row import Key, Row, Value
from scheduler.template import INHERITED, OWN, Inherited, inherit, is_template


def row(name: str, /, **cells: Any) -> Row:
    partition, slash, own = name.rpartition("/")
    return Row(partition if slash else "weather", own, cells, etag="7")


def inherited(first: Row, *others: Row) -> Inherited:
    return inherit(first, {one.key: one for one in others}.get)


def test_a_row_without_a_template_is_itself() -> None:
    alone = row("extract", Image="weather", Template=" ")
    assert inherited(alone) == (alone, (), (), ())


def test_an_empty_cell_is_the_templates_and_a_filled_one_the_rows_own() -> None:
    job = row("extract", Template="_python", Image=" ", Cpu=2, LastDue="x")
    answer = inherited(job, row("_python", Image="python:3", Cpu=4, Timeout="2h", LastDue="y", Foreign="z"))
    assert answer.row.columns == {"Template": "_python", "Image": "python:3", "Cpu": 2, "Timeout": "2h", "LastDue": "x"}
    assert (answer.row.key, answer.row.etag) == (job.key, "7")
    assert (answer.faults, answer.asked) == ((), (("weather", "_python"),))


@pytest.mark.parametrize("column", OWNED)
def test_every_column_of_a_person_is_inherited_but_those_that_are_a_rows_own(column: str) -> None:
    answer = inherited(row("extract", Template="_python"), row("_python", **{column: "x", "Template": ""}))
    assert (answer.row.columns.get(column) == "x") is (column not in OWN)
    assert set(INHERITED) == set(OWNED) - {"Watermark", "Request", "Template"}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("_python", ("weather", "_python")),
        (" _python ", ("weather", "_python")),
        ("team/_python", ("team", "_python")),
        ("load", ("weather", "load")),
        ("sales/load", ("sales", "load")),
        (7, ("weather", "7")),
    ],
)
def test_a_template_is_named_within_the_partition_or_with_another(typed: Any, key: Key) -> None:
    answer = inherited(row("extract", Template=typed), Row(*key, {"Image": "python:3"}))
    assert answer.asked == (key,)
    assert answer.row.columns["Image"] == "python:3"


def test_a_templates_own_template_is_read_in_the_partition_of_that_template() -> None:
    answer = inherited(
        row("extract", Template="team/_python"),
        row("team/_python", Template="_usual", Image="python:3"),
        row("team/_usual", Image="usual", Timeout="2h"),
    )
    assert answer.asked == (("team", "_python"), ("team", "_usual"))
    assert (answer.row.columns["Image"], answer.row.columns["Timeout"]) == ("python:3", "2h")
    assert answer.row.columns["Template"] == "team/_python"


def chain(length: int) -> list[Row]:
    return [
        row(f"_{n}", Template=f"_{n + 1}" if n < length else "", **{f"Cpu{n}": str(n)}) for n in range(1, length + 1)
    ]


def test_five_templates_may_stand_behind_each_other_and_no_more() -> None:
    assert inherited(row("extract", Template="_1"), *chain(5)).faults == ()
    (fault,) = inherited(row("extract", Template="_1"), *chain(6)).faults
    assert fault == (
        "Template is '_1': at most 5 templates may stand behind each other: weather/extract -> weather/_1 -> "
        "weather/_2 -> weather/_3 -> weather/_4 -> weather/_5 -> weather/_6."
    )


@pytest.mark.parametrize(
    ("cells", "others", "fault", "asked"),
    [
        ({"Template": "_python"}, [], "Template is '_python': there is no row weather/_python.", ["_python"]),
        ({"Template": "_a"}, [row("_a", Template="_b")], "Template is '_a': there is no row weather/_b.", ["_a", "_b"]),
        (
            {"Template": "extract"},
            [],
            "Template is 'extract': it leads back to itself: weather/extract -> weather/extract.",
            [],
        ),
        (
            {"Template": "_a"},
            [row("_a", Template="_b"), row("_b", Template="weather/_a")],
            "Template is '_a': it leads back to itself: weather/extract -> weather/_a -> weather/_b -> weather/_a.",
            ["_a", "_b"],
        ),
        (
            {"Template": "two words"},
            [],
            "Template is 'two words': it must name a row, such as _python or team/_python.",
            [],
        ),
        (
            {"Template": "_a"},
            [row("_a", Template="__b")],
            "Template of weather/_a is '__b': it must name a row, such as _python or team/_python.",
            ["_a"],
        ),
        ({"Template": b"x"}, [], "Template is \"b'x'\": it must be text, and is of type Binary.", []),
    ],
)
def test_a_template_that_cannot_be_followed_is_named(
    cells: dict[str, Value], others: list[Row], fault: str, asked: list[str]
) -> None:
    answer = inherited(row("extract", **cells), *others)
    assert answer.faults == (fault,)
    assert answer.asked == tuple(("weather", name) for name in asked)


def test_what_was_inherited_before_a_chain_broke_is_kept() -> None:
    answer = inherited(row("extract", Template="_a"), row("_a", Template="_gone", Image="python:3"))
    assert answer.row.columns["Image"] == "python:3"


def test_an_edit_of_a_template_is_an_edit_of_the_rows_that_inherit_from_it() -> None:
    job = row("extract", Template="_python")
    before, after = (inherited(job, row("_python", Image=image)).row for image in ("python:3", "python:4"))
    assert Digest.of(before.columns).rest != Digest.of(after.columns).rest


def test_a_row_whose_name_begins_with_an_underscore_is_a_template_only() -> None:
    assert is_template(("weather", "_python"))
    assert not is_template(("_weather", "python"))


CELLS = st.sampled_from(["_a", "_b", "c", "weather/_a", "x/_a", "", "/", "_", b"x", 5, True, "a" * 300])
ROWS = st.dictionaries(
    st.sampled_from(["_a", "_b", "c"]), st.dictionaries(st.sampled_from(["Template", "Image", "Cpu"]), CELLS)
)


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(ROWS, CELLS)
def test_no_chain_of_any_rows_raises_or_runs_on(rows: dict[str, dict[str, Value]], typed: Value) -> None:
    answer = inherited(row("extract", Template=typed), *(row(name, **cells) for name, cells in rows.items()))
    assert len(answer.asked) == len(set(answer.asked)) <= 5
    assert len(answer.faults) <= 1
    assert all(len(fault) < 600 for fault in answer.faults)
