"""What cannot stand beside what: each sentence names both columns, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from scheduler import arm, cell
from scheduler.cell import Fault
from scheduler.columns import Cells, secret, spec, volumes, where
from scheduler.columns.limits import CatchUp, Overlap
from scheduler.columns.volumes import MOST
from scheduler.columns.where import NONE

#: Where the code of GitRepo is found.
CODE = "/code"
#: Only a group that we make has these; one that was there before has its own.
MADE = (
    *("Command", "Cpu", "MemoryGb", "Env", "Identity", "GitRepo", "GitRevision"),
    *(*secret.COLUMNS, *volumes.COLUMNS, *spec.COLUMNS, *where.COLUMNS),
)


def clashes(cells: Cells, read: Mapping[str, Any]) -> Iterator[str]:
    """Look at the row as a whole: `cells` as they were typed, `read` as they were understood."""
    yield from _what(cells)
    if "ContainerGroup" in cells:
        for name in MADE:
            if name in cells:
                yield str(Fault(name, cells[name], "an existing ContainerGroup has its own; leave it empty."))
    yield from _runs(cells, read)
    yield from _made(cells, read)


def _what(cells: Cells) -> Iterator[str]:
    if "Image" in cells and "ContainerGroup" in cells:
        yield f"{_said('Image', cells)} and {_said('ContainerGroup', cells)}: fill one and leave the other empty."
    elif "Image" not in cells and "ContainerGroup" not in cells:
        yield "Image and ContainerGroup are empty: one must say what to run."


def _runs(cells: Cells, read: Mapping[str, Any]) -> Iterator[str]:
    """Refuse policies that would break each other."""
    if read["overlap"] is Overlap.ALLOW and "Watermark" in cells:
        yield (
            f"{_said('Overlap', cells)} and {_said('Watermark', cells)}: runs beside each other cannot share a "
            "watermark; empty it, or let Overlap be skip, wait or replace."
        )
    if read["overlap"] is Overlap.ALLOW and "ContainerGroup" in cells:
        yield (
            f"{_said('Overlap', cells)} and {_said('ContainerGroup', cells)}: one group runs once at a time; let "
            "Overlap be skip, wait or replace."
        )
    if read["catch_up"] is CatchUp.ALL and read["overlap"] is Overlap.REPLACE:
        yield (
            f"{_said('CatchUp', cells)} and {_said('Overlap', cells)}: each missed run would be ended by the next; let "
            "Overlap be skip or wait, or CatchUp latest."
        )


def _made(cells: Cells, read: Mapping[str, Any]) -> Iterator[str]:
    """Refuse a group that cannot be made."""
    both = dict(read["env"]).keys() & dict(read["secure_env"]).keys()
    if both:
        yield f"Env and SecureEnv both set {', '.join(sorted(both)[:5])}: leave it in one."
    plain = [name for name, value in read["env"] if arm.seems_reference(value)]
    if plain:
        yield f"Env sets {', '.join(plain[:5])} to a reference to Key Vault, which only SecureEnv reads: move it there."
    if read["git_revision"] and not read["git_repo"] and "GitRepo" not in cells:
        yield f"{_said('GitRevision', cells)} and GitRepo is empty: it must say of which repository."
    if read["spot"] and read["subnet"] not in ("", NONE):
        yield (
            f"{_said('Spot', cells)} and {_said('Subnet', cells)}: ACI puts no Spot group in a subnet; empty one, or "
            f"let Subnet be {NONE}."
        )
    server = read["registry"]
    if server not in ("", NONE) and not any(arm.pulled_from(server, image) for image in _images(read)):
        yield (
            f"{_said('Registry', cells)} and {_said('Image', cells)}: no image comes from there; let Image begin with "
            f"{server}/, or Registry be {NONE}."
        )
    paths = [volume.path for volume in read["volumes"]]
    if read["git_repo"] and CODE in paths:
        yield f"Volumes has {CODE} and {_said('GitRepo', cells)}: its code is mounted there; choose another path."
    elif read["git_repo"] and len(paths) >= MOST:
        yield f"Volumes names {len(paths)} and {_said('GitRepo', cells)} is one more: ACI allows {MOST} in a group."


def _images(read: Mapping[str, Any]) -> tuple[str, ...]:
    return (read["image"], *(image for _, image in arm.images(read["spec"])))


def _said(column: str, cells: Cells) -> str:
    return f"{column} is {cell.shown(cells.get(column, ''))}"
