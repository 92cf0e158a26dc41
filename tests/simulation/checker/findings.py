"""What the checker found: sentences about what is wrong, counts of what it judged, and what it could not judge."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Violation:
    """One promise that was not kept: which rule, of which job, when, and what happened."""

    rule: str
    job: str
    at: datetime
    sentence: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.job}: {self.sentence}"


@dataclass
class Findings:
    """The outcome of a check. A checker that judged nothing has found nothing out: look at `judged`."""

    violations: list[Violation] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    #: What could not be judged, and why, counted.
    unjudged: Counter[str] = field(default_factory=Counter)

    def hold(self, rule: str, job: str, at: datetime, kept: object, sentence: str) -> bool:
        """Judge one thing: it is as promised, or `sentence` says how it is not."""
        self.judged[rule] += 1
        if not kept:
            self.violations.append(Violation(rule, job, at, sentence))
        return bool(kept)

    def leave(self, rule: str, why: str) -> None:
        """Say that one thing could not be judged."""
        self.unjudged[f"{rule}: {why}"] += 1

    @property
    def rules(self) -> set[str]:
        """The rules that were broken."""
        return {one.rule for one in self.violations}


def said(moment: datetime | None) -> str:
    """Write an instant for a sentence."""
    if moment is None:
        return "never"
    return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{moment.microsecond // 1000:03d}" if moment.microsecond else "")
