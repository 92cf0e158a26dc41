"""What a tick relies on in a table, in the world of stories and in Azurite alike."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.ports import ANY, BatchRefused, Insert, Merge, Table
from scheduler.row import NEVER, UNSET, Value
from scheduler.run import State
from tests.contract.rows import cells, insert, merge, names

NOON = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)
VALUES: dict[str, Value] = {
    "Text": "it's 5 o'clock: ü, €, 𝄞, \"x\", \\, \n and \t",
    "Empty": "",
    "Yes": True,
    "No": False,
    "Small": -5,
    "Large": 2**40,
    "Double": 60.0,
    "Fraction": 0.25,
    "Noon": NOON,
    "Micro": NOON + timedelta(microseconds=4),
    "Never": NEVER,
    "Unset": UNSET,
    "Bytes": b"\x00\xff",
}


def test_a_missing_table_answers_like_an_empty_one(table: Table) -> None:
    assert table.query([]).rows == []
    assert table.read(("p", "a")) is None


def test_a_batch_into_a_missing_table_is_written(table: Table) -> None:
    table.submit([insert("a", X=1)])
    assert cells(table, "a") == {"X": 1}


def test_a_kept_row_in_a_missing_table_is_written(table: Table) -> None:
    table.keep(("p", "a"), {"X": 1})
    assert cells(table, "a") == {"X": 1}


def test_every_type_of_value_comes_back_as_it_was(table: Table) -> None:
    table.submit([Insert(("p", "a"), VALUES)])
    read = cells(table, "a")
    assert read == VALUES
    assert {name: type(value) for name, value in read.items()} == {name: type(VALUES[name]) for name in VALUES}


def test_an_instant_of_another_zone_comes_back_in_utc(table: Table) -> None:
    table.submit([insert("a", When=datetime.fromisoformat("2026-11-22T13:00:00+01:00"))])
    read = cells(table, "a")["When"]
    assert isinstance(read, datetime)
    assert read.isoformat() == "2026-11-22T12:00:00+00:00"


def test_an_enumeration_comes_back_as_plain_text(table: Table) -> None:
    table.submit([insert("a", State=State.FAILED)])
    assert type(cells(table, "a")["State"]) is str


def test_an_instant_without_a_zone_is_a_mistake_of_the_program(table: Table) -> None:
    with pytest.raises(ValueError, match="zone"):
        table.submit([Insert(("p", "a"), {"When": datetime(2026, 1, 1)})])  # noqa: DTZ001  that is the point


def test_a_merge_changes_the_named_cells_and_the_etag(table: Table) -> None:
    (first,) = table.submit([insert("a", X=1, Y=2)])
    (second,) = table.submit([merge("a", first, Y=3)])
    row = table.read(("p", "a"))
    assert row is not None
    assert (row.columns, row.etag) == ({"X": 1, "Y": 3}, second)
    assert first != second


def test_the_etags_of_a_batch_come_back_in_its_order(table: Table) -> None:
    etags = table.submit([insert(f"{number:03}") for number in reversed(range(100))])
    assert [row.etag for row in table.query([]).rows] == list(reversed(etags))


def test_every_write_of_a_row_gives_it_a_new_etag(table: Table) -> None:
    etags = [table.submit([insert("a")])[0]]
    for number in range(50):
        etags += table.submit([merge("a", etags[-1], X=number)])
    assert len(set(etags)) == 51


def test_a_row_that_somebody_changed_refuses_the_whole_batch(table: Table) -> None:
    (old,) = table.submit([insert("a", X=1)])
    table.submit([merge("a", old, X=2)])
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("b"), merge("a", old, X=3), insert("c")])
    assert (refused.value.status, refused.value.index) == (412, 1)
    assert refused.value.sentence
    assert (names(table), cells(table, "a")) == (["a"], {"X": 2})


def test_a_row_that_is_there_refuses_its_insert(table: Table) -> None:
    table.submit([insert("a", X=1)])
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("b"), insert("a", X=2)])
    assert (refused.value.status, refused.value.index) == (409, 1)
    assert names(table) == ["a"]


@pytest.mark.parametrize("etag", [ANY, "W/\"datetime'2026-11-22T12%3A00%3A00.0000000Z'\""])
def test_a_row_that_is_gone_refuses_its_merge(table: Table, etag: str) -> None:
    table.submit([insert("a")])
    with pytest.raises(BatchRefused) as refused:
        table.submit([merge("a", ANY, X=1), merge("gone", etag, X=1)])
    assert (refused.value.status, refused.value.index) == (404, 1)
    assert cells(table, "a") == {}


def test_a_single_change_that_is_refused_is_the_first(table: Table) -> None:
    table.submit([insert("a")])
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("a")])
    assert (refused.value.status, refused.value.index) == (409, 0)


def test_any_etag_takes_the_row_as_it_is(table: Table) -> None:
    table.submit([insert("a", X=1)])
    table.submit([merge("a", ANY, X=2)])
    assert cells(table, "a") == {"X": 2}


def test_a_row_can_be_in_a_batch_only_once(table: Table) -> None:
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("a"), insert("a")])
    assert (refused.value.status, refused.value.index) == (400, 1)


def test_a_cell_of_more_than_64_kib_is_refused(table: Table) -> None:
    table.submit([insert("fits", X="x" * 32 * 1024)])
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("small"), insert("large", X="x" * (32 * 1024 + 1))])
    assert (refused.value.status, refused.value.index) == (400, 1)
    assert names(table) == ["fits"]


def test_a_batch_of_more_than_4_mib_is_refused_without_blaming_a_row(table: Table) -> None:
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert(f"{number}", A="x" * 30_000, B="x" * 30_000) for number in range(100)])
    assert (refused.value.status, refused.value.index) == (413, None)
    assert names(table) == []


def test_a_batch_without_changes_is_nothing(table: Table) -> None:
    assert table.submit([]) == []


def test_a_hundred_changes_are_the_most(table: Table) -> None:
    with pytest.raises(ValueError, match="100"):
        table.submit([insert(f"{number}") for number in range(101)])


def test_a_batch_stays_in_one_partition(table: Table) -> None:
    with pytest.raises(ValueError, match="one "):
        table.submit([insert("a"), insert("a", partition="q")])


def test_keep_adds_and_merges_whatever_the_etag(table: Table) -> None:
    table.keep(("p", "a"), {"X": 1, "Y": 1})
    before = table.read(("p", "a"))
    table.keep(("p", "a"), {"Y": 2})
    after = table.read(("p", "a"))
    assert before
    assert after
    assert after.columns == {"X": 1, "Y": 2}
    assert after.etag != before.etag


@pytest.mark.parametrize(
    "key", [("o'brien", "a b%c"), ("ü+&=;€", "'' or true"), ("%2F", "$batch(1,'x')"), (" a", "a ")]
)
def test_keys_that_people_type_are_found_again(table: Table, key: tuple[str, str]) -> None:
    (etag,) = table.submit([Insert(key, {"X": 1})])
    table.submit([Merge(key, {"X": 2}, etag)])
    table.keep(key, {"Y": 3})
    row = table.read(key)
    assert row is not None
    assert (row.key, row.columns) == (key, {"X": 2, "Y": 3})
    assert table.query([[("PartitionKey", "eq", key[0]), ("RowKey", "eq", key[1])]]).rows == [row]


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a#b", "a?b", "a\nb", "x" * 513])
def test_a_key_that_cannot_be_is_refused_clearly(table: Table, name: str) -> None:
    assert table.read(("p", name)) is None
    with pytest.raises(ValueError, match="RowKey"):
        table.keep(("p", name), {})
    with pytest.raises(BatchRefused) as refused:
        table.submit([insert("good"), insert(name)])
    assert (refused.value.status, refused.value.index) == (400, 1)
    assert names(table) == []
