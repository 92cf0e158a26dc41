"""Chains: when all upstreams have succeeded since, what a new chain has seen, and what its graph may be."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import chain
from scheduler.chain import Graph, Link, Upstream
from scheduler.row import Key
from scheduler.schedule import Schedule

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
A, B, C, D = (("t", name) for name in "abcd")


def day(number: int) -> datetime:
    """The due time of the day of that number."""
    return FIRST + (number - 1) * DAY


def won(number: int, start: int | None = None) -> Upstream:
    """A job whose latest success is that of a day; it ended an hour later."""
    return Upstream(day(number), day(number) + timedelta(hours=1), day(start) if start else None)


def test_a_bare_name_is_of_the_jobs_own_partition_and_a_job_named_twice_counts_once() -> None:
    schedule = Schedule.parse("after b, other/b, t/b, c")
    assert chain.names(schedule, A) == (("t", "b"), ("other", "b"), ("t", "c"))
    assert chain.names(Schedule.parse("@daily"), A) == ()


@pytest.mark.parametrize(
    ("case", "seen", "upstreams", "due"),
    [
        ("a success that was not seen", {"t/a": day(1)}, {"t/a": won(2)}, day(2)),
        ("one that was", {"t/a": day(2)}, {"t/a": won(2)}, None),
        ("the first one of all", {"t/a": None}, {"t/a": won(1)}, day(1)),
        ("none yet", {"t/a": None}, {"t/a": Upstream()}, None),
        ("an upstream whose row was set back", {"t/a": day(3)}, {"t/a": won(2)}, None),
        ("one of two", {"t/a": day(1), "t/b": day(1)}, {"t/a": won(5), "t/b": won(1)}, None),
        ("both, of the same day", {"t/a": day(1), "t/b": day(1)}, {"t/a": won(2), "t/b": won(2)}, day(2)),
        ("both, days apart", {"t/a": day(1), "t/b": day(1)}, {"t/a": won(2), "t/b": won(6)}, day(6)),
        ("one without a baseline", {"t/a": day(1)}, {"t/a": won(2), "t/b": won(2)}, None),
        ("one that is no upstream any more", {"t/a": day(1), "t/z": day(9)}, {"t/a": won(2)}, day(2)),
        ("no upstream at all", {}, {}, None),
    ],
)
def test_a_chain_is_due_when_all_upstreams_succeeded_since(
    case: str, seen: chain.Seen, upstreams: dict[str, Upstream], due: datetime | None
) -> None:
    found = chain.link(seen, upstreams)
    assert (found and found.due) == due, case
    if found:
        assert found.seen == {name: one.due for name, one in upstreams.items()}
        assert chain.link(found.seen, upstreams) is None


def test_the_interval_begins_where_the_latest_upstreams_does() -> None:
    seen = {"t/a": day(1), "t/b": day(1)}
    late = chain.link(seen, {"t/a": won(5, start=4), "t/b": won(3, start=2)})
    assert late == Link(day(5), day(4), {"t/a": day(5), "t/b": day(3)})
    both = chain.link(seen, {"t/a": won(5, start=4), "t/b": won(5, start=2)})
    assert both
    assert both.start == day(2)


@pytest.mark.parametrize(
    ("start", "last_due", "begins"),
    [(4, None, 4), (4, 4, 4), (4, 2, 2), (3, 4, 3), (None, 4, 4), (None, None, None), (None, 5, None), (None, 6, None)],
)
def test_what_the_job_missed_since_its_own_last_run_is_in_the_interval(
    start: int | None, last_due: int | None, begins: int | None
) -> None:
    interval = Link(day(5), day(start) if start else None, {}).interval(day(last_due) if last_due else None)
    assert interval == ((day(begins), day(5)) if begins else None)


def test_an_edit_keeps_what_was_seen_and_takes_the_history_of_a_new_upstream_as_seen() -> None:
    seen = {"t/stays": day(2), "t/never": None, "t/goes": day(3)}
    upstreams = {"t/stays": won(4), "t/never": won(4), "t/new": won(4), "t/unborn": Upstream()}
    edited = day(4) + timedelta(hours=2)
    after = chain.baseline(seen, upstreams, edited)
    assert after == {"t/stays": day(2), "t/never": None, "t/new": day(4), "t/unborn": None}


def test_a_success_that_ended_by_the_instant_of_the_edit_is_history() -> None:
    assert chain.baseline({}, {"t/a": won(4)}, day(4) + timedelta(hours=1)) == {"t/a": day(4)}


def test_a_success_that_ended_after_the_edit_starts_the_new_chain() -> None:
    edited = day(4) + timedelta(minutes=30)  # and the run due on day 4 ended at the full hour
    after = chain.baseline({}, {"t/a": won(4)}, edited)
    found = chain.link(after, {"t/a": won(4)})
    assert found
    assert found.due == day(4)


INSTANTS = st.datetimes(datetime(1700, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - timezones adds it


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.none() | INSTANTS, max_size=5))
def test_what_was_seen_is_read_back_to_the_last_digit(seen: dict[str, datetime | None]) -> None:
    assert chain.from_text(chain.to_text(seen)) == seen


def test_an_empty_cell_has_seen_nothing() -> None:
    assert chain.from_text(None) == chain.from_text("") == chain.from_text("{}") == {}
    assert chain.to_text({}) == ""


ODD = [
    *(
        5,
        True,
        0.5,
        b"{}",
        FIRST,
        "x",
        "[]",
        "null",
        "5",
        '"a"',
        '{"a": 5}',
        '{"a": []}',
        '{"a": "soon"}',
        '{"a": true}',
    ),
    *('{"a": "2026-11-01T05:00:00"}', '{"a": "0001-01-01T00:00:00+14:00"}', '{"a": ', "[" * 100_000, "\ud800"),
]


@pytest.mark.parametrize("written", ODD, ids=lambda written: repr(written)[:20])
def test_a_mangled_cell_is_known_as_one(written: object) -> None:
    assert chain.from_text(written) is None  # type: ignore[arg-type]  # a cell may hold more than Value names


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        ({A: (B,)}, []),
        ({A: (A,)}, ["Schedule is 'after a': a job cannot run after itself: remove it."]),
        (
            {A: (B, ("x", "y"), ("t", "z"))},
            ["Schedule is 'after x/y': no such job is there", "Schedule is 'after z': no"],
        ),
        (
            {A: (B,), B: (A,)},
            ["Schedule is 'after b': these wait for each other, so that none would run: t/a -> t/b -> t/a."],
        ),
        ({A: (B, C), B: (D,), C: (A,)}, ["Schedule is 'after c': these wait for each other"]),
        ({A: (B, C), B: (D,), C: (D,)}, []),
        ({A: (B,), B: (C,), C: (B,)}, []),  # it waits for a circle, and stands on none
        ({A: (A, ("t", "z"))}, ["after itself", "'after z'"]),
        ({}, []),
    ],
)
def test_faults_name_the_job_the_circle_or_what_is_missing(graph: Graph, says: list[str]) -> None:
    found = chain.faults(A, graph, {A, B, C, D})
    assert len(found) == len(says)
    assert all(part in sentence for part, sentence in zip(says, found, strict=True))


def test_a_long_circle_is_cut_in_the_middle() -> None:
    ring = [("t", f"j{number}") for number in range(300)]
    graph = {job: (ring[number - 1],) for number, job in enumerate(ring)}
    (sentence,) = chain.faults(ring[0], graph, set(ring))
    assert "t/j0 -> t/j299 -> t/j298" in sentence
    assert "(291 more) -> t/j1 -> t/j0. " in sentence
    assert sentence.count("->") == 10


JOBS = st.integers(0, 6).map(lambda number: ("t", f"j{number}"))
GRAPHS = st.dictionaries(JOBS, st.lists(JOBS, min_size=1, max_size=3, unique=True).map(tuple), max_size=7)


def closure(graph: Graph) -> set[tuple[Key, Key]]:
    """Every pair of which the first waits, over any number of steps, for the second."""
    pairs = {(job, one) for job, upstreams in graph.items() for one in upstreams}
    while more := {(one, four) for (one, two), (three, four) in product(pairs, pairs) if two == three} - pairs:
        pairs |= more
    return pairs


@settings(derandomize=True, max_examples=300, deadline=None)
@given(graph=GRAPHS, job=JOBS)
def test_a_job_is_at_fault_exactly_when_it_waits_for_itself(graph: Graph, job: Key) -> None:
    found = chain.faults(job, graph, [("t", f"j{number}") for number in range(7)])
    assert bool(found) == ((job, job) in closure(graph))
    if found and "->" in found[0]:
        path = found[0].partition("run: ")[2].partition(". ")[0].split(" -> ")
        keys = [("t", name.removeprefix("t/")) for name in path]
        assert keys[0] == keys[-1] == job
        assert all(later in graph[one] for one, later in pairwise(keys))
        assert len(set(keys)) == len(keys) - 1


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    counts=st.integers(1, 4),
    events=st.lists(st.tuples(st.sampled_from(["won", "look", "killed", "edit"]), st.integers(0, 3)), max_size=40),
)
def test_whatever_order_successes_and_looks_come_in_the_job_runs_once_when_all_won_since(
    counts: int, events: list[tuple[str, int]]
) -> None:
    """The other telling: a set of the upstreams that have won since the last start, emptied by a start."""
    latest = dict.fromkeys((f"t/j{number}" for number in range(counts)), Upstream())
    seen, since, dues = chain.baseline({}, latest, FIRST), set[str](), list[datetime]()
    for hour, (event, number) in enumerate(events, 1):
        name, now = f"t/j{number % counts}", FIRST + timedelta(hours=hour)
        if event == "won":
            latest[name] = Upstream(now, now, now - DAY)
            since.add(name)
        elif event == "edit":  # another column of the row: what was seen stays
            seen = chain.baseline(seen, latest, now)
        else:
            found = chain.link(chain.from_text(chain.to_text(seen)) or {}, latest)
            assert bool(found) == (len(since) == counts)
            if found and event == "look":  # a tick that is killed before its write has decided nothing
                assert found.due == max(one.due for one in latest.values() if one.due)
                seen, since = found.seen, set()
                dues.append(found.due)
    assert dues == sorted(set(dues))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(graph=GRAPHS)
def test_the_graph_goes_through_the_heartbeat(graph: Graph) -> None:
    assert chain.graph_from_text(chain.graph_to_text(graph)) == graph


def test_a_graph_too_long_for_a_cell_is_unknown() -> None:
    fits = {("t", f"j{number:04}"): (("t", "up"),) for number in range(1682)}
    full = fits | {("t", "x" * (32_000 - 1682 * 19 - 1 - 14)): (("t", "up"),)}
    assert len(chain.graph_to_text(full)) == 32_000
    assert chain.graph_to_text(fits | {("t", "x" * 28): (("t", "up"),)}) == ""
    assert chain.graph_from_text("") is None


@pytest.mark.parametrize(
    "written", [*ODD, '{"a": []}', '{"a/b": ["c"]}', '{"a/b/c": []}', '{"a/b": [5]}', '{"a/b": 5}', '{"a/b": "c/d"}']
)
def test_a_mangled_graph_is_unknown(written: object) -> None:
    assert chain.graph_from_text(written) is None  # type: ignore[arg-type]  # a cell may hold more than Value names


def test_what_is_kept_is_plain_json() -> None:
    assert json.loads(chain.to_text({"t/a": day(1), "t/b": None})) == {"t/a": "2026-11-01T00:00:00+00:00", "t/b": None}
    assert chain.graph_to_text({A: (B, ("x", "y"))}) == '{"t/a":["t/b","x/y"]}'
