"""Pace: which runs may start now, which wait, in what order, and what an old answer of ACI still tells."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.pace import Allowances, Candidate, Made, Waiting, choose

NOW = datetime(2026, 11, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
#: What a fresh process knows.
NOTHING = Allowances()


def run(name: str, priority: int = 0, late: int = 0, location: str = "westeurope", *, made: bool = True) -> Candidate:
    return Candidate(("team", name), priority, NOW - late * MINUTE, location, made)


def names(chosen: list[Candidate]) -> str:
    return " ".join(one.key[1] for one in chosen)


def line(waiting: list[Waiting]) -> str:
    return " ".join(one.candidate.key[1] for one in waiting)


def test_priority_goes_first_then_the_older_due_time_then_the_name() -> None:
    starts = [run("b"), run("a"), run("late", late=5), run("low", priority=-1, late=60), run("high", priority=9)]
    chosen, waiting = choose(starts, 0, 90, NOTHING, NOW)
    assert names(chosen) == "high late a b low"
    assert waiting == []


def test_what_is_over_the_most_active_runs_waits_in_line_and_says_so() -> None:
    chosen, waiting = choose([run("a"), run("b"), run("c"), run("first", 1)], 88, 90, NOTHING, NOW)
    assert names(chosen) == "first a"
    assert line(waiting) == "b c"
    assert {(one.why, one.rationed) for one in waiting} == {("all 90 places of MAX_ACTIVE_RUNS are taken", False)}


def test_more_active_runs_than_allowed_let_none_start() -> None:
    assert choose([run("a")], 95, 90, NOTHING, NOW)[0] == []


def test_an_existing_group_neither_waits_nor_takes_a_place() -> None:
    none_left = NOTHING.told("westeurope", 0, 0, NOW)
    starts = [run("group", 5, made=False), run("made"), run("other", -5, location="northeurope")]
    chosen, waiting = choose(starts, 89, 90, none_left, NOW)
    assert names(chosen) == "group other"
    assert line(waiting) == "made"


def test_a_region_without_creations_left_does_not_hold_up_another() -> None:
    told = NOTHING.told("westeurope", 1, 200, NOW).told("northeurope", 99, 0, NOW)
    starts = [run("a"), run("b"), run("c"), run("n", location="North Europe"), run("u", location="uksouth")]
    chosen, waiting = choose(starts, 0, 90, told, NOW)
    assert names(chosen) == "a u"
    assert line(waiting) == "b c n"
    assert waiting[1].why == "ACI creates no more container groups in westeurope within these five minutes"
    assert waiting[2].why.endswith("in northeurope within this hour")
    assert all(one.rationed for one in waiting)


def test_what_a_region_grants_no_more_goes_to_the_next_of_its_own_in_order() -> None:
    told = NOTHING.told("westeurope", 1, 200, NOW).told("northeurope", 1, 200, NOW).told("uksouth", 0, 200, NOW)
    starts = [replace(run(name), others=("uksouth", "North Europe")) for name in "abc"]
    chosen, waiting = choose(starts, 0, 90, told, NOW)
    assert [(one.key[1], one.location) for one in chosen] == [("a", "westeurope"), ("b", "North Europe")]
    assert [one.why for one in waiting] == [
        "ACI creates no more container groups in westeurope within these five minutes, nor in uksouth, northeurope"
    ]
    assert (waiting[0].candidate, waiting[0].rationed) == (starts[2], True)


def test_who_comes_from_elsewhere_stands_in_line_with_those_who_live_there() -> None:
    told = NOTHING.told("westeurope", 0, 200, NOW).told("northeurope", 2, 200, NOW)
    away = [replace(run(name, priority), others=("northeurope",)) for name, priority in (("a", 5), ("c", 0))]
    chosen, waiting = choose([*away, run("b", location="northeurope")], 0, 90, told, NOW)
    assert (names(chosen), line(waiting)) == ("a b", "c")
    assert {one.location for one in chosen} == {"northeurope"}


def test_a_place_of_our_own_is_not_to_be_had_elsewhere() -> None:
    (waiting,) = choose([replace(run("a"), others=("uksouth",))], 90, 90, NOTHING, NOW)[1]
    assert waiting.why == "all 90 places of MAX_ACTIVE_RUNS are taken"


@pytest.mark.parametrize(
    ("five", "hour", "minutes", "left"),
    [
        (99, 294, 0, 99),
        (99, 20, 0, 20),
        (None, 20, 0, 20),
        (3, None, 0, 3),
        (3, 294, 5, 294),  # what five minutes ago was said of five minutes tells nothing
        (3, 294, 59, 294),
        (3, 294, 60, None),
        (3, None, 5, None),
        (0, 0, 4, 0),
        (0, 0, 5, 1),  # one is tried
        (0, 0, 60, None),
        (-1, -1, 0, 0),
        (0, 200, 4, 0),
        (0, 200, 5, 200),
    ],
)
def test_an_answer_tells_less_as_it_grows_old(
    five: int | None, hour: int | None, minutes: int, left: int | None
) -> None:
    assert NOTHING.told("westeurope", five, hour, NOW).left("West Europe", NOW + minutes * MINUTE) == left


def test_with_nothing_left_of_the_hour_one_creation_is_tried_every_five_minutes() -> None:
    told, sent = NOTHING.told("westeurope", 10, 0, NOW), []
    for minute in range(20):
        now = NOW + minute * MINUTE
        chosen, _ = choose([run("a"), run("b")], 0, 90, told, now)
        sent += [minute] * len(chosen)
        if chosen:
            told = told.told("westeurope", 0, 0, now)
    assert sent == [5, 10, 15]


def test_of_the_answers_of_one_tick_the_least_counts_and_a_late_one_does_not() -> None:
    told = NOTHING.told("westeurope", 50, 200, NOW).told("westeurope", 48, 198, NOW).told("westeurope", 49, None, NOW)
    assert told.left("westeurope", NOW) == 48
    assert told.told("westeurope", 90, 290, NOW - MINUTE) == told
    assert told.told("westeurope", 90, 290, NOW + MINUTE).left("westeurope", NOW + MINUTE) == 90
    assert told.told("westeurope", None, None, NOW + MINUTE) == told


@pytest.mark.parametrize(("minutes", "left"), [(0, 0), (1, 62), (3, 62), (4, 100), (5, None)])
def test_what_we_created_is_free_again_when_it_is_five_minutes_old(minutes: int, left: int | None) -> None:
    told = NOTHING
    for minute, created, five in ((0, 62, 38), (3, 38, 0)):
        begun, answered = NOW + minute * MINUTE, NOW + (minute + 0.1) * MINUTE
        for number in range(created):
            told = told.told("westeurope", five + created - number - 1, None, begun, Made(answered, 1))
    asked = NOW + 5 * MINUTE  # with nothing left, somebody else's answer said 0
    told = told.told("westeurope", 0, None, asked - MINUTE / 2, Made(asked - MINUTE / 2, 0))
    assert told.left("westeurope", asked - MINUTE / 2 + minutes * MINUTE) == left
    assert Allowances.from_dict(json.loads(json.dumps(told.to_dict()))) == told


def test_what_was_free_already_when_an_answer_came_is_not_counted_twice() -> None:
    told = NOTHING.told("westeurope", 0, None, NOW, Made(NOW, 1))
    late = NOW + 5 * MINUTE
    told = told.told("westeurope", 3, None, late - MINUTE, Made(late, 1))
    assert told.left("westeurope", late) == 3


def test_what_an_answer_does_not_say_of_the_hour_the_one_before_it_said() -> None:
    told = NOTHING.told("westeurope", 10, 0, NOW).told("westeurope", 0, None, NOW + 5 * MINUTE)
    assert [told.left("westeurope", NOW + minute * MINUTE) for minute in (9, 10, 64, 65)] == [0, 1, 1, None]


def test_the_ration_is_named_before_our_own_bound_which_comes_and_goes() -> None:
    _, waiting = choose([run("a")], 90, 90, NOTHING.told("westeurope", 0, None, NOW), NOW)
    assert [one.rationed for one in waiting] == [True]


def test_answers_of_over_an_hour_ago_are_forgotten() -> None:
    told = NOTHING.told("westeurope", 9, 9, NOW).told("uksouth", 9, 9, NOW + 61 * MINUTE)
    assert set(told.regions) == {"uksouth"}


def test_an_answer_of_the_future_is_not_believed_and_gives_way() -> None:
    typed = NOTHING.told("westeurope", 0, 0, datetime(9998, 1, 1, tzinfo=UTC))
    assert typed.left("westeurope", NOW) is None
    assert typed.told("westeurope", 7, 7, NOW).left("westeurope", NOW) == 7


def test_what_is_known_goes_through_the_heartbeat() -> None:
    told = NOTHING.told("West Europe", 99, 294, NOW).told("uksouth", None, 0, NOW + MINUTE)
    assert Allowances.from_dict(json.loads(json.dumps(told.to_dict()))) == told
    assert Allowances.from_dict({}) == NOTHING == Allowances.from_dict(NOTHING.to_dict())


@pytest.mark.parametrize(
    "said",
    [
        *(None, [], "x", 5, {"westeurope": None}, {"westeurope": []}, {"westeurope": {}}, {"westeurope": {"told": 5}}),
        {"westeurope": {"told": "2026-11-01T05:00:00", "hour": 0}},
        {"westeurope": {"told": "0001-01-01T00:00:00+14:00", "hour": 0}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "hour": "0"}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "hour": True}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "five_minutes": 0.0}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "five_minutes": 0, "made": 5}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "five_minutes": 0, "made": [5]}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "five_minutes": 0, "made": [["2026-11-01T05:00:00", 1]]}},
        {"westeurope": {"told": "2026-11-01T05:00:00Z", "five_minutes": 0, "made": [["2026-11-01T05:00:00Z", "x"]]}},
    ],
)
def test_what_somebody_mangled_tells_nothing(said: object) -> None:
    assert Allowances.from_dict(said) == NOTHING


def test_a_heartbeat_of_any_size_is_read_to_a_bound() -> None:
    said = {f"region{number}": {"told": "2026-11-01T05:00:00Z", "hour": 1} for number in range(1000)}
    assert len(Allowances.from_dict(said).regions) == 100


STARTS = st.lists(
    st.builds(
        Candidate,
        key=st.tuples(st.just("t"), st.text("ab", min_size=1, max_size=3)),
        priority=st.integers(-2, 2),
        due=st.integers(0, 3).map(lambda late: NOW - late * MINUTE),
        location=st.sampled_from(["westeurope", "uksouth", "norwayeast"]),
        made=st.booleans(),
        others=st.lists(st.sampled_from(["westeurope", "uksouth"]), max_size=2, unique=True).map(tuple),
    ),
    max_size=14,
    unique_by=lambda one: (one.key, one.due),
)
LEFT = st.none() | st.integers(0, 5)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(STARTS, st.integers(0, 8), st.integers(0, 8), LEFT, LEFT)
def test_bounds_are_kept_nothing_is_forgotten_and_nobody_jumps_the_line(
    starts: list[Candidate], active: int, most: int, west: int | None, south: int | None
) -> None:
    told = NOTHING.told("westeurope", west, None, NOW).told("uksouth", None, south, NOW)
    chosen, waiting = choose(starts, active, most, told, NOW)
    held = [one.candidate for one in waiting]
    made = [one for one in chosen if one.made]
    first = {(one.key, one.due): one for one in starts}
    assert sorted(map(repr, held)) == sorted(repr(first[one.key, one.due]) for one in held)
    assert {rank(one) for one in chosen} | {rank(one) for one in held} == {rank(one) for one in starts}
    assert len(chosen) + len(held) == len(starts)
    assert all(one.location in may_go(first[one.key, one.due]) for one in chosen)
    assert all(one.made for one in held)
    assert len(made) <= max(0, most - active)
    for region, left in (("westeurope", west), ("uksouth", south), ("norwayeast", None)):
        here = [one for one in made if one.location == region]
        queue = [one for one in held if region in may_go(one)]
        assert left is None or len(here) <= left
        before = max((rank(one) for one in here), default=None)
        assert before is None or all(before < rank(one) for one in queue)
        free = len(made) < most - active and (left is None or len(here) < left)
        assert not (free and queue)


def may_go(one: Candidate) -> tuple[str, ...]:
    return (one.location, *one.others) if one.made else (one.location,)


def rank(one: Candidate) -> tuple[object, ...]:
    return -one.priority, one.due, one.key
