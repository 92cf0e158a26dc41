"""A job's processed ranges on a line, the odd ones below it: what of them can be drawn, in per cent of the line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scheduler.ledger import Finding, Kind, Ledger, Range, Scale

#: The most stretches that are drawn, and the most of them that are links; the table below has them all.
MOST_DRAWN = 400
#: The least width of one, in per cent.
LEAST = 0.25


@dataclass(frozen=True)
class Stretch:
    """A stretch of the line, `x` and `width` in per cent; `kind`: done, twice, gap or rewind."""

    x: float
    width: float
    kind: str
    label: str
    run: str = ""
    #: Of a rewind: it leads from the right end back to the left one, so many rows below the line.
    row: int = 0


@dataclass(frozen=True)
class Strip:
    """What is drawn; `drawn` False: these watermarks are texts, or there are none, and only the table tells."""

    drawn: bool
    ranges: Sequence[Stretch] = ()
    odd: Sequence[Stretch] = ()
    #: The watermarks that stand at its two ends.
    ends: Sequence[str] = ()
    #: Rows that the rewinds take.
    rows: int = 0
    #: How many ranges stand for others, since there are too many.
    merged: bool = False


def strip(ledger: Ledger) -> Strip:
    """Lay a ledger out on a line."""
    if ledger.scale is Scale.TEXT or not ledger.steps:
        return Strip(drawn=False)
    every = list(_ranges(ledger, ledger.ranges))
    ranges = every if len(every) <= MOST_DRAWN else _joined(every)
    odd = [*_gaps(ledger), *_rewinds(ledger)]
    rows = max((one.row for one in odd), default=0)
    return Strip(bool(every), ranges, odd, _ends(ledger), rows, len(ranges) < len(every))


def _ranges(ledger: Ledger, ranges: Iterable[Range]) -> Iterator[Stretch]:
    for one in ranges:
        begin, end = ledger.share(one.begin), ledger.share(one.end)
        if begin is None or end is None:
            continue
        by = f"by run {one.runs[0]}" if one.times == 1 else f"{one.times} times"
        label = f"{one.begin or 'the beginning'} to {one.end}, {by}"
        yield _stretch(begin, end, "done" if one.times == 1 else "twice", label, one.runs[-1] if one.runs else "")


def _joined(every: Sequence[Stretch]) -> list[Stretch]:
    """Draw neighbours as one, where a line cannot show them apart."""
    joined = list[Stretch]()
    for one in every:
        last = joined[-1] if joined else None
        if last and last.kind == one.kind and one.x - (last.x + last.width) < LEAST and last.width < 1:
            label = f"{last.label.partition(' to ')[0]} to {one.label.partition(' to ')[2]}"
            joined[-1] = Stretch(last.x, max(one.x + one.width - last.x, LEAST), one.kind, label, one.run)
        else:
            joined.append(one)
    return joined


def _gaps(ledger: Ledger) -> Iterator[Stretch]:
    for one in _of(ledger, Kind.GAP):
        begin, end = ledger.share(one.begin), ledger.share(one.end)
        if begin is not None and end is not None:
            yield _stretch(begin, end, "gap", one.sentence, one.after)


def _rewinds(ledger: Ledger) -> Iterator[Stretch]:
    """Lay the rewinds below the line, each in the first row where it has room."""
    taken: list[list[tuple[float, float]]] = []
    for one in _of(ledger, Kind.REWIND):
        begin, end = ledger.share(one.begin), ledger.share(one.end)
        if begin is None or end is None:
            continue
        left, right = 100 * min(begin, end), 100 * max(begin, end)
        row = next((row for row, spans in enumerate(taken) if _free(spans, left, right)), len(taken))
        if row == len(taken):
            taken.append([])
        taken[row].append((left, right))
        yield Stretch(left, max(right - left, LEAST), "rewind", one.sentence, one.after, row + 1)
        if row > 5:  # noqa: PLR2004 - more rows of rewinds are no picture
            return


def _free(spans: Iterable[tuple[float, float]], left: float, right: float) -> bool:
    return all(right + 1 < begin or end + 1 < left for begin, end in spans)


def _of(ledger: Ledger, kind: Kind) -> list[Finding]:
    return [one for one in ledger.findings if one.kind is kind][:MOST_DRAWN]


def _stretch(begin: float, end: float, kind: str, label: str, run: str) -> Stretch:
    x, width = 100 * begin, 100 * (end - begin)
    return Stretch(min(x, 100 - LEAST), max(width, LEAST), kind, label, run)


def _ends(ledger: Ledger) -> list[str]:
    """Name the watermarks at the two ends of the line."""
    texts = [text for one in ledger.steps for text in (one.begin, one.end) if text]
    placed = sorted((share, text) for text in set(texts) if (share := ledger.share(text)) is not None)
    ends = [placed[0], placed[-1]] if len(placed) > 1 else placed
    return [text for _, text in ends]
