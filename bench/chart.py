"""The chart of docs/performance.md: CPU by scheduler at each size, on a logarithmic scale. Drawn as SVG, without help.

Its colours follow the reader's: light or dark.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from bench.contenders import CRONTABLE
from bench.figures import Row
from bench.shown import spread, times

WIDTH, NAMES, FIGURES = 920, 230, 190
LINE, HEAD, TITLE, FOOT = 24, 34, 46, 24
#: Where the scale begins and ends at least: powers of ten of a second.
FIRST, LAST = -3, 0
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; } .size { font-weight: 600; } .quiet { fill: #59636e; font-size: 12px; }
  .grid { stroke: #d1d9e0; } .bar { fill: #8b949e; } .ours { fill: #0969da; } .spread { stroke: #1f2328; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .grid { stroke: #3d444d; } .bar { fill: #6e7681; }
    .ours { fill: #4493f8; } .spread { stroke: #f0f6fc; }
  }
"""


def chart(rows: Sequence[Row]) -> str:
    """Draw it."""
    shown = [row for row in rows if row.median("cpu")]
    scale = Scale.of(shown)
    parts, y = [_text(10, 26, "CPU of a tick with so many due, by scheduler", "title")], TITLE
    for size in sorted({row.size for row in shown}):
        here = [row for row in shown if row.size == size]
        parts += _panel(f"{size.registered:,} jobs, {size.due:,} due", here, scale, y)
        y += HEAD + LINE * len(here) + FOOT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img"'
    label = "CPU seconds of each scheduler at each size, on a logarithmic scale"
    return "\n".join([f'{head} aria-label="{label}">', f"<style>{STYLE}</style>", *parts, "</svg>", ""])


class Scale:
    """Powers of ten of a second, side by side."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Scale":
        """Span all figures."""
        spans = [row.figures["cpu"] for row in rows if row.figures]
        first = min([FIRST, *(math.floor(math.log10(span.least)) for span in spans if span.least > 0)])
        last = max([LAST, *(math.ceil(math.log10(span.most)) for span in spans if span.most > 0)])
        return cls(first, last)

    def x(self, seconds: float) -> float:
        """Say where a figure stands."""
        part = (math.log10(max(seconds, 10.0**self.first)) - self.first) / (self.last - self.first)
        return round(NAMES + part * (WIDTH - NAMES - FIGURES), 1)

    def marks(self) -> Iterator[tuple[float, str]]:
        """Give the powers of ten, and their names."""
        for power in range(self.first, self.last + 1):
            yield self.x(10.0**power), f"{10**power:,} s" if power >= 0 else f"{10.0 ** (power + 3):g} ms"


def _panel(size: str, rows: Sequence[Row], scale: Scale, y: int) -> Iterator[str]:
    """Draw one size: a bar each, with a whisker from the least to the most."""
    yield _text(10, y + 16, size, "size")
    bottom = y + HEAD + LINE * len(rows)
    for x, name in scale.marks():
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{y + HEAD - 8}" y2="{bottom - 4}"/>'
        yield _text(x, y + 16, name, "quiet", "middle")
    for number, row in enumerate(rows):
        yield from _bar(row, scale, y + HEAD + LINE * number)


def _bar(row: Row, scale: Scale, y: int) -> Iterator[str]:
    if not row.figures:
        return
    cpu, ours = row.figures["cpu"], row.name.startswith(CRONTABLE.name)
    begin, end = scale.x(0), scale.x(cpu.median)
    yield _text(10, y + 12, row.name, "")
    kind = "ours" if ours else "bar"
    yield f'<rect class="{kind}" x="{begin}" y="{y}" width="{round(end - begin, 1)}" height="14" rx="2"/>'
    if cpu.most > cpu.least:
        ends = f'x1="{scale.x(cpu.least)}" x2="{scale.x(cpu.most)}"'
        yield f'<line class="spread" {ends} y1="{y + 7}" y2="{y + 7}"/>'
    yield _text(WIDTH - FIGURES + 90, y + 12, spread(row, "cpu").partition(" (")[0], "", "end")
    if row.ratio is not None:
        yield _text(WIDTH - 20, y + 12, times(row.ratio), "quiet", "end")


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{name} x="{x}" y="{y}"{place}>{escape(words)}</text>'
