"""Where facts, spans and counts go; and `Silent`, for whom nobody listens. Pure.

Nothing of it may wait for the network, and nothing of it raises: no tick ends because nobody takes its telemetry.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from scheduler.facts.fact import Fact, Label, Labels


class Span(Protocol):
    """A stretch of a tick that is timed."""

    def note(self, **attributes: Label | None) -> None:
        """Add attributes; None is left out."""


class Telemetry(Protocol):
    """Takes what a tick tells of itself."""

    def trace(self, name: str, parent: str | None = None) -> AbstractContextManager[Span]:
        """Begin a trace, or go on in that of the Functions host: `parent` is its W3C traceparent, '' = not known.

        An exception that leaves it makes it a failed one, and goes on.
        """

    def span(self, name: str, attributes: Labels | None = None, *, quiet: bool = False) -> AbstractContextManager[Span]:
        """Time a part of the span around it. `quiet`: it is sent only if something was noted in it."""

    def carried[**P, R](self, call: Callable[P, R]) -> Callable[P, R]:
        """Let a call be part of the present span though another thread makes it."""

    def tell(self, fact: Fact) -> None:
        """Take a fact."""

    def transaction(self, table: str) -> None:
        """Count one request that was sent to a table."""

    def flush(self, seconds: float) -> None:
        """Send what was not sent yet, for at most so long: the process is about to end."""


class _Nobody:
    def note(self, **attributes: Label | None) -> None:
        """Forget it."""


class Silent:
    """Takes everything and keeps nothing."""

    def trace(self, name: str, parent: str | None = None) -> AbstractContextManager[Span]:
        """Begin nothing."""
        del name, parent
        return nullcontext(_NOBODY)

    def span(self, name: str, attributes: Labels | None = None, *, quiet: bool = False) -> AbstractContextManager[Span]:
        """Time nothing."""
        del name, attributes, quiet
        return nullcontext(_NOBODY)

    def carried[**P, R](self, call: Callable[P, R]) -> Callable[P, R]:
        """Give the call as it is."""
        return call

    def tell(self, fact: Fact) -> None:
        """Forget it."""

    def transaction(self, table: str) -> None:
        """Count nothing."""

    def flush(self, seconds: float) -> None:
        """Have nothing to send."""


_NOBODY = _Nobody()
