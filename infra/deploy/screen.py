"""What the person sees: plain sentences, commands that can be pasted whole, and a sign of life while something runs."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from infra.deploy.finding import Fault, Finding, Note


class Screen:
    """The terminal, or a file: then without colours, and never wrapped, so that a command stays one line."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are texts that are never shown, whoever says them."""
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(highlight=False, soft_wrap=True, stderr=True)
        self._secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def _text(self, text: str, style: str = "") -> Text:
        for secret in self._secrets:
            text = text.replace(secret, "…").replace(shlex.quote(secret), "…")
        return Text(text, style=style)

    def step(self, text: str) -> None:
        """Begin a step."""
        self._out.print(self._text(text, "bold"))

    def say(self, text: str) -> None:
        """Tell something within a step."""
        self._out.print(self._text(f"  {text}"))

    def line(self, text: str) -> None:
        """Hand on a line of a program."""
        self._out.print(self._text(f"  | {text}", "dim"))

    def command(self, words: Sequence[str]) -> None:
        """Show a command that is about to change something."""
        self._out.print(self._text(f"  $ {shlex.join(words)}", "cyan"))

    def type_next(self, text: str, lines: Sequence[str]) -> None:
        """Tell what to type."""
        self._out.print(self._text(text))
        for line in lines:
            self._out.print(self._text(f"    {line}", "cyan"))

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something runs: a moving sign on a terminal, one line elsewhere."""
        if self._out.is_terminal:
            with self._out.status(self._text(text)):
                yield
        else:
            self.say(text)
            yield

    def findings(self, findings: Sequence[Finding]) -> None:
        """Tell all that was found: notes first, then every fault with a number."""
        for note in (finding for finding in findings if isinstance(finding, Note)):
            self._out.print(self._text(f"  Note: {note.text}", "yellow"))
            for line in note.mend:
                self._out.print(self._text(f"      {line}", "cyan"))
        self.faults([finding for finding in findings if isinstance(finding, Fault)])

    def faults(self, faults: Sequence[Fault]) -> None:
        """Tell every fault: what is there, what is needed, what mends it."""
        for number, fault in enumerate(faults, 1):
            self._err.print(self._text(f"\n{number}. {fault.found}", "bold red"))
            self._err.print(self._text(f"   Needed: {fault.needed.rstrip('.')}."))
            for line in fault.mend:
                self._err.print(self._text(f"      {line}", "cyan"))

    def wrong(self, text: str) -> None:
        """Tell what went wrong, at the end."""
        self._err.print(self._text(f"\n{text}", "bold red"))
