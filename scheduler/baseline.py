"""From when on a chain counts its upstreams' successes: its column Upstreams over edits. Pure.

The instant of an edit must outlive the tick that first sees it: a write of ours moves the row's Timestamp. So
the column keeps it for each upstream that is new, under a name that no job can have, until that one was looked at.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from scheduler import chain
from scheduler.chain import Seen, Upstream
from scheduler.row import Key


def renewed(written: str, names: Sequence[Key], edited: datetime) -> str:
    """Write the column after an edit: what stays in the list keeps what was seen of it, the rest counts from now."""
    seen = chain.from_text(written) or {}
    kept: dict[str, datetime | None] = {}
    for name in ("/".join(key) for key in names):
        if name in seen:
            kept[name] = seen[name]
        else:
            kept[_new(name)] = seen.get(_new(name)) or edited
    return chain.to_text(kept)


def grounded(written: str, upstreams: Mapping[str, Upstream], edited: datetime) -> Seen:
    """Say what a chain has seen, with a baseline for each upstream that has none yet; `edited`: the row's Timestamp."""
    seen = chain.from_text(written) or {}
    return {
        name: chain.baseline(seen, {name: one}, seen.get(_new(name)) or edited)[name] for name, one in upstreams.items()
    }


def _new(name: str) -> str:
    return f"new {name}"
