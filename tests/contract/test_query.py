"""What a look relies on in a table, in the world of stories and in Azurite alike."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.ports import Table, Where
from scheduler.row import NEVER, UNSET, Value
from tests.contract.rows import insert, names

NOON = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)


def test_a_query_gives_rows_in_the_order_of_their_keys(table: Table) -> None:
    for partition in "qp":
        table.submit([insert(name, partition=partition) for name in "cab"])
    assert [row.key for row in table.query([]).rows] == [(p, n) for p in "pq" for n in "abc"]


def test_a_query_is_any_of_all_of(table: Table) -> None:
    table.submit([insert("a", X=1, Y=True), insert("b", X=2, Y=True), insert("c", X=3, Y=False), insert("d")])
    where: Where = [[("X", "ge", 2), ("Y", "eq", True)], [("X", "lt", 2)], [("RowKey", "eq", "d")]]
    assert [row.name for row in table.query(where).rows] == ["a", "b", "d"]


TEXTS: dict[str, Value] = {"its": "it's", "other": "other"}
FLAGS: dict[str, Value] = {"yes": True, "no": False}
INSTANTS: dict[str, Value] = {"noon": NOON, "unset": UNSET, "never": NEVER}
NUMBERS: dict[str, Value] = {"seven": 7, "eight": 8}
LARGE: dict[str, Value] = {"large": 2**33, "larger": 2**40}
FRACTIONS: dict[str, Value] = {"half": 0.5, "more": 1.5}


@pytest.mark.parametrize(
    ("written", "how", "value", "found"),
    [
        (TEXTS, "eq", "it's", ["its"]),
        (TEXTS, "eq", "nowhere", []),
        (FLAGS, "eq", True, ["yes"]),
        (INSTANTS, "le", NOON, ["noon", "unset"]),
        (INSTANTS, "lt", NOON, ["unset"]),
        (INSTANTS, "ge", NEVER, ["never"]),
        (NUMBERS, "eq", 7, ["seven"]),
        (LARGE, "ge", 2**40, ["larger"]),
        (FRACTIONS, "eq", 0.5, ["half"]),
    ],
)
def test_a_condition_finds_the_value_that_was_written(
    table: Table, written: dict[str, Value], how: str, value: Value, found: list[str]
) -> None:
    """One type a time, because Azurite mixes what the service keeps apart: see the strict tests."""
    table.submit([insert(name, X=cell) for name, cell in written.items()])
    assert names(table, ("X", how, value)) == found


def test_a_missing_cell_is_never_found(table: Table) -> None:
    table.submit([insert("without"), insert("with", X=NOON)])
    assert names(table, ("X", "le", NEVER)) == ["with"]
    assert names(table, ("X", "ge", UNSET)) == ["with"]


def test_select_cuts_a_row_but_keeps_its_identity(table: Table) -> None:
    (etag,) = table.submit([insert("a", X=1, Y=2)])
    (row,) = table.query([], select=["X", "Nowhere"]).rows
    assert (row.key, row.columns, row.etag) == (("p", "a"), {"X": 1}, etag)
    whole = table.read(("p", "a"))
    assert whole is not None
    assert row.timestamp == whole.timestamp != UNSET


def test_a_limit_gives_the_first_rows(table: Table) -> None:
    table.submit([insert(f"{number}", Odd=bool(number % 2)) for number in range(9)])
    assert [row.name for row in table.query([[("Odd", "eq", True)]], limit=2).rows] == ["1", "3"]
    assert len(table.query([], limit=50).rows) == 9


def test_more_rows_than_fit_into_one_answer_all_come(table: Table) -> None:
    for batch in range(11):
        table.submit([insert(f"{batch:02}-{number:02}") for number in range(100)])
    found = [row.name for row in table.query([]).rows]
    assert len(found) == len(set(found)) == 1_100
    assert len(table.query([], limit=1_050).rows) == 1_050


def test_every_write_moves_the_timestamp_by_which_an_edit_is_found(table: Table) -> None:
    table.submit([insert("old"), insert("edited")])
    row = table.read(("p", "edited"))
    assert row is not None
    assert names(table, ("Timestamp", "ge", row.timestamp - timedelta(minutes=2))) == ["edited", "old"]
    assert names(table, ("Timestamp", "ge", row.timestamp + timedelta(minutes=2))) == []


def test_a_page_tells_the_services_own_time(table: Table) -> None:
    table.submit([insert("a")])
    page = table.query([])
    assert abs(page.date - page.rows[0].timestamp) < timedelta(minutes=1)
    assert page.date.tzinfo is not None
