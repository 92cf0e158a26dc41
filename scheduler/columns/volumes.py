"""What a run finds on its disk: Volumes, `{mount path: source}`, with keys and secrets from Key Vault only.

{"/data":    {"azureFile": {"shareName": "in", "storageAccountName": "acct", "storageAccountKey": "<reference>"},
              "readOnly": true},
 "/scratch": {"emptyDir": {}},
 "/secrets": {"secret": {"token": "<reference>"}}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler import arm, cell
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.columns.secret import reference

COLUMNS = ("Volumes",)
#: ACI's most for a group.
MOST = 20
_ALLOWED = 'it must be a JSON object of mount paths, such as {"/scratch": {"emptyDir": {}}}.'
_KINDS = ("azureFile", "emptyDir", "secret")
_SHARE = {"shareName", "storageAccountName", "storageAccountKey"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_FILE = re.compile(r"(?!\.\.?$)[-._A-Za-z0-9]{1,253}")
_PATH = re.compile(r"/(?!\s)[^:\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_NAMES: arm.Names = {
    "azureFile": dict.fromkeys((*sorted(_SHARE), "readOnly")),
    "emptyDir": None,
    "secret": None,
    "readOnly": None,
}


@dataclass(frozen=True)
class Volume:
    """A volume of the group and where the job's container sees it; `source` is ARM's, with references in it."""

    path: str
    source: Mapping[str, Any]
    read_only: bool = False


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read every volume; a key or a secret that stands there itself is refused and not repeated."""
    typed = faults.take(lambda: _object(cells), dict[str, Any]()) if "Volumes" in cells else {}
    found: dict[str, Volume] = {}
    for path, source in typed.items():
        try:
            volume = _volume(path, source)
            if volume.path in found:
                raise _fault(f"{volume.path} is given twice.")
            found[volume.path] = volume
        except Fault as fault:
            faults.append(str(fault))
    return {"volumes": tuple(found.values())}


def _object(cells: Cells) -> dict[str, Any]:
    written = cell.text("Volumes", cells["Volumes"])
    typed = cell.json_value("Volumes", written, written, _ALLOWED)
    if not isinstance(typed, dict):
        raise _fault(_ALLOWED)
    if len(typed) > MOST:
        raise _fault(f"it names {len(typed)} volumes, and ACI allows {MOST} in a group.")
    return typed


def _fault(sentence: str) -> Fault:
    return Fault("Volumes", "", sentence)


def _volume(typed: str, source: object) -> Volume:
    path = re.sub(r"/+", "/", typed).rstrip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise _fault(f"{cell.shown(typed)} must be an absolute path other than /, without ':' and '..'.")
    try:
        given = arm.canonical(source, _NAMES)
    except ValueError as wrong:
        raise _fault(f"at {path}, {wrong}.") from wrong
    kinds = [kind for kind in _KINDS if isinstance(given, dict) and isinstance(given.get(kind), dict)]
    if len(kinds) != 1 or given.keys() - {*kinds, "readOnly"}:
        raise _fault(
            f"at {path} there must be one of {', '.join(_KINDS)}, an object, and readOnly beside it if wanted."
        )
    read_only = _flag(path, given)
    inner = given[kinds[0]]
    if kinds == ["azureFile"]:
        inner = _share(path, inner)
    elif kinds == ["secret"]:
        inner = {_file(path, name): reference("Volumes", f"{path}, {name}", text) for name, text in inner.items()}
    return Volume(path, {kinds[0]: inner}, read_only)


def _flag(path: str, given: Mapping[str, Any]) -> bool:
    flag = given.get("readOnly", False)
    if not isinstance(flag, bool):
        raise _fault(f"at {path}, readOnly must be true or false.")
    return flag


def _share(path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if not given.keys() >= _SHARE or given.keys() - {*_SHARE, "readOnly"}:
        raise _fault(f"at {path}, azureFile must have {', '.join(sorted(_SHARE))}, and readOnly if wanted.")
    for name in ("shareName", "storageAccountName"):
        if not isinstance(given[name], str) or not _NAME.fullmatch(given[name]):
            raise _fault(f"at {path}, {name} must have 1 to 63 letters, digits and hyphens, no hyphen first.")
    _flag(path, given)
    return {
        **given,
        "storageAccountKey": reference("Volumes", f"{path}, storageAccountKey", given["storageAccountKey"]),
    }


def _file(path: str, name: str) -> str:
    if not _FILE.fullmatch(name):
        raise _fault(f"at {path}, a secret's file must be named with 1 to 253 letters, digits, '-', '_' and '.'.")
    return name
