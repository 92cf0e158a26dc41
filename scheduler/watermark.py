"""The watermark: what a run is told, what it may answer, and which value survives.

A run answers by printing lines, so that any language can: `::watermark::VALUE`, `::metric NAME::NUMBER`
and `::progress::PERCENT TEXT`. The last watermark line counts. The value is kept only if the run
succeeded and the row still holds the value that the run was given: a person who rewound wins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

#: The longest watermark, in bytes of UTF-8.
LONGEST = 1024
#: More metrics than this are a log, not figures.
MOST_METRICS = 50
#: Names that the scheduler tells every run; Env may not set them.
TOLD = ("WATERMARK", "RUN_ID", "JOB", "DUE", "ATTEMPT", "INTERVAL_START", "INTERVAL_END")

_WATERMARK = b"::watermark::"
_METRIC = re.compile(rb"^::metric ([A-Za-z_][A-Za-z0-9_.-]{0,62})::\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$")
_PROGRESS = re.compile(rb"^::progress::(.{0,200})")


@dataclass(frozen=True)
class Answer:
    """What a run's log said to the scheduler."""

    value: str | None = None
    #: Why the last watermark line could not be taken; '' when there was none or it was good.
    fault: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    progress: str = ""


@dataclass(frozen=True)
class Survivor:
    """The value that the row should hold after a run, and why it is not the run's, if it is not."""

    value: str
    note: str = ""


def heard(log: bytes) -> Answer:
    """Read a run's whole log, both streams; bytes that are not UTF-8 only spoil the line they stand in."""
    if b"::" not in log:
        return Answer()
    value, fault, progress = None, "", ""
    metrics: dict[str, float] = {}
    for line in log.splitlines():
        if line.startswith(_WATERMARK):
            value, fault = _taken(line[len(_WATERMARK) :].strip())
        elif (metric := _METRIC.match(line)) and len(metrics) < MOST_METRICS and isfinite(float(metric[2])):
            metrics[metric[1].decode()] = float(metric[2])
        elif step := _PROGRESS.match(line):
            progress = step[1].decode(errors="replace").strip()
    return Answer(value, fault, metrics, progress)


def _taken(raw: bytes) -> tuple[str | None, str]:
    if not raw:  # a shell variable that was not set would otherwise rewind the job to its beginning
        return None, "its watermark line is empty"
    if len(raw) > LONGEST:
        return None, f"its watermark line has {len(raw):,} bytes, and at most {LONGEST:,} are allowed"
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None, "its watermark line is not UTF-8"
    # ACI's log API answers JSON: a byte that is no UTF-8 reaches us as the replacement character.
    if "\N{REPLACEMENT CHARACTER}" in text or not text.isprintable():
        return None, "its watermark line holds characters that cannot be printed"
    return text, ""


def survivor(given: str, held: str, answer: Answer, *, cut: bool) -> Survivor:
    """Choose what the row holds after a run that succeeded.

    `given` is what the run was told, `held` what the row says now, `cut` whether the log lost lines.
    """
    if answer.fault:
        return Survivor(held, f"{answer.fault}: the watermark stays where it was")
    if answer.value is None:
        lost = "its log was cut and shows no watermark line: the watermark stays where it was"
        return Survivor(held, lost if cut else "")
    if held != given:
        return Survivor(held, f"the watermark was edited during the run: the edit stays, {answer.value!r} is dropped")
    return Survivor(answer.value)
