"""What went wrong while somebody was answered: each line has the error's trace below it."""

from dataclasses import dataclass

from scheduler.facts.fact import ERROR, Fact


@dataclass(frozen=True)
class AnswerFailed(Fact):
    """A request ended in an error that nobody foresaw. `path` is shown harmlessly."""

    weight, traced = ERROR, True
    method: str
    path: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.method} {self.path} failed"


@dataclass(frozen=True)
class PageFailed(Fact):
    """A page could not be shown. `path` is shown harmlessly."""

    weight, traced = ERROR, True
    path: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"The page {self.path} failed."


@dataclass(frozen=True)
class EndUnwritten(Fact):
    """An act was done, and its row of the audit does not say so. `result`: what it should say."""

    weight, traced = ERROR, True
    row: str
    result: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"The end of {self.row} could not be written: {self.result}"
