"""What a run is told in secret: SecureEnv, whose values are references to Key Vault, never the secrets themselves."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from scheduler import cell, vault
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.columns.what import LONGEST_ENV
from scheduler.watermark import TOLD

COLUMNS = ("SecureEnv",)


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read names and references; no sentence repeats a value, which may be a secret that was typed here."""
    if "SecureEnv" not in cells:
        return {"secure_env": ()}
    nothing: Mapping[str, str] = {}
    typed = faults.take(lambda: cell.variables("SecureEnv", cells["SecureEnv"], LONGEST_ENV, TOLD), nothing)
    for name, text in typed.items():
        faults.take(partial(reference, "SecureEnv", name, text), "")
    return {"secure_env": tuple((name, text.strip()) for name, text in typed.items())}


def reference(column: str, where: str, text: object) -> str:
    """Take a reference to Key Vault that stands at `where` in a column; the text is kept as it was typed."""
    try:
        vault.reference(text if isinstance(text, str) else "")
    except ValueError as wrong:
        raise Fault(column, text, f"at {where}, {wrong}") from wrong
    return str(text).strip()
