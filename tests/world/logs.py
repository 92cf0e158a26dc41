"""Where logs are kept, in memory."""

from itertools import count

from scheduler.ports import LogPart, Unknown
from tests.world.clock import Clock, Journal
from tests.world.faults import Fault, Outside


class MemoryLogs:
    """`ports.Logs`: `blobs` is what was written, by name. Faults on order (`order`) are known by the log's name."""

    def __init__(self, journal: Journal, clock: Clock | None = None) -> None:
        self.blobs: dict[str, bytes] = {}
        self._outside = Outside(clock or Clock(), journal)
        self.faults, self.order = self._outside.faults, self._outside.faults.order
        self._parts: dict[str, dict[int, bytes]] = {}
        self._notes: dict[str, tuple[str, str]] = {}
        self._written = count(1)

    def note(self, name: str) -> tuple[str, str]:
        """Give the note that a log's last part was written with, and its ETag; ('', '') when there is no log."""
        return self._outside.ask(f"logs.note {name}", "note", [name], lambda _: self._note(name), _no_answer)

    def write(self, name: str, log: bytes, part: int = 0, *, note: str = "", etag: str | None = None) -> None:
        """Keep a part of a log behind the parts before it, if the log is still what `etag` says."""

        def written(_at: object) -> None:
            if etag is not None and etag != self._note(name)[1]:
                raise Unknown(f"the blob {name} was not written: the condition specified was not met")
            before = {number: text for number, text in self._parts.get(name, {}).items() if number < part}
            self._parts[name] = {**before, part: log}
            self.blobs[name] = b"".join(text for _, text in sorted(self._parts[name].items()))
            self._notes[name] = note, f'"log-{next(self._written)}"'

        self._outside.ask(f"logs.write {name}", "write", [name], written, _no_answer)

    def read(self, name: str, start: int, length: int) -> LogPart:
        """Read some bytes of a log."""

        def part(_at: object) -> LogPart:
            whole = self.blobs.get(name, b"")
            return LogPart(whole[start : start + length], len(whole))

        return self._outside.ask(f"logs.read {name}", "read", [name], part, _no_answer)

    def remove(self, *names: str) -> None:
        """Delete logs."""

        def removed(_at: object) -> None:
            for name in names:
                for kept in (self.blobs, self._parts, self._notes):
                    kept.pop(name, None)

        if names:
            self._outside.ask(f"logs.remove {' '.join(names)}", "remove", names, removed, _no_answer)

    def _note(self, name: str) -> tuple[str, str]:
        return self._notes.get(name, ("", ""))


def _no_answer(fault: Fault) -> Unknown:
    return Unknown(f"{fault.kind}: the connection was closed without an answer")
