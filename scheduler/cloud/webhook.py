"""Webhooks over HTTPS: one POST, one answer, five seconds at most, and no way round that."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from scheduler.ports import Reply, Unknown

#: Seconds in all, and of waiting for a connection or for the next byte.
SECONDS, SILENCE = 5.0, 4.0
#: The most posts that go on at once: twice those of a tick, since looking up a host name is the one thing that cannot
#: be cut short.
MOST = 60
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "crontable"}


class HttpWebhook:
    """`ports.Webhook`. It follows no redirect: who is told is what the row or the setting says, and nobody else."""

    def __init__(
        self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), seconds: float = SECONDS, most: int = MOST
    ) -> None:
        self._clock, self._seconds = clock, seconds
        self._places = threading.BoundedSemaphore(most)

    def post(self, address: str, body: bytes) -> Reply:
        """Post JSON once; `Unknown` when there was no answer in time. No error of it shows the address.

        In a thread of its own, whose connection is cut when the time is over: the time-outs of a connection count each
        byte anew, and a server that drips one header every four seconds would hold a tick for hours.
        """
        if not self._places.acquire(blocking=False):
            raise Unknown("too many earlier messages are still on their way")
        line, answers = _Line(), SimpleQueue[Reply | str]()
        asks = threading.Thread(target=self._asked, args=(line, address, body, answers), daemon=True, name="webhook")
        try:
            asks.start()
        except RuntimeError as full:  # no more threads: its place must not stay taken
            self._places.release()
            raise Unknown("this process cannot start a thread for it") from full
        try:
            answer = answers.get(timeout=self._seconds)
        except Empty:
            line.cut()
            raise Unknown(f"it did not answer within {self._seconds:g} seconds") from None
        if isinstance(answer, str):
            raise Unknown(answer)
        return answer

    def _asked(self, line: "_Line", address: str, body: bytes, answers: SimpleQueue[Reply | str]) -> None:
        """Ask, as far as the first line and the headers of the answer: nobody reads what stands below them."""
        try:
            with requests.Session() as session:
                session.mount("https://", line)
                session.mount("http://", line)
                how: dict[str, Any] = {"timeout": SILENCE, "allow_redirects": False, "stream": True}
                with session.post(address, data=body, headers=_HEADERS, **how) as answer:
                    after = _after(answer.headers.get("Retry-After", ""), self._clock())
                    answers.put(Reply(answer.status_code, after))
        except Exception as error:  # noqa: BLE001 - a thread's error is nobody's; its text would show the address
            answers.put(_why(error))
        finally:
            line.let_go()
            self._places.release()


class _Line(HTTPAdapter):
    """The connections of one post, which another thread may cut.

    A second hold on each socket does it: the first is wrapped in TLS, or still being so, when the time is over.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock, self._holds, self._over = threading.Lock(), list[socket.socket](), False

    def get_connection_with_tls_context(self, *given: Any, **how: Any) -> Any:  # noqa: ANN401 - the library's own
        """Give the pool that the post goes through, whose connections are held."""
        pool, line = super().get_connection_with_tls_context(*given, **how), self
        kind: type[Any] = pool.ConnectionCls

        class Held(kind):  # type: ignore[misc]  # plain or with TLS
            def _new_conn(self) -> socket.socket:
                made: socket.socket = super()._new_conn()
                line.hold(made)
                return made

        pool.ConnectionCls = Held
        return pool

    def hold(self, made: socket.socket) -> None:
        """Take a hold; of a connection that came too late it is an end at once."""
        with self._lock:
            self._holds.append(made.dup())
            if self._over:
                self._shut()

    def cut(self) -> None:
        """End all that goes on, and all that would come."""
        with self._lock:
            self._over = True
            self._shut()

    def let_go(self) -> None:
        """Close what was held: the post is over."""
        with self._lock:
            for one in self._holds:
                one.close()
            self._holds.clear()

    def _shut(self) -> None:
        for one in self._holds:
            with suppress(OSError):  # the other side was quicker
                one.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    """Say in words why there was no answer, without the address."""
    causes = list(_causes(error))
    for kind, said in _WORDS.items():
        if found := next((one for one in causes if isinstance(one, kind)), None):
            return said(found)
    return f"it cannot be reached ({type(error).__name__})"


def _causes(error: object) -> Iterator[BaseException]:
    """Give an error and all that it was made of: the libraries wrap the cause three times over."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _untrusted(error: BaseException) -> str:
    return f"its certificate is not trusted: {getattr(error, 'verify_message', '') or 'nobody says why'}".rstrip(".")


#: What each cause is in words; the first that is found tells.
_WORDS: dict[type[BaseException], Callable[[BaseException], str]] = {
    requests.exceptions.ProxyError: lambda _: "the proxy of this machine does not let it through",
    socket.gaierror: lambda _: "its host name is not known",
    ssl.SSLCertVerificationError: _untrusted,
    ssl.SSLError: lambda _: "no TLS connection could be made with it",
    requests.exceptions.SSLError: lambda _: "no TLS connection could be made with it",
    ConnectionRefusedError: lambda _: "it refused the connection: nobody listens there",
    requests.ConnectTimeout: lambda _: f"it took no connection within {SILENCE:g} seconds",
    requests.Timeout: lambda _: "it did not answer in time",
    ConnectionError: lambda _: "it ended the connection without an answer",
    OSError: lambda error: f"it cannot be reached: {_reason(error)}",
}


def _reason(error: BaseException) -> str:
    """Give the system's own words, such as "No route to host"; a library's would show the address."""
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _after(said: str, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds, or a date."""
    if re.fullmatch(r"\d{1,7}", said.strip(), re.ASCII):
        return timedelta(seconds=int(said))
    with suppress(ValueError, TypeError, OverflowError):
        when = parsedate_to_datetime(said)
        return max((when if when.tzinfo else when.replace(tzinfo=UTC)) - now, timedelta(0))
    return None
