"""`dataclasses.replace` at a fifth of its cost, for values that a tick changes many times for each row. Pure.

A tick that starts a job changes its row's values some thirty times, and `dataclasses.replace` calls the constructor
each time: a fifth of the CPU of a busy tick. Here the fields are copied. A dataclass for which that is not the same
is refused: one with `__post_init__`, with slots, or with something cached beside its fields.
"""

from dataclasses import is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - so that the names of fields are checked as ever
else:

    def replace(one, /, **changes):  # noqa: ANN001, ANN003, ANN201 - typed above
        """Copy a value with some of its fields changed; TypeError for a field or a value that this cannot be."""
        kind = type(one)
        if kind not in _plain:
            _plain.add(_vetted(kind))
        held = one.__dict__ | changes
        if len(held) > len(one.__dict__):
            raise TypeError(f"{kind.__name__} has no fields {sorted(changes.keys() - one.__dict__.keys())}")
        new = object.__new__(kind)
        _hold(new, "__dict__", held)
        return new


#: Past the refusal of a frozen dataclass.
_hold = object.__setattr__
_plain: set[type] = set()


def _vetted(kind: type) -> type:
    members = [member for one in kind.__mro__[:-1] for member in vars(one).items()]
    odd = {name for name, _ in members} & {"__post_init__", "__slots__"}
    odd |= {name for name, member in members if isinstance(member, cached_property)}
    if odd or not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} cannot be copied field by field ({', '.join(sorted(odd)) or 'no dataclass'})")
    return kind
