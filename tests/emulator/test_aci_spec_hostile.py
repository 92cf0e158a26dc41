"""Whatever a body holds, it is read or refused in ARM's shape, and no secret of it is said."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aci_emulator.arm import ArmError
from aci_emulator.shown import shown
from aci_emulator.spec import check_tags, read_spec
from tests.emulator.bodies import FULL, HUSH, HUSH64, NO_LIMITS, changed, refusal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in inside for place in ((*path, key), *places(inner, (*path, key)))]


PLACES = places(FULL)
ODD = st.sampled_from([[], {}, "", 0, -1, True, 10**40, "x" * 9_000, [[]], [{}], "\0", "..", "a:b", 0.5])


def outcome(body: dict[str, Any]) -> str:
    """Return all that is said of a body: its refusal, or its values as they are logged and shown.

    What was accepted is accepted again, as when an emulator reads its groups from disk.
    """
    try:
        spec = read_spec(body, name="nightly")
    except ArmError as fault:
        return json.dumps(fault.body() | {"status": fault.status})
    assert read_spec(spec.body, NO_LIMITS, "2026-05-01") == spec
    answers = [
        shown(spec.body, "/id", version=version, address="127.0.0.1") for version in ("2018-10-01", "2026-05-01")
    ]
    return repr(spec) + json.dumps(answers)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD | JSON), min_size=1, max_size=3))
def test_any_json_in_any_place_is_read_or_refused_and_no_secret_gets_out(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    body = copy.deepcopy(FULL)
    for path, value in changes:
        owner: Any = body
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                owner = owner[step]
            owner[path[-1]] = copy.deepcopy(value)
    said = outcome(json.loads(json.dumps(body)))
    assert (HUSH in said, HUSH64 in said) == (False, False)
    assert '"status"' not in said or len(said) < 2_000


SECRET = [path for path in PLACES if path[-1] in {"password", "secureValue", "key.pem", "workspaceKey"}]


@pytest.mark.parametrize("path", SECRET)
@pytest.mark.parametrize("value", [HUSH + "\0", [HUSH], {HUSH: HUSH}, 271828, 2.71828])
def test_a_secret_of_the_wrong_kind_is_not_shown(path: tuple[Any, ...], value: Any) -> None:
    _code, sentence = refusal(changed((path, value)))
    assert (HUSH in sentence, "718" in sentence) == (False, False)


@pytest.mark.parametrize("depth", [100, 10_000])
def test_a_body_nested_without_end_is_refused(depth: int) -> None:
    for arrays in (True, False):
        deep: Any = {}
        for _ in range(depth):
            deep = [deep] if arrays else {"a": deep}
        assert "more than 64 deep" in refusal(changed(("properties.novelty", deep)))[1]
        with pytest.raises(ArmError, match="64 deep"):
            check_tags({"tags": {}, "other": deep})


def test_a_body_with_very_many_of_everything_is_refused() -> None:
    for path in ("containers", "initContainers", "volumes", "ipAddress.ports"):
        assert "at most" in refusal(changed((f"properties.{path}", [{}] * 100_000)))[1]
    mounts = [{"name": "empty", "mountPath": f"/{number}"} for number in range(20_000)]
    spec = read_spec(changed(("properties.containers.0.properties.volumeMounts", mounts)))
    assert len(spec.containers[0].mounts) == 20_000
