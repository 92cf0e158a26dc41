"""A job's form between a person and the table: what they changed, and what somebody else changed meanwhile. Pure.

The form carries along what its fields held when it was opened (`was`). So an edit writes only what its author
changed; and where another person changed the same cell meanwhile, both values can be shown and nothing typed is lost.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduler import cell
from scheduler.desk import harmless, hidden
from scheduler.row import Columns
from scheduler.web.shown.fields import COLUMNS

type Texts = Mapping[str, str]
#: Why, by column.
type Faults = Mapping[str, Sequence[str]]


def texts(cells: Columns) -> dict[str, str]:
    """Write a row's cells as the form's fields hold them: harmless, without secrets, '' where empty."""
    return {column: text_of(column, cells) for column in COLUMNS}


def text_of(column: str, cells: Columns) -> str:
    """Write one cell as a field holds it."""
    value = cells.get(column)
    if value is None or isinstance(value, bytes):
        return ""
    shown = hidden.shown(column, value)
    return harmless.text("" if isinstance(shown, bytes) else cell.text(column, shown)).replace("\r\n", "\n")


def typed(form: Texts) -> dict[str, str]:
    """Read the fields that a form sent; browsers end lines with two characters."""
    return {column: form[column].replace("\r\n", "\n") for column in COLUMNS if column in form}


def was(form: Texts) -> dict[str, str]:
    """Read what the fields held when the form was opened; from nonsense nothing, so that everything counts as typed."""
    try:
        read = json.loads(form.get("was", "{}"))
    except (ValueError, RecursionError):
        return {}
    return {str(name): text for name, text in read.items() if isinstance(text, str)} if isinstance(read, dict) else {}


def changes(form: Texts) -> dict[str, str]:
    """Give the cells that the person changed. White space around a value is none of a change."""
    before = was(form)
    return {name: text.strip() for name, text in typed(form).items() if text.strip() != before.get(name, "").strip()}


@dataclass(frozen=True)
class Filled:
    """The form as it is shown: its texts, what they were in the table, faults, and what others changed meanwhile."""

    texts: Texts
    was: Texts
    faults: Faults = field(default_factory=dict)
    #: By column what it holds in the table now, where the person typed something else there.
    theirs: Texts = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Columns, faults: Faults | None = None) -> "Filled":
        """Fill the form from a row."""
        shown = texts(cells)
        return cls(shown, shown, faults or {})

    @classmethod
    def again(cls, form: Texts, cells: Columns, faults: Faults | None = None) -> "Filled":
        """Fill it with what was typed, over what the row holds now; what others changed is told."""
        now, before, mine = texts(cells), was(form), changes(form)
        merged = {**now, **mine}
        theirs = {
            name: now[name] for name in mine if name in now and now[name] not in (before.get(name, ""), mine[name])
        }
        return cls(merged, now, faults or {}, theirs)

    @property
    def told(self) -> str:
        """What the fields held, as the form carries it along."""
        return json.dumps({name: text for name, text in self.was.items() if text}, ensure_ascii=False)
