"""The columns that a person owns, by the question they answer; each file reads its own, whatever type a cell has.

    when      when it is due
    what      the image, its size and what it is told, or the existing group
    secret    what it is told in secret
    volumes   what it finds on its disk
    spec      ARM's own words, laid over all of these
    where     where its group is created, and by which means
    limits    how long, how often again, what to do when runs meet
    told      who is told of what goes wrong, and how old the data may be
    clash     what cannot stand beside what

`read(cells, faults)` takes the filled cells, notes every fault, and gives fields of `Job` by name.
"""

from collections.abc import Mapping

from scheduler.row import Value

#: The filled cells of a row.
type Cells = Mapping[str, Value]


def filled(value: Value | None) -> bool:
    """Say whether a cell holds anything: white space is nothing."""
    return value is not None and not (isinstance(value, str) and not value.strip())
