"""What counts as an edit of a row: the times in one part of its digest, the rest in the other."""

from datetime import UTC, datetime

import pytest

from scheduler.job import OWNED, SHARED, WHEN, Digest
from scheduler.row import Value
from scheduler.standing import COLUMNS

IMAGE: dict[str, Value] = {"Image": "registry.example/weather:1"}


@pytest.mark.parametrize("column", WHEN)
def test_a_change_of_the_times_shows_in_that_part_of_the_digest_only(column: str) -> None:
    before, after = Digest.of(IMAGE), Digest.of(IMAGE | {column: "x"})
    assert before.times != after.times
    assert before.rest == after.rest


@pytest.mark.parametrize("column", [name for name in OWNED if name not in WHEN and name not in SHARED])
def test_a_change_of_what_runs_shows_in_the_other_part(column: str) -> None:
    before, after = Digest.of({}), Digest.of({column: "x"})
    assert before.times == after.times
    assert before.rest != after.rest


@pytest.mark.parametrize("column", [*COLUMNS, *SHARED, "ColumnOfAnImport"])
def test_what_the_scheduler_or_a_stranger_writes_is_no_edit(column: str) -> None:
    assert Digest.of(IMAGE | {column: "x"}) == Digest.of(IMAGE)


def test_an_empty_cell_is_no_cell() -> None:
    assert Digest.of(IMAGE | {"Cpu": "", "Schedule": ""}) == Digest.of(IMAGE)


def test_a_cell_of_another_type_is_an_edit() -> None:
    typed: list[Value] = ["2", 2, 2.0, True, b"2", datetime(2026, 11, 22, tzinfo=UTC)]
    assert len({str(Digest.of({"Cpu": one})) for one in typed}) == len(typed)


def test_a_digest_is_its_two_parts_and_short_enough_for_a_cell() -> None:
    digest = Digest.of(IMAGE)
    assert str(digest) == f"{digest.times}-{digest.rest}"
    assert len(str(digest)) == 25
