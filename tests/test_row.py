"""Sentinels, milliseconds and ISO texts: how an instant is written in a row, and read back."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scheduler.cloud.cells import instant
from scheduler.row import NEVER, UNSET, Row, Value, iso, known, whole_milliseconds


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("story", "cell", "read"),
    [
        ("an instant", at("2026-11-22T09:00:00Z"), at("2026-11-22T09:00:00Z")),
        ("an instant of another offset", at("2026-11-22T10:00:00+01:00"), at("2026-11-22T09:00:00Z")),
        ("no cell", None, None),
        ("will not come", NEVER, None),
        ("later than never", at("9999-12-31T23:59:59Z"), None),
        ("has not been", UNSET, None),
        ("earlier than the service can hold", at("0001-01-01T00:00:00Z"), None),
        ("typed as text", "2026-11-22T09:00:00Z", None),
        ("a number", 1, None),
        ("a flag", True, None),
        ("binary", b"2026", None),
    ],
)
def test_a_cell_is_a_known_instant_or_none(story: str, cell: Value | None, read: datetime | None) -> None:
    assert known(cell) == read, story


def test_a_known_instant_is_in_utc() -> None:
    read = known(at("2026-11-22T10:00:00+01:00"))
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "cut"),
    [
        ("2026-11-22T09:00:00.999999Z", "2026-11-22T09:00:00.999Z"),
        ("2026-11-22T09:00:00.000999Z", "2026-11-22T09:00:00Z"),
        ("2026-11-22T10:00:00.123456+01:00", "2026-11-22T09:00:00.123Z"),
    ],
)
def test_milliseconds_are_cut_and_never_rounded_into_the_future(moment: str, cut: str) -> None:
    assert iso(whole_milliseconds(at(moment))) == cut
    assert whole_milliseconds(at(moment)) <= at(moment)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 9, tzinfo=UTC), "2026-11-22T09:00:00Z"),
        (datetime(2026, 11, 22, 9, 0, 0, 120_000, UTC), "2026-11-22T09:00:00.120Z"),
        (datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2026-11-22T09:00:00Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_a_z(moment: datetime, text: str) -> None:
    assert iso(moment) == text


def test_a_row_is_named_by_its_two_keys() -> None:
    assert Row("weather", "extract").key == ("weather", "extract")


def test_the_two_passes_of_an_hour_that_comes_twice_are_told_apart() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second  # so Python says, of one zone
    assert (iso(first), iso(second)) == ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
    assert (instant(first), instant(second)) == ("2026-10-25T00:30:00.0000000Z", "2026-10-25T01:30:00.0000000Z")
