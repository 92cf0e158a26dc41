"""Ctrl-C and SIGTERM. A signal ends the children; whoever started them then hears `Stopped`.

A thread of its own hears the signal. Scenario without it: the signal comes just before the main thread begins to wait
for az; Python calls a signal's function between two steps of the main thread only, so until az has ended nobody knows.
Nothing is raised out of nowhere, either: `Stopped` comes where we wait, and nowhere else.
"""

import os
import signal
import socket
import subprocess
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds that a child has for its own farewell before it is killed.
FAREWELL = 10.0


class Stopped(Exception):
    """A signal came. `number` is its number."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"stopped by {signal.Signals(number).name}")


class Stop:
    """Whether a signal came, and the children that must hear of it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._number = 0
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[str]] = set()
        self._ears: tuple[socket.socket, socket.socket] | None = None

    def listen(self) -> None:
        """Take the signals from now on. To be called once, in the main thread."""
        self._ears = ours, theirs = socket.socketpair()
        theirs.settimeout(0)
        signal.set_wakeup_fd(theirs.fileno())
        for number in SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup asked for it
            signal.signal(number, lambda *_: None)  # without a function of ours it would end this process
        threading.Thread(target=self._hear, args=(ours,), daemon=True).start()

    def _hear(self, ours: socket.socket) -> None:
        """Take each signal: Python writes its number as one byte."""
        while number := ours.recv(1):
            self._take(number[0])

    def _take(self, number: int) -> None:
        with self._lock:
            if self._event.is_set():
                return  # they have been told
            self._number = number
            self._event.set()
            children = list(self._children)
        for child in children:
            _end(child)

    def enter(self, child: "subprocess.Popen[str]") -> None:
        """Take note of a child that was started."""
        with self._lock:
            self._children.add(child)
            late = self._event.is_set()
        if late:
            _end(child)

    def leave(self, child: "subprocess.Popen[str]") -> None:
        """Forget a child that has ended; raises Stopped when a signal came meanwhile."""
        with self._lock:
            self._children.discard(child)
        self.check()

    def check(self) -> None:
        """Raise Stopped when a signal came."""
        if self._event.is_set():
            raise Stopped(self._number)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes, which raises Stopped."""
        self._event.wait(seconds)
        self.check()


def _end(child: "subprocess.Popen[str]") -> None:
    """Ask a child to end as Ctrl-C does, and kill it when it does not."""
    _signal(child, signal.SIGINT)
    killer = threading.Timer(FAREWELL, _signal, (child, signal.SIGKILL))
    killer.daemon = True
    killer.start()


def _signal(child: "subprocess.Popen[str]", number: int) -> None:
    """Send a signal to a child and what it started; one that ended is left alone."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return
