"""From when on a chain counts: its column Upstreams over edits, and until each upstream was looked at."""

from datetime import datetime

import pytest

from scheduler import chain
from scheduler.baseline import grounded, renewed
from scheduler.chain import Upstream
from scheduler.row import Key
from tests.calendars import at

A, B = ("weather", "a"), ("weather", "b")
EDITED = at("10:30")
BEFORE = Upstream(at("10:00"), at("10:20"), None)
AFTER = Upstream(at("10:00"), at("10:40"), None)
NEVER = Upstream()


def seen(**times: str | None) -> str:
    return chain.to_text({f"weather/{name}": at(clock) if clock else None for name, clock in times.items()})


def due(written: str, upstreams: dict[str, Upstream], looked: datetime = EDITED) -> datetime | None:
    """The due time of the chain's link, by its column and its upstreams as a look at `looked` finds them."""
    found = chain.link(grounded(written, upstreams, looked), upstreams)
    return found.due if found else None


@pytest.mark.parametrize(
    ("story", "written", "names", "kept"),
    [
        ("what stays keeps what was seen of it", seen(a="09:00"), [A], {"weather/a": at("09:00")}),
        ("of which nothing was seen yet too", seen(a=None), [A], {"weather/a": None}),
        ("what goes is forgotten", seen(a="09:00", b="08:00"), [B], {"weather/b": at("08:00")}),
        ("no chain any more", seen(a="09:00"), [], {}),
        ("what is new counts from the edit", "", [A], {"new weather/a": EDITED}),
        ("beside what stays", seen(b="08:00"), [A, B], {"new weather/a": EDITED, "weather/b": at("08:00")}),
        ("a mangled cell makes all of them new", "{", [A], {"new weather/a": EDITED}),
    ],
)
def test_an_edit_of_the_list(story: str, written: str, names: list[Key], kept: dict[str, datetime | None]) -> None:
    assert chain.from_text(renewed(written, names, EDITED)) == kept, story


def test_a_second_edit_before_anybody_looked_keeps_the_instant_of_the_first() -> None:
    first = renewed("", [A], EDITED)
    assert renewed(first, [A], at("10:50")) == first


def test_a_row_without_upstreams_has_an_empty_cell() -> None:
    assert renewed("", [], EDITED) == ""


@pytest.mark.parametrize(
    ("story", "upstream", "expected"),
    [
        ("a success before the edit is history", BEFORE, None),
        ("a success after it is not", AFTER, at("10:00")),
        ("there was none", NEVER, None),
    ],
)
def test_the_history_of_a_new_upstream_is_not_run(story: str, upstream: Upstream, expected: datetime | None) -> None:
    assert due(renewed("", [A], EDITED), {"weather/a": upstream}, looked=at("10:50")) == expected, story


def test_the_edit_counts_though_a_later_write_of_ours_moved_the_timestamp() -> None:
    assert due(renewed("", [A], EDITED), {"weather/a": AFTER}, looked=at("11:00")) == at("10:00")


@pytest.mark.parametrize(("upstream", "expected"), [(BEFORE, None), (AFTER, at("10:00"))])
def test_a_cell_that_says_nothing_counts_from_the_rows_timestamp(upstream: Upstream, expected: datetime | None) -> None:
    assert due("", {"weather/a": upstream}) == expected
    assert due("[", {"weather/a": upstream}) == expected


def test_once_looked_at_an_upstream_is_new_no_more() -> None:
    written = chain.to_text(grounded(renewed("", [A], EDITED), {"weather/a": BEFORE}, EDITED))
    assert chain.from_text(written) == {"weather/a": at("10:00")}
    assert due(written, {"weather/a": Upstream(at("11:00"), at("11:05"))}) == at("11:00")


def test_one_that_never_succeeded_stays_awaited_and_its_first_success_counts() -> None:
    written = chain.to_text(grounded(renewed("", [A], EDITED), {"weather/a": NEVER}, EDITED))
    assert chain.from_text(written) == {"weather/a": None}
    assert due(written, {"weather/a": AFTER}) == at("10:00")


def test_a_new_upstream_beside_an_old_one_waits_for_its_own_success() -> None:
    written = renewed(seen(a="09:00"), [A, B], EDITED)
    upstreams = {"weather/a": Upstream(at("10:00"), at("10:05")), "weather/b": BEFORE}
    assert due(written, upstreams) is None
    assert due(written, upstreams | {"weather/b": Upstream(at("10:15"), at("10:35"))}) == at("10:15")


def test_an_upstream_that_was_taken_out_and_put_back_is_new_again() -> None:
    without = renewed(seen(a="09:00", b="09:00"), [B], EDITED)
    again = renewed(without, [A, B], at("10:50"))
    assert chain.from_text(again) == {"new weather/a": at("10:50"), "weather/b": at("09:00")}
