"""Between a process and the world: every call takes its time, is written down, and may go wrong on the way."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scheduler.ports import BatchRefused, Change, GroupRefused, Insert, Page, Slice, Unknown, Where
from scheduler.row import Columns, Key, Row
from scheduler.run import Cause
from tests.simulation.history import Call, Trouble
from tests.simulation.story import AGAIN, Mishap
from tests.world import Killed

if TYPE_CHECKING:
    from tests.simulation.stage import Process, Stage

#: So many seconds an SDK waits before it sends a call again.
PAUSE = 0.8


class ConnectionLost(OSError):
    """A table did not answer: what was asked of it may or may not have been done."""


class Mishaps:
    """Those that are set and have not happened yet."""

    def __init__(self) -> None:
        self._armed: list[list[Any]] = []

    def arm(self, mishap: Mishap) -> None:
        """Set one; calls are counted from now on."""
        self._armed.append([mishap, mishap.nth])

    def hit(self, line: str, now: Any) -> Mishap | None:
        """Count a call, and give what befalls it."""
        found = None
        for entry in list(self._armed):
            mishap = entry[0]
            if mishap.until and now >= mishap.until:
                self._armed.remove(entry)
            elif fnmatchcase(line, mishap.call):
                entry[1] -= 1
                if entry[1] <= 0 and found is None:
                    found = mishap
                    if not mishap.until:
                        self._armed.remove(entry)
        return found

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._armed.clear()


class Wire:
    """One process's way to the world."""

    def __init__(self, stage: "Stage", process: "Process") -> None:
        self._stage, self._process = stage, process

    @property
    def signs(self) -> str:
        """How the running tick signs what it writes."""
        return f"tick {self._process.tick.number}"

    def call[T](self, line: str, takes: float, effect: Callable[[], T]) -> T:
        """Make one call: time passes, others act meanwhile, and then it has its effect, or not."""
        stage, tick = self._stage, self._process.tick.number
        stage.meanwhile(line, takes)
        mishap = stage.mishaps.hit(line, stage.clock.now)
        held_up = mishap.seconds if mishap and mishap.what == "slow" else 0.0
        self._process.strand.pause(stage.clock.now + timedelta(seconds=takes + held_up))
        if mishap:
            stage.history.troubles.append(Trouble(stage.clock.now, mishap.what, tick, line))
        if not mishap or mishap.what == "slow":
            return self._done(line, tick, effect)
        return self._goes_wrong(mishap, line, tick, effect)

    def _done[T](self, line: str, tick: int, effect: Callable[[], T], answer_is: str = "done") -> T:
        try:
            answer = effect()
        except (BatchRefused, GroupRefused, Unknown) as refused:
            self._note(tick, line, f"refused: {refused}")
            raise
        self._note(tick, line, answer_is)
        return answer

    def _goes_wrong[T](self, mishap: Mishap, line: str, tick: int, effect: Callable[[], T]) -> T:
        error: BaseException = ConnectionLost(line) if line.startswith(("jobs", "runs")) else Unknown("no answer")
        match mishap.what:
            case "dies before":
                self._note(tick, line, "died before")
                raise Killed
            case "dies after":
                self._done(line, tick, effect, "died after")
                raise Killed
            case "lost after":
                self._done(line, tick, effect, "answer lost")
                raise error
            case "again":
                self._done(line, tick, effect, "answer lost")
                self._stage.meanwhile(f"{AGAIN}{line}", PAUSE)
                self._process.strand.pause(self._stage.clock.now + timedelta(seconds=PAUSE))
                return self._done(line, tick, effect, "sent again")
            case "throttled":
                self._note(tick, line, "refused: throttled")
                raise GroupRefused(Cause.THROTTLED, f"{line}: 429", timedelta(seconds=mishap.seconds or 30))
            case "late" if line.startswith("groups.create"):
                self._note(tick, line, f"lands {mishap.seconds:.0f} s later")
                stage = self._stage
                stage.timeline.at(stage.clock.now + timedelta(seconds=mishap.seconds), lambda: _landed(effect))
                raise error
            case "late" | "lost before":
                self._note(tick, line, "never arrived")
                raise error
            case cause:
                self._note(tick, line, f"refused: {cause}")
                raise GroupRefused(Cause(cause), f"{line}: {cause}, says the story")

    def _note(self, tick: int, line: str, answer: str) -> None:
        self._stage.history.calls.append(Call(self._stage.clock.now, tick, line, answer))


def _landed(effect: Callable[[], object]) -> None:
    with suppress(GroupRefused, Unknown):  # nobody hears of it
        effect()


class WiredTable:
    """`ports.Table`, over the wire."""

    def __init__(self, name: str, wire: Wire, stage: "Stage") -> None:
        self._name, self._wire, self._stage = name, wire, stage
        self._table = stage.tables[name]
        self._takes = stage.story.table_takes

    def read(self, key: Key) -> Row | None:
        return self._wire.call(f"{self._name}.read {'/'.join(key)}", self._takes, lambda: self._table.read(key))

    def query(self, where: Where, select: Sequence[str] = (), limit: int | None = None) -> Page:
        return self._wire.call(f"{self._name}.query", self._takes, lambda: self._table.query(where, select, limit))

    def page(self, where: Where, select: Sequence[str], limit: int, after: str = "") -> Slice:
        return self._wire.call(f"{self._name}.page", self._takes, lambda: self._table.page(where, select, limit, after))

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        line = ", ".join(f"{'insert' if isinstance(one, Insert) else 'merge'} {one.key[1]}" for one in changes)
        partition = changes[0].key[0] if changes else ""

        def effect() -> Sequence[str]:
            etags = self._table.submit(changes)
            self._stage.wrote(self._name, [one.key for one in changes], self._wire.signs)
            return etags

        return self._wire.call(f"{self._name}.submit {partition}: {line}", self._takes, effect)

    def keep(self, key: Key, columns: Columns) -> None:
        self._wire.call(f"{self._name}.keep {'/'.join(key)}", self._takes, lambda: self._table.keep(key, columns))


class Wired:
    """Any other port, over the wire: a call's line is its name and first argument, such as "groups.get ct-...".

    What is behind it does the work; what the call asks for is none of the wire's business.
    """

    def __init__(self, name: str, wire: Wire, takes: float, behind: object) -> None:
        self._name, self._wire, self._takes, self._behind = name, wire, takes, behind

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """Give one of the port's methods."""

        def call(*given: Any, **how: Any) -> Any:
            line = " ".join([f"{self._name}.{method}", *map(str, given[:1])])
            return self._wire.call(line, self._takes, lambda: getattr(self._behind, method)(*given, **how))

        return call
