"""Which version of a job row a person saw: what tells two editors apart, and no write of the scheduler's.

A row's own ETag changes with each run. A form that is open for five minutes would then never be saved, so a
version digests what people own alone: one part for the columns, one for the watermark, which runs advance.
"""

import hashlib
from collections.abc import Collection, Iterable

from scheduler.columns import filled
from scheduler.job import OWNED, SHARED
from scheduler.row import Row

#: A version that any row fits.
ANY = "*"
_COLUMNS = tuple(sorted(name for name in OWNED if name not in SHARED))
_WATERMARK = ("Watermark",)


def version(row: Row) -> str:
    """Give the version of a row, as an ETag holds it between its quotes."""
    return f"{_digest(row, _COLUMNS)}.{_digest(row, _WATERMARK)}"


def fits(seen: str | None, row: Row, columns: Collection[str]) -> bool:
    """Say whether a row is still what a person saw (None = they did not say) of what an edit of `columns` rests on.

    The watermark counts only for an edit of it: a run that ends meanwhile must not refuse a new schedule.
    """
    if seen in (None, ANY):
        return True
    columns_then, _, watermark_then = str(seen).partition(".")
    columns_now, _, watermark_now = version(row).partition(".")
    watermark = "Watermark" not in columns or watermark_then == watermark_now
    others = set(columns) <= set(_WATERMARK) or columns_then == columns_now
    return watermark and others


def _digest(row: Row, names: Iterable[str]) -> str:
    said = "\0".join(f"{name}={row.columns[name]!r}" for name in names if filled(row.columns.get(name)))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]
