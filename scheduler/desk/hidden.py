"""What of a cell is never shown: the secrets that a person may have typed where none should stand."""

import json

from scheduler import arm, cell
from scheduler.alerts.address import masked
from scheduler.covered import covered, has_login
from scheduler.mask import STARS
from scheduler.row import Value

#: Columns that are shown with stars in the places of secrets, or not at all.
COLUMNS = (*cell.SECRET, "AlertTo")
#: Of these the ones that hold JSON: what they mean counts, and not how it is laid out.
_TREES = ("Spec", "Volumes")


def shown(column: str, value: Value) -> Value:
    """Give a cell as people and the audit may see it; a reference to Key Vault is no secret."""
    if column not in COLUMNS or value in ("", None):
        return value
    text = cell.text(column, value) if not isinstance(value, bytes) else ""
    match column:
        case "AlertTo":
            return masked(text)
        case "GitRepo":
            return STARS if has_login(text) else text
        case "SecureEnv":
            return text if _only_references(text) else STARS
        case _:
            return _masked(text)


def unchanged(column: str, typed: Value, present: Value) -> bool:
    """Say whether a cell came back as it was shown, stars and all, in any layout: nothing was changed then."""
    seen = shown(column, present)
    if typed == seen or column not in _TREES:
        return typed == seen
    return bool(_meant(typed)) and _meant(typed) == _meant(seen)


def starred(column: str, typed: Value) -> bool:
    """Say whether somebody would save the stars in place of what they hide, however these are spelt."""
    if column not in COLUMNS or not isinstance(typed, str):
        return False
    return STARS in typed or (column in _TREES and STARS in _meant(typed))


def _only_references(text: str) -> bool:
    try:
        return all(arm.is_reference(value) for value in cell.variables("SecureEnv", text, 1 << 20, ()).values())
    except cell.Fault:
        return False


def _masked(text: str) -> str:
    """Mask the tree where ARM takes a secret; of what cannot be read, or reads in two ways, show nothing."""
    try:
        tree = json.loads(text, object_pairs_hook=_once)
        if arm.too_deep(tree):
            return STARS
        shown = covered(tree)
        return text if shown == tree else _dumped(shown, len(text))
    except (ValueError, RecursionError):
        return STARS


def _dumped(tree: object, room: int) -> str:
    """Write JSON, without its spaces where it would be longer than it was typed: it has to fit into a cell again."""
    text = json.dumps(tree, ensure_ascii=False)
    separators = (", ", ": ") if len(text) <= room else (",", ":")
    # Half a character is no text that could be sent: its escape is.
    halves = any("\ud800" <= one <= "\udfff" for one in text)
    return json.dumps(tree, ensure_ascii=halves, separators=separators)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object; a name that is given twice would hide its first value from the tree, and not from the text."""
    built = dict(pairs)
    if len(built) < len(pairs):
        raise ValueError("a name is given twice")
    return built


def _meant(value: Value) -> str:
    """Write what the JSON of a cell means in one way: 1 is 1.0, and not true; '' for what is no JSON."""
    try:
        tree = json.loads(value, parse_int=float) if isinstance(value, str) else None
        return json.dumps(tree, sort_keys=True) if tree is not None else ""
    except (ValueError, RecursionError):
        return ""
