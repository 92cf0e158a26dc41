"""The cell Request: what a person may type, and what it orders."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import request
from scheduler.cell import Fault
from scheduler.request import Backfill, Cancel, Command, Retry, Run, Unfit, canonical, read


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


NOVEMBER = at("2026-11-01T00:00Z")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", None),
        (" \n\t ", None),
        ("run", Run()),
        ("  RUN ", Run()),
        ("run 2026-11-01", Run(NOVEMBER)),
        ("run 2026-11-01T05:00", Run(at("2026-11-01T05:00Z"))),
        ("run  2026-11-01  05:00:30", Run(at("2026-11-01T05:00:30Z"))),
        ("Run 2026-11-01t05:00z", Run(at("2026-11-01T05:00Z"))),
        ("run 2026-11-01T05:00+05:30", Run(at("2026-10-31T23:30Z"))),
        ("run 2026-11-01T05:00:00.123Z", Run(at("2026-11-01T05:00:00.123Z"))),
        ("run 2026-11-01T05:00:00.1239999Z", Run(at("2026-11-01T05:00:00.123Z"))),
        ("run 2026-11-01T05:00:00.0000000Z", Run(at("2026-11-01T05:00Z"))),
        ("run watermark 2026-10-01", Run(None, "2026-10-01")),
        ("run WaterMark  Page=7; Token AbC==  ", Run(None, "Page=7; Token AbC==")),
        ("run watermark two  blanks", Run(None, "two  blanks")),
        ("run watermark watermark", Run(None, "watermark")),
        ('run watermark {"page": 1}', Run(None, '{"page": 1}')),
        ('run watermark ""', Run(None, "")),
        ("run watermark ''", Run(None, "")),
        ('run watermark "a"', Run(None, '"a"')),
        ("run 2026-11-01 watermark abc", Run(NOVEMBER, "abc")),
        ("run 2026-11-01\nwatermark abc", Run(NOVEMBER, "abc")),
        ("run 2026-11-01..2026-12-01", Backfill(NOVEMBER, at("2026-12-01T00:00Z"))),
        ("run 2026-11-01 .. 2026-11-01T12:00", Backfill(NOVEMBER, at("2026-11-01T12:00Z"))),
        ("run 2026-11-01..2026-12-01 watermark A..B", Backfill(NOVEMBER, at("2026-12-01T00:00Z"), "A..B")),
        ("run 2026-11-01..2026-12-01 watermark ''", Backfill(NOVEMBER, at("2026-12-01T00:00Z"), "")),
        ("retry", Retry()),
        ("Retry\n", Retry()),
        ("CANCEL", Cancel()),
    ],
)
def test_a_request_is_read_as_it_is_meant(text: str, command: Command | None) -> None:
    assert read(text, "UTC") == command
    assert read(canonical(text), "UTC") == command


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("run 2026-11-01", "2026-10-31T23:00Z"),
        ("run 2026-11-01T05:00", "2026-11-01T04:00Z"),
        ("run 2026-11-01T05:00Z", "2026-11-01T05:00Z"),
        ("run 2026-03-29T02:30", "2026-03-29T01:00Z"),  # the spring gap: its end
        ("run 2026-10-25T02:30", "2026-10-25T00:30Z"),  # the autumn fold: its first pass
        ("run 2026-10-25T02:30+01:00", "2026-10-25T01:30Z"),
    ],
)
def test_a_time_without_offset_is_of_the_rows_zone_and_read_as_its_schedule_reads_it(text: str, instant: str) -> None:
    assert read(text, "Europe/Berlin") == Run(at(instant))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start", "Request is 'start': it must be run, run 2026-11-01,"),
        ("runs", "it must be run"),
        ("run!", "it must be run"),
        ("true", "it must be run"),
        ("run now", "'now' is not a time: write 2026-12-24T18:00, which is in the row's TimeZone"),
        ("run 2026-13-01", "Request is 'run 2026-13-01': '2026-13-01' is not a time"),
        ("run 2026-11-01T25:00", "is not a time"),
        ("run 0001-01-01", "the years 2 to 9998."),
        ("run watermark", 'a value must stand behind watermark; the empty one is written "".'),
        ("run 2026-11-01 watermark ", "a value must stand behind watermark"),
        ("run 2026-11-01 watermarks a", "'2026-11-01 watermarks a' is not a time"),
        ("run watermark a\x07b", "its watermark must be printable text of at most 1,024 bytes."),
        ("run watermark \ud800", "printable"),
        ("run watermark " + "é" * 513, "at most 1,024 bytes"),
        ("run 2026-11-01..2026-11-01", "its second time must be later than its first; the second itself is not run."),
        ("run 2026-12-01..2026-11-01", "its second time must be later"),
        ("run 2026-11-01..", "'' is not a time"),
        ("run ..2026-11-01", "'' is not a time"),
        ("run ..", "'' is not a time"),
        ("run 2026-11-01...2026-12-01", "is not a time"),
        ("run 2026-11-01..2026-11-02..2026-11-03", "'2026-11-02..2026-11-03' is not a time"),
        ("retry 2026-11-01", "retry stands alone: remove what is behind it."),
        ("cancel all", "cancel stands alone"),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Fault) as fault:
        read(text, "UTC")
    assert str(fault.value).startswith("Request is ")
    assert says in str(fault.value)


def test_a_watermark_may_fill_its_kilobyte() -> None:
    assert read("run watermark " + "é" * 512, "UTC") == Run(None, "é" * 512)


def test_a_zone_that_is_none_is_the_zones_fault_and_only_where_it_is_needed() -> None:
    with pytest.raises(Fault, match="TimeZone is 'Mars': it must be an IANA time zone"):
        read("run 2026-11-01", "Mars")
    assert read("run watermark a", "Mars") == Run(None, "a")


@pytest.mark.parametrize(
    ("text", "one_way"),
    [
        (
            "  Run   2026-11-01t05:00z  ..  2026-12-01  WATERMARK  AbC  d ",
            "run 2026-11-01T05:00Z..2026-12-01 watermark AbC  d",
        ),
        ("CANCEL", "cancel"),
        (" Start  It ", "Start  It"),
        ("run Tomorrow", "run Tomorrow"),
        ("run watermark", "run watermark"),
        ("", ""),
    ],
)
def test_a_request_has_one_way_to_be_written(text: str, one_way: str) -> None:
    assert canonical(text) == one_way


TOKENS = st.sampled_from(
    [
        *("run", "RUN", "retry", "cancel", "watermark", "Watermark", "..", ".", "2026-11-01", "2026-03-29T02:30"),
        *("2026-11-01t05:00z", "05:00", ".5", "Z", "+01:00", " ", "\n", "\t", "''", '""', "é", "\x00", "\ud800", "AbC"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(TOKENS, max_size=7).map(" ".join),
    st.lists(TOKENS, max_size=7).map("".join),
    st.lists(TOKENS, max_size=6).map(lambda words: " ".join(["run", *words])),
)


def outcome(text: str) -> object:
    try:
        return read(text, "Europe/Berlin")
    except Fault as fault:
        return str(fault).isprintable(), Fault


@settings(derandomize=True, max_examples=800, deadline=None)
@given(text=TEXTS)
def test_whatever_is_typed_is_read_or_refused_and_its_one_way_means_the_same(text: str) -> None:
    command = outcome(text)
    assert outcome(canonical(text)) == command
    assert command != (False, Fault)
    assert canonical(canonical(text)) == canonical(text)
    if isinstance(command, Backfill):
        assert command.first < command.before


# Asked for part by part.


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (request.run(), Run()),
        (request.run(" 2026-11-01T05:00z "), Run(at("2026-11-01T05:00Z"))),
        (request.run(None, ""), Run(None, "")),
        (request.run("2026-11-01", " a..b watermark c "), Run(NOVEMBER, "a..b watermark c")),
        (request.backfill("2026-11-01", "2026-12-01", "x"), Backfill(NOVEMBER, at("2026-12-01T00:00Z"), "x")),
        (request.RETRY, Retry()),
        (request.CANCEL, Cancel()),
    ],
)
def test_parts_make_the_text_that_a_person_would_type(text: str, command: Command) -> None:
    assert read(text, "UTC") == command
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: request.run("soon"), "due is 'soon': it must be a time such as 2026-11-01 or 2026-11-01T05:00Z."),
        (lambda: request.run(""), "due is '': "),
        (lambda: request.run("2026-11-01..2026-11-05"), "due is '2026-11-01..2026-11-05': "),
        (lambda: request.run("2026-11-01 watermark x"), "due is '2026-11-01 watermark x': "),
        (lambda: request.run("2026-11-01\n"), "due is '2026-11-01\\n': "),
        (
            lambda: request.run(None, "a\x07"),
            "watermark is 'a\\x07': it must be printable text of at most 1,024 bytes.",
        ),
        (lambda: request.run(None, "é" * 513), "watermark is 'é"),
        (lambda: request.backfill("", "2026-11-01"), "first is '': "),
        (lambda: request.backfill("2026-11-01", "later"), "before is 'later': "),
        (
            lambda: request.backfill("2026-11-02", "2026-11-01"),
            "before is '2026-11-01': it must be later than 2026-11-02",
        ),
    ],
)
def test_a_part_that_is_wrong_is_told_by_its_own_name(ask: Any, said: str) -> None:
    with pytest.raises(Unfit) as unfit:
        ask()
    assert str(unfit.value).startswith(said)
    assert said.startswith(unfit.value.part)


@given(st.text(), st.text())
def test_whatever_is_typed_as_a_part_stays_one(due: str, watermark: str) -> None:
    try:
        asked = read(request.run(due, watermark), "UTC")
    except Unfit:
        return
    assert isinstance(asked, Run)
    assert asked.watermark == (watermark.strip() if watermark.strip() not in ('""', "''") else "")
