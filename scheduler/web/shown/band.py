"""How many container groups there are at once through a day: a curve below ACI's line and ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scheduler.desk.timeline import Level
from scheduler.web.shown.day import Day

#: Where the top of the band is, over the highest line.
_HEADROOM = 1.5
#: The lines of the scale below the two bounds; a bound that lies too close to one takes its place.
_SCALE = (2, 10, 30)
_APART = 14.0


@dataclass(frozen=True)
class Mark:
    """A line across the band: `y` in per cent from the top."""

    y: float
    label: str
    kind: str


@dataclass(frozen=True)
class Band:
    """Two curves as SVG paths in a box of 100 by 100, and the lines across it."""

    past: str
    planned: str
    marks: Sequence[Mark]


def band(levels: Sequence[Level], day: Day, most: int, aci: int) -> Band:
    """Draw a day's counts; what is only planned is a guess, and drawn as one."""
    top = max(aci, most, *(level.groups for level in levels)) * _HEADROOM if levels else aci * _HEADROOM
    marks = [Mark(_y(aci, top), f"{aci}: ACI's line", "aci")]
    if most != aci:
        marks.append(Mark(_y(most, top), f"{most}: MAX_ACTIVE_RUNS", "ours"))
    for many in _SCALE:
        y = _y(many, top)
        if all(abs(mark.y - y) > _APART for mark in marks):
            marks.append(Mark(y, str(many), "scale"))
    began = [level for level in levels if not level.planned]
    to_come = [level for level in levels if level.planned]
    edge = to_come[0].at if to_come else day.end
    curves = (_curve(began, day, day.x(edge), top), _curve(to_come, day, 100.0, top))
    return Band(curves[0], curves[1], marks)


def _curve(levels: Sequence[Level], day: Day, end: float, top: float) -> str:
    """Write steps, each held until the next one; '' when there is nothing to see."""
    if not any(level.groups for level in levels):
        return ""
    parts, height = [f"M{day.x(levels[0].at):.2f} 100"], 100.0
    for level in levels:
        x, y = day.x(level.at), _y(level.groups, top)
        if y != height:
            parts.append(f"H{x:.2f}V{y:.1f}")
            height = y
    return "".join([*parts, f"H{end:.2f}V100Z"])


def _y(many: float, top: float) -> float:
    """Give the height of a number. A root, so that two groups can be seen and a hundred have room."""
    return 100 - 100 * sqrt(many / top)
