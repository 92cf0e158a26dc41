"""A value is copied with some fields changed just as `dataclasses.replace` would, only sooner."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from scheduler import changed
from scheduler.run import Cause
from scheduler.standing import Standing

#: Without mypy's eye: these tests are about what it would refuse.
replace: Any = changed.replace


def test_a_copy_is_what_dataclasses_would_make_and_leaves_the_original_alone() -> None:
    before = Standing(("team", "job"), reason="old", failures=3)
    after = replace(before, reason="new", failures=0)
    assert after == dataclasses.replace(before, reason="new", failures=0)
    assert (before.reason, before.failures) == ("old", 3)
    assert type(after) is Standing


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Standing has no fields \['raeson'\]"):
        replace(Standing(("team", "job")), raeson="new")


@dataclass
class Checked:
    """It would be copied unchecked."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(self.number)


@dataclass(slots=True)
class Slotted:
    """It has nothing to copy."""

    number: int


@dataclass
class Cached:
    """What is cached would be copied, and be wrong."""

    number: int

    @cached_property
    def double(self) -> int:
        """Twice the number."""
        return 2 * self.number


@pytest.mark.parametrize("value", [Checked(1), Slotted(1), Cached(1), Cause.QUOTA])
def test_what_cannot_be_copied_field_by_field_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be copied field by field"):
        replace(value, number=2)
