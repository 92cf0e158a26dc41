"""What a person may type into a cell: any type is taken where it can mean something, else refused with the rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler import cell
from scheduler.cell import Fault, Faults

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hourly", "hourly"),
        ("  hourly ", "hourly"),
        (5, "5"),
        (5.0, "5"),
        (0.25, "0.25"),
        (True, "true"),
        (False, "false"),
        (NINE, "2026-11-22T09:00:00Z"),
        ("", ""),
    ],
)
def test_any_value_is_text_where_text_is_meant(typed: Any, read: str) -> None:
    assert cell.text("Owner", typed) == read


@pytest.mark.parametrize("typed", [2, 2.0, "2", "2.0", " 2 ", "2e0"])
def test_two_is_two_however_it_is_typed(typed: Any) -> None:
    assert cell.number("Cpu", typed, 0.1, 31) == 2
    assert cell.whole("Priority", typed, -10, 10) == 2


@pytest.mark.parametrize("typed", ["lots", "", "2 cores", "2,5", True, False, NINE, b"2", "nan", "inf", 31.5, 0, -2])
def test_a_number_that_is_none_or_out_of_bounds_names_the_bounds(typed: Any) -> None:
    with pytest.raises(Fault, match=r"^Cpu is .*: it must be a number from 0\.1 to 31\.$"):
        cell.number("Cpu", typed, 0.1, 31)


def test_a_broken_number_is_refused_where_a_whole_one_is_meant() -> None:
    with pytest.raises(Fault, match=r"^Priority is '1\.5': it must be a whole number from -10 to 10\.$"):
        cell.whole("Priority", "1.5", -10, 10)


@pytest.mark.parametrize("typed", [True, 1, 1.0, "1", "true", "True", "TRUE", "yes", "Yes", "on", " yes "])
def test_yes_in_any_spelling(typed: Any) -> None:
    assert cell.flag("Enabled", typed) is True


@pytest.mark.parametrize("typed", [False, 0, 0.0, "0", "false", "False", "no", "NO", "off"])
def test_no_in_any_spelling(typed: Any) -> None:
    assert cell.flag("Enabled", typed) is False


@pytest.mark.parametrize("typed", ["perhaps", 2, -1, NINE, ""])
def test_a_flag_that_is_neither_is_refused(typed: Any) -> None:
    with pytest.raises(Fault, match=r"^Enabled is '.*': it must be true or false\.$"):
        cell.flag("Enabled", typed)


def test_a_choice_is_blind_to_case_and_names_the_words() -> None:
    assert cell.choice("Overlap", " Skip", ["skip", "wait"]) == "skip"
    with pytest.raises(Fault, match=r"^Overlap is 'queue': it must be skip, wait or allow\.$"):
        cell.choice("Overlap", "queue", ["skip", "wait", "allow"])
    with pytest.raises(Fault, match=r"^Overlap is 'queue': it must be skip\.$"):
        cell.choice("Overlap", "queue", ["skip"])


@pytest.mark.parametrize("column", cell.SECRET)
def test_a_column_in_which_a_secret_may_stand_is_not_repeated(column: str) -> None:
    assert str(Fault(column, "hunter2", "it must be a reference.")) == f"{column} is refused: it must be a reference."


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("1h, 30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1D", DAY),
        ("24 h", DAY),
        ("1s", timedelta(seconds=1)),
    ],
)
def test_a_length_of_time_has_units(typed: str, read: timedelta) -> None:
    assert cell.duration("Timeout", typed, DAY) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2 days", 2 * DAY),
        ("1 day", DAY),
        ("15 minutes", timedelta(minutes=15)),
        ("15min", timedelta(minutes=15)),
        ("1 hour 30 minutes", timedelta(minutes=90)),
        ("90 seconds", timedelta(seconds=90)),
        ("90 sec", timedelta(seconds=90)),
        ("2 Hours", timedelta(hours=2)),
    ],
)
def test_units_may_be_written_out(typed: str, read: timedelta) -> None:
    assert cell.duration("Timeout", typed, 2 * DAY) == read


@pytest.mark.parametrize("typed", ["3600", 3600, "1", "soon", "0s", "0.5s", "25h", "-5m", "5m!", "m", True, NINE, ""])
def test_a_length_without_unit_or_out_of_bounds_is_refused(typed: Any) -> None:
    with pytest.raises(Fault, match=r"^Timeout is '.*': it must be a length of time such as .* from 1s to 1d\.$"):
        cell.duration("Timeout", typed, DAY)


@pytest.mark.parametrize("typed", [0, "0", "0s", 0.0, " 0 "])
def test_no_time_at_all_is_a_length_where_it_is_allowed(typed: Any) -> None:
    assert cell.duration("Jitter", typed, DAY, timedelta(0)) == timedelta(0)
    with pytest.raises(Fault, match=r"from 1m to 1d\.$"):
        cell.duration("Grace", typed, DAY, timedelta(minutes=1))


@pytest.mark.parametrize(
    ("lasting", "written"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=90), "90m"),
        (timedelta(hours=36), "36h"),
        (30 * DAY, "30d"),
    ],
)
def test_a_length_is_written_as_it_is_typed(lasting: timedelta, written: str) -> None:
    assert cell.length(lasting) == written
    assert cell.duration("Timeout", written, 30 * DAY, timedelta(0)) == lasting


def test_a_length_beyond_all_bounds_is_refused_too() -> None:
    with pytest.raises(Fault):
        cell.duration("Timeout", "999999999d 999999999d", DAY)


@pytest.mark.parametrize(
    ("typed", "zone", "read"),
    [
        (NINE, "Europe/Berlin", "2026-11-22T09:00:00+00:00"),
        ("2026-11-22T09:00:00Z", "Europe/Berlin", "2026-11-22T09:00:00+00:00"),
        ("2026-11-22T09:00", "Europe/Berlin", "2026-11-22T08:00:00+00:00"),
        ("2026-11-22 09:00", "UTC", "2026-11-22T09:00:00+00:00"),
        ("2026-11-22", "America/New_York", "2026-11-22T05:00:00+00:00"),
        ("2026-11-22T09:00:00.1234567Z", "UTC", "2026-11-22T09:00:00.123456+00:00"),
    ],
)
def test_an_instant_is_a_date_cell_or_text_in_the_rows_zone(typed: Any, zone: str, read: str) -> None:
    assert cell.moment("StartAt", typed, zone).isoformat() == read


@pytest.mark.parametrize("typed", ["tomorrow", "2026-13-01", 20, 1.5, True, "0001-01-01T00:00:00+05:00", b"2026"])
def test_what_is_no_instant_is_refused(typed: Any) -> None:
    with pytest.raises(Fault, match=r"^StartAt is .*: it must be an instant such as 2026-11-22T09:00:00Z\."):
        cell.moment("StartAt", typed, "UTC")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ('{"MODE": "full", "DAYS": 3, "DRY": true}', {"MODE": "full", "DAYS": "3", "DRY": "true"}),
        ("MODE=full\nURL=a=b\n\n", {"MODE": "full", "URL": "a=b"}),
        ("MODE = full", {"MODE": "full"}),
        ("MODE=", {"MODE": ""}),
        ("{}", {}),
    ],
)
def test_variables_are_an_object_or_lines(typed: str, read: dict[str, str]) -> None:
    assert cell.variables("Env", typed, 1000, ["DUE"]) == read


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("MODE", "it must be a JSON object, or NAME=VALUE, one a line."),
        (5, "it must be a JSON object, or NAME=VALUE, one a line."),
        ('{"A": ', 'it must be a JSON object of texts, such as {"MODE": "full"}. '),
        ('{"A": []}', 'it must be a JSON object of texts, such as {"MODE": "full"}.'),
        ('{"A": NaN}', "NaN is not JSON"),
        ('{"A": -1e999}', "-1e999 is not JSON"),
        ('{"A":' * 400, "it must be a JSON object of texts"),
        ("2ND=x", "a variable's name has 1 to 63 letters, digits and _, and no digit first."),
        ("=x", "a variable's name has 1 to 63"),
        ("A-B=x", "a variable's name has 1 to 63"),
        (f"{'A' * 64}=x", "a variable's name has 1 to 63"),
        ("DUE=now", "the scheduler tells the run DUE, JOB: choose another name."),
        (f"A={'x' * 4000}", "it has 4,002 bytes, and at most 4,000 are allowed: a file or blob holds more."),
        (f"A={'é' * 2000}", "it has 4,002 bytes"),
    ],
)
def test_variables_that_cannot_be_are_refused_with_the_rule(typed: Any, sentence: str) -> None:
    with pytest.raises(Fault) as refused:
        cell.variables("Env", typed, 4000, ["DUE", "JOB"])
    assert str(refused.value).startswith("Env is '")
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("a, b,c", ("a", "b", "c")), ('["a", "b, c"]', ("a", "b, c")), ("", ()), ("[]", ()), (5, ("5",))],
)
def test_several_texts_are_a_list_or_separated_by_commas(typed: Any, read: tuple[str, ...]) -> None:
    assert cell.words("Identity", typed) == read


@pytest.mark.parametrize("typed", ["[", "[1]", '["a"', "[" * 30_000])
def test_a_list_of_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(Fault, match=r"^Identity is '.*: it must be a list "):
        cell.words("Identity", typed)


BINARY: list[Callable[[], object]] = [
    lambda: cell.text("X", b"x"),
    lambda: cell.flag("X", b"x"),
    lambda: cell.choice("X", b"x", ["x"]),
    lambda: cell.duration("X", b"1h", DAY),
    lambda: cell.variables("X", b"A=1", 100, []),
    lambda: cell.words("X", b"a,b"),
]


@pytest.mark.parametrize("read", BINARY)
def test_binary_is_text_nowhere(read: Callable[[], object]) -> None:
    with pytest.raises(Fault, match="it must be text, and is of type Binary"):
        read()


@pytest.mark.parametrize("value", ["x" * 30_000, b"x" * 30_000, "\n\x00\ud800" * 9000, 10**400])
def test_a_huge_or_odd_value_is_quoted_short_and_printable(value: Any) -> None:
    quoted = cell.shown(value)
    assert len(quoted) < 400
    assert quoted.isprintable()


def test_all_faults_of_a_row_are_collected_and_good_cells_are_read() -> None:
    faults = Faults()
    assert faults.take(lambda: cell.number("Cpu", "lots", 1, 4), 1.0) == 1.0
    assert faults.take(lambda: cell.flag("Enabled", "yes"), otherwise=False) is True
    assert faults.take(lambda: cell.flag("Paused", "maybe"), otherwise=False) is False
    assert [fault.partition(" ")[0] for fault in faults] == ["Cpu", "Paused"]
