"""Where a list goes on: what the service said of it, in letters, digits, `-` and `_`, to stand in an address.

Whoever turns the page sends it back, so that it is read as something that anybody may have typed.
"""

import json
from base64 import b64encode, urlsafe_b64decode

#: What the service calls the next partition and row; either may be missing.
type Place = tuple[str | None, str | None]

#: Two keys of 1 KiB, in base64 by the service, and once more by us, with something to spare.
_LONGEST = 8_192


def write(place: Place) -> str:
    """Write a place down; '' when nothing follows."""
    if place == (None, None):
        return ""
    return b64encode(json.dumps(place).encode(), b"-_").decode().rstrip("=")


def read(text: str) -> Place:
    """Read a place back; raises ValueError for what `write` cannot have given."""
    if len(text) > _LONGEST:
        raise ValueError(refused(text))
    try:
        place = json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise ValueError(refused(text)) from None
    match place:
        case [str() | None as partition, str() | None as name] if write((partition, name)) == text != "":
            return partition, name
    raise ValueError(refused(text))


def refused(text: str) -> str:
    """Say what is wrong with a cursor that leads nowhere."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - enough to know it again
    return f"after is {shown!r}: it must be what the page before gave as its next."
