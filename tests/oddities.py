"""Cells, keys and rows as people, scripts and imports may leave them in the table Jobs: anything at all.

Half of what is drawn is nearly right, so that it comes deep into the code before it is wrong.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from scheduler.job import OWNED
from scheduler.row import NEVER, UNSET, Key, Value
from scheduler.standing import COLUMNS
from tests.world import World, at

#: Wherever a column is read at all: the person's, and the scheduler's.
PERSONS = tuple(OWNED)
SCHEDULERS = tuple(name for name in COLUMNS if name not in OWNED)

_TEXTS = [
    *("", " ", "\n", "0", "-1", "1.5", "1e400", "nan", "Infinity", "true", "none", "None", "null", "🎉", "ü" * 200),
    *(
        "\x00",
        "\x1b[31m",
        "\u202e",
        "\ud800",
        "\ufeff",
        "'; DROP TABLE Jobs; --",
        "../../etc",
        "<script>",
        "%s%n",
        "{0}",
    ),
    *("{}", "[]", "[1]", "[[]]", "[{}]", "[null]", '""', '{"a": 1}', '{"a": {"b": []}}', '{"a":', "[" * 30_000),
    *("9" * 5_000, "x" * 32_000, "🎉" * 16_000, "a,b;c\nd", "_", "_x", "a/b", "/", "a/b/c", "|", "*", "* * * * *"),
    *(
        "2026-11-22",
        "2026-11-22T09:05",
        "2026-11-22T09:05:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ),
    *("run", "retry", "cancel", "run 2026-11-22T08:00", "run 2026-11-22T08:00..2026-11-22T08:30", "run watermark x"),
]
_OTHERS: list[Value] = [
    *(True, False, 0, 1, -1, 2**63 - 1, -(2**63), 0.5, float("nan"), float("inf"), float("-inf"), 1e308, 5e-324),
    *(b"", b"\x00", b"\xff" * 65_536, UNSET, NEVER, datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    *(at("08:00"), at("09:05"), at("09:05:30.123456"), at("2027-01-01 00:00")),
]
#: The worst of them, for trying each in each column.
WORST: tuple[Value, ...] = (*_TEXTS, *_OTHERS)
_INSTANTS = st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - timezones adds it
ANYTHING: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(_TEXTS),
    st.sampled_from(_OTHERS),
    st.text(max_size=30),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=30),
    _INSTANTS,
)

_SCHEDULES = [
    *("* * * * *", "*/2 * * * *", "30 */3 * * * *", "@daily", "every 2 minutes", "at 2026-11-22T09:05", "manual", ""),
    *("after good/first", "after first", "after odd0", "after odd1, odd0", "after nobody", "after odd0; @daily"),
    *("every 1 second", "61 * * * *", "* * * * *; * * * * *", "0 9 22 11 *", "at 9998-12-31T23:59:59Z"),
]
_GIT = "https://example.com/jobs.git"
_VOLUME = '[{"name": "v", "mountPath": "/v", "emptyDir": {}}]'
_SECRET = "https://vault.vault.azure.net/secrets/s"
#: Nearly right: what a person would type here, or half of it.
PLAUSIBLE: Mapping[str, list[Value]] = {
    "Schedule": list(_SCHEDULES),
    "TimeZone": ["UTC", "Europe/Berlin", "europe/berlin", "Mars/Phobos", "Pacific/Apia"],
    "StartAt": [at("09:04"), "2026-11-22T09:04", at("2030-01-01 00:00"), "tomorrow"],
    "EndAt": [at("09:07"), "2026-11-22T09:07", at("2000-01-01 00:00"), "yesterday"],
    "Enabled": [True, "yes", "off", 0, 2],
    "Image": ["x", "x:1", "no such image!", "registry.example.com/a/b@sha256:" + "0" * 64],
    "Command": ["echo a", '["echo", "a"]', '["echo', "echo 'a"],
    "Cpu": [1, 0.5, "2", 1000, 0],
    "MemoryGb": [1, 1.5, "4.0", 1e9],
    "Env": ["A=b", '{"A": "b"}', '{"WATERMARK": "x"}', "A"],
    "SecureEnv": [f'{{"A": "{_SECRET}"}}', '{"A": "plain"}'],
    "Identity": ["/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i", "i"],
    "ContainerGroup": ["there", "nowhere", "Not Allowed"],
    "Timeout": ["1m", "1h", "0s", 60, "forever"],
    "StartTimeout": ["1m", "15m", "-1m"],
    "Retries": [0, 2, "3", -1, 1000],
    "RetryDelay": ["1s", "1m", "1y"],
    "Overlap": ["skip", "wait", "replace", "allow", "Allow", "both"],
    "MaxOverlap": [1, 2, 5, 0, 10_000],
    "CatchUp": ["latest", "all", "none", "some"],
    "Grace": ["1m", "10m", "0"],
    "Jitter": ["30s", "10m", "2h"],
    "Priority": [0, 9, -9, "high"],
    "Locations": ["westeurope", "northeurope, westeurope", '["uksouth"]', ","],
    "Watermark": ["a", "2026-01-01", "x" * 1_025],
    "Request": ["run", "RETRY", "cancel", "run 2026-11-22T08:00..2026-11-22T08:20 watermark a", "run 2030-01-01", "go"],
    "Template": ["_python", "good/first", "odd0", "odd1", "nobody", "_crontable/heartbeat"],
    "Spec": ['{"properties": {"containers": []}}', '{"priority": "Spot"}', "[]", '{"properties": 5}'],
    "Volumes": [_VOLUME, "[5]"],
    "GitRepo": [_GIT, "not a url"],
    "GitRevision": ["main", "0" * 40, "a b"],
    "Status": ["Running", "Invalid", "Waiting", "Nonsense"],
    "NextRun": [at("09:05"), "2026-11-22T09:05:00Z", NEVER, at("2030-01-01 00:00")],
    "NextDue": [at("09:05"), "2026-11-22T09:05:00Z", NEVER, at("2020-01-01 00:00")],
    "Active": [True, False, "true", 1],
    "ScheduleDigest": ["abc-def@2026-11-22T09:00:00Z", "@", "abc@0001-01-01T00:00:00+14:00"],
    "Upstreams": ['{"good/first": "2026-11-22T08:00:00+00:00"}', '{"good/first": 5}', '{"edited": null}', "[]"],
    "Backfill": ['{"first": "2026-11-22T08:00:00Z"}', '{"next": 5}', "[]"],
}


def entries() -> st.SearchStrategy[Value]:
    """Draw ActiveRuns: true entries of a run that was going, with some of their values changed for any other JSON."""
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add("team/odd0", Schedule="* * * * *", Image="x", Overlap="skip")
    world.ticks("09:00:30", "09:01", "09:02")
    (true,) = json.loads(str(world.row("team/odd0")["ActiveRuns"]))
    values = st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.sampled_from(_TEXTS[:40])
        ),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        max_leaves=3,
    )
    changed = st.dictionaries(
        st.sampled_from([*true, "cancel", "removing", "not_before", "spent", "kept"]), values, max_size=2
    )
    return st.lists(changed, min_size=1, max_size=3).map(lambda all_: json.dumps([{**true, **one} for one in all_]))


def cell(column: str) -> st.SearchStrategy[Value]:
    """Draw what stands in a cell of this column: as often nearly right as anything."""
    if column == "ActiveRuns":
        return _half(st.deferred(entries))
    near = PLAUSIBLE.get(column)
    return _half(st.sampled_from(near)) if near else ANYTHING


def _half(near: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.booleans().flatmap(lambda odd: ANYTHING if odd else near)


CELLS = {name: cell(name) for name in (*PERSONS, *SCHEDULERS)}
#: One cell of a column that is read.
PERSONS_CELL = st.sampled_from(PERSONS).flatmap(lambda name: st.tuples(st.just(name), CELLS[name]))
SCHEDULERS_CELL = st.sampled_from(SCHEDULERS).flatmap(lambda name: st.tuples(st.just(name), CELLS[name]))

GOOD_ROW: Mapping[str, Value] = {"Schedule": "*/2 * * * *", "Image": "x"}
_NAMES = st.text(max_size=20) | st.sampled_from(
    ["", " ", "_", "_python", "a|b", "ü", "x" * 63, "x" * 64, "x" * 512, "First"]
)
_NAMED = [
    ("team", "odd0"),
    ("team", "odd1"),
    ("good", "odd2"),
    ("team", "odd3"),
    ("other", "odd4"),
    ("team", "_python"),
]
KEYS = st.tuples(st.sampled_from(["team", "team", "good", "_own", "_crontable", "", "ü"]), _NAMES)


def _columns(base: bool, cells: list[tuple[str, Value]], fill: int, stuffing: Value) -> dict[str, Value]:
    filling = {f"Extra{number}": stuffing for number in range(fill)}
    return {**filling, **(GOOD_ROW if base else {}), **dict(cells)}


#: A whole row: a good one or none at all, with a few cells to many of any column, and columns that nobody knows.
ROWS: st.SearchStrategy[dict[str, Value]] = st.builds(
    _columns,
    st.sampled_from([True, True, False]),
    st.sampled_from([1, 2, 6]).flatmap(
        lambda most: st.lists(PERSONS_CELL | SCHEDULERS_CELL, min_size=1, max_size=most)
    ),
    st.just(0) | st.just(0) | st.sampled_from([1, 220, 240, 250]),
    st.sampled_from(["", "x", b"\x00", 5, "x" * 2_000]),
)
#: A row and its key: one that jobs may have (`odd0`, for others to name it) or any that tables allow.
KEYED: st.SearchStrategy[tuple[Key, dict[str, Value]]] = st.tuples(
    st.sampled_from([True, True, False]).flatmap(lambda named: st.sampled_from(_NAMED) if named else KEYS), ROWS
)


def later(minutes: int) -> datetime:
    """Give the instant so long after nine."""
    return at("09:00") + timedelta(minutes=minutes)


def shown(value: Any) -> str:
    """Show a value in a message, short."""
    return repr(value)[:80]
