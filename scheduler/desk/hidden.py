"""What of a cell is never shown: the secrets that a person may have typed where none should stand."""

import json

from scheduler import arm, cell
from scheduler.alerts.address import masked
from scheduler.mask import STARS, Mask
from scheduler.row import Value

#: Columns that are shown with stars in the places of secrets, or not at all.
COLUMNS = (*cell.SECRET, "AlertTo")


def shown(column: str, value: Value) -> Value:
    """Give a cell as people and the audit may see it; a reference to Key Vault is no secret."""
    if column not in COLUMNS or value in ("", None):
        return value
    text = cell.text(column, value) if not isinstance(value, bytes) else ""
    match column:
        case "AlertTo":
            return masked(text)
        case "GitRepo":
            return STARS if "@" in text.partition("://")[2].partition("/")[0] else text
        case "SecureEnv":
            return text if _only_references(text) else STARS
        case _:
            return _masked(text)


def unchanged(column: str, typed: Value, present: Value) -> bool:
    """Say whether a cell came back as it was shown, stars and all: nothing was changed then."""
    return typed == shown(column, present)


def starred(column: str, typed: Value) -> bool:
    """Say whether somebody would save the stars in place of what they hide."""
    return column in COLUMNS and isinstance(typed, str) and STARS in typed


def _only_references(text: str) -> bool:
    try:
        return all(arm.is_reference(value) for value in cell.variables("SecureEnv", text, 1 << 20, ()).values())
    except cell.Fault:
        return False


def _masked(text: str) -> str:
    """Mask the texts that stand where ARM takes a secret; of what cannot be read, show nothing."""
    try:
        tree = json.loads(text)
        if arm.too_deep(tree):
            return STARS
        secrets = [one for one in _texts(tree) if not arm.is_reference(one)]
    except (ValueError, RecursionError):
        return STARS
    return Mask(secrets)(text)


def _texts(tree: object) -> tuple[str, ...]:
    """List the texts in secret places: of a whole group (Spec), its properties, or volumes by path (Volumes)."""
    volumes = list(tree.values()) if isinstance(tree, dict) else []
    ways = (tree, {"properties": tree}, {"properties": {"volumes": volumes}})
    return tuple(dict.fromkeys(text for way in ways for text in arm.secret_texts(arm.canonical(way))))
