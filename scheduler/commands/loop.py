"""loop: the timer's work without Azure Functions, in a container or on any machine that is up.

A tick a minute, on the whole minute, or as TICK_SCHEDULE says. SIGTERM and SIGINT let the tick that runs come to
its end, and then the loop ends; a second SIGINT ends it at once, which harms nothing: a tick may die anywhere.
"""

import json
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, INTERRUPTED, say, sentence
from scheduler.commands.typed import Json, present, room
from scheduler.desk.faults import Wrong
from scheduler.facts.ticks import LoopBegan, Ticked, TickFailed, stamped
from scheduler.row import iso
from scheduler.schedule import Refused, Schedule
from scheduler.settings import SettingsError

app = room()
#: Seconds of one wait at most: a clock that was set, or a laptop that slept, is noticed after so long.
NAP = 15.0


@dataclass(frozen=True)
class Loop:
    """What ticking on and on needs of the outside."""

    schedule: Schedule
    #: The aware present.
    clock: Callable[[], datetime]
    #: Runs one pass; whatever it raises is told, and the next pass comes all the same.
    tick: Callable[[datetime], Ticked]
    #: Waits so many seconds; True, and at once, when the loop is to end.
    ended: Callable[[float], bool]
    #: Told of each whole pass, and of each that failed.
    whole: Callable[[datetime, Ticked], None]
    failed: Callable[[datetime, Exception], None]

    def run(self) -> None:
        """Tick until the end is asked for, the first time at the next due time.

        The next due time is looked for when a tick is over: those that it overran are passed by, none piles up.
        """
        while (due := self.schedule.after(self.clock())) and not self._over(due):
            now = self.clock()
            try:
                done = self.tick(now)
            except Exception as error:  # noqa: BLE001 - one bad minute must not end the schedule of all jobs
                self.failed(now, error)
            else:
                self.whole(now, done)
            if self.ended(0):
                return

    def _over(self, due: datetime) -> bool:
        """Wait for an instant; True when the end was asked for meanwhile."""
        while (left := (due - (now := self.clock())).total_seconds()) > 0:
            # Scenario: the clock is set back by hours; an earlier due time lies ahead now.
            due = min(due, self.schedule.after(now) or due)
            if self.ended(min(left, NAP)):
                return True
        return False


@app.command()
def loop(
    ctx: typer.Context,
    *,
    beat: Annotated[
        str, typer.Option("--beat", metavar="FILE", help="touch this file after each whole pass, for a health check")
    ] = "",
    as_json: Json = False,
) -> int:
    """Run a pass each minute, or as TICK_SCHEDULE says, until SIGTERM or Ctrl-C.

    What can never work is told at once, and not each minute anew.
    """
    now = present(ctx)
    settings = wiring.world().settings
    settings.need_azure()
    schedule = times(settings.tick_schedule, now)
    if beat:
        _beat(beat)
    say(LoopBegan(settings.tick_schedule, schedule.after(now) or now).sentence)
    with _until_told() as ended:
        Loop(
            schedule=schedule,
            clock=lambda: datetime.now(UTC),
            tick=wiring.run_tick,
            ended=ended,
            whole=lambda at, done: _tell(at, done, beat, as_json=as_json),
            failed=_complain,
        ).run()
    wiring.send_the_rest()
    return DONE


def times(text: str, now: datetime) -> Schedule:
    """Read TICK_SCHEDULE as the instants of a loop, in UTC as the Functions timer does; Wrong for what never comes."""
    try:
        schedule = Schedule.parse(text)
    except Refused as refused:
        raise Wrong(f"TICK_SCHEDULE is {text!r}, which a loop cannot obey. {refused}") from refused
    if schedule.after(now) is None:
        raise Wrong(f"TICK_SCHEDULE is {text!r}: it has no time ahead. Every minute is `0 * * * * *`.")
    return schedule


def _tell(at: datetime, done: Ticked, beat: str, *, as_json: bool) -> None:
    """Print one line, and then only say that all is well: whoever looks at the file believes the line."""
    print(json.dumps({"now": iso(at), **done.to_dict()}) if as_json else stamped(at, done), flush=True)
    if beat:
        _beat(beat)


def _beat(file: str) -> None:
    try:
        Path(file).touch()
    except OSError as error:
        raise Wrong(f"--beat is {file!r}, which cannot be written: {error.strerror}.") from error


def _complain(at: datetime, error: Exception) -> None:
    told = str(error) if isinstance(error, SettingsError) else sentence(error)
    say(TickFailed(at, told).sentence)


@contextmanager
def _until_told() -> Iterator[Callable[[float], bool]]:
    """Wait, and be woken by SIGTERM and SIGINT.

    A socket and not `threading.Event`: a handler runs in the thread that waits, and would wait for ever for the
    event's lock if the signal came while that thread held it. A second SIGINT leaves at once: were it only
    KeyboardInterrupt, the interpreter would wait for the pool's threads, and those for Azure. As process 1 of a
    container no signal has a default that could end it, hence `_exit`.
    """
    near, far = socket.socketpair()

    def ended(seconds: float) -> bool:
        return bool(select.select([near], [], [], seconds)[0])

    def told(number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT and ended(0):
            os._exit(INTERRUPTED)
        far.send(b".")

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    with near, far:
        try:
            yield ended
        finally:
            for number, what in before.items():
                signal.signal(number, what)
