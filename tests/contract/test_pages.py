"""What somebody who turns pages relies on in a table, in the world of stories and in Azurite alike."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import cursor
from scheduler.ports import ANY, BatchRefused, Delete, Table, Where
from tests.contract.rows import cells, insert, merge, names
from tests.world import Clock, Journal, MemoryTable

OURS: Where = [[("PartitionKey", "eq", "p"), ("Mine", "eq", True)]]


def turned(table: Table, where: Where, limit: int) -> list[list[str]]:
    """Turn page after page; gives the names on each."""
    pages: list[list[str]] = []
    after = ""
    while not pages or after:
        part = table.page(where, (), limit, after)
        pages.append([row.name for row in part.rows])
        after = part.next
    return pages


def test_pages_hold_every_row_once_in_order(table: Table) -> None:
    table.submit([insert(f"{number:02}", Mine=number % 3 > 0) for number in range(30)])
    pages = turned(table, OURS, 7)
    assert [name for page in pages for name in page] == [f"{number:02}" for number in range(30) if number % 3]
    assert [len(page) for page in pages[:3]] == [7, 7, 6]


def test_a_page_goes_on_behind_the_last_row_though_rows_came_and_went_before_it(table: Table) -> None:
    table.submit([insert(name) for name in ("b", "c", "d", "e")])
    first = table.page([], (), 2)
    table.submit([insert("a"), Delete(("p", "b"))])
    assert [row.name for row in table.page([], (), 2, first.next).rows] == ["d", "e"]


def test_a_page_is_cut_to_what_was_asked_for_and_keeps_its_rows_identity(table: Table) -> None:
    (etag,) = table.submit([insert("a", X=1, Y=2)])
    (row,) = table.page([], ["X"], 10).rows
    assert (row.key, row.columns, row.etag) == (("p", "a"), {"X": 1}, etag)


def test_of_an_unbounded_limit_a_thousand_rows_are_one_page(table: Table) -> None:
    for batch in range(11):
        table.submit([insert(f"{batch:02}-{number:02}") for number in range(100)])
    assert [len(page) for page in turned(table, [], 5_000)] == [1_000, 100]


def test_an_empty_or_missing_table_is_one_empty_page(table: Table) -> None:
    assert turned(table, OURS, 5) == [[]]
    table.submit([insert("a")])
    assert turned(table, OURS, 5) == [[]]


def test_a_page_may_be_empty_and_yet_have_a_next_one() -> None:
    """The service stops after seconds of search, and answers with a place instead of rows."""
    table = MemoryTable("runs", Clock(), Journal())
    table.scanned = 3
    table.submit([insert(f"{number}", Mine=number in {0, 8}) for number in range(9)])
    assert turned(table, OURS, 5) == [["0"], [], ["8"]]


MANGLED = [
    "x",
    "null",
    "eyJ",
    "W10",
    "WzEsMl0",
    "é",
    "../..",
    "<script>",
    "A" * 9_000,
    "Wy" * 400,
    " ",
    "AAAA",
    "[" * 9,
]


@pytest.mark.parametrize("after", MANGLED)
def test_a_mangled_cursor_gets_a_sentence(table: Table, after: str) -> None:
    with pytest.raises(ValueError, match=r"after is .* it must be what the page before gave"):
        table.page([], (), 5, after)


def test_a_cursor_that_leads_out_of_what_was_asked_for_shows_nothing_of_it(table: Table) -> None:
    table.submit([insert("a", partition="other"), insert("b", partition="other")])
    table.submit([insert("a", Mine=True)])
    leads = table.page([[("PartitionKey", "eq", "other")]], (), 1).next
    assert {row.partition for row in table.page(OURS, (), 5, leads).rows} <= {"p"}


@given(st.tuples(st.none() | st.text(), st.none() | st.text()).filter(any))
def test_a_cursor_stands_in_an_address_as_it_is_and_comes_back(place: cursor.Place) -> None:
    written = cursor.write(place)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", written)
    assert cursor.read(written) == place


@given(st.text())
def test_whatever_is_typed_for_a_cursor_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert cursor.write(cursor.read(text)) == text


# deletes


def test_a_deleted_row_is_gone_and_has_no_etag(table: Table) -> None:
    (etag, _) = table.submit([insert("a"), insert("b", X=1)])
    gone, changed = table.submit([Delete(("p", "a"), etag), merge("b", ANY, X=2)])
    assert (gone, names(table), cells(table, "b")) == ("", ["b"], {"X": 2})
    assert changed


def test_a_row_that_somebody_changed_is_not_deleted(table: Table) -> None:
    (old,) = table.submit([insert("a", X=1)])
    table.submit([merge("a", old, X=2)])
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("b"), Delete(("p", "a"), old)])
    assert (refused.value.status, refused.value.index) == (412, 1)
    assert names(table) == ["a"]


def test_a_row_that_is_gone_refuses_the_deletes_of_its_batch(table: Table) -> None:
    table.submit([insert("a"), insert("b")])
    with pytest.raises(BatchRefused) as refused:
        table.submit([Delete(("p", "a")), Delete(("p", "gone"))])
    assert (refused.value.status, refused.value.index) == (404, 1)
    assert names(table) == ["a", "b"]


def test_a_hundred_rows_are_deleted_at_once(table: Table) -> None:
    table.submit([insert(f"{number:02}") for number in range(100)])
    assert set(table.submit([Delete(("p", f"{number:02}")) for number in range(100)])) == {""}
    assert names(table) == []
