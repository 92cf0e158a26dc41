"""Webhooks over HTTPS: one POST, one answer, five seconds at most, and no way round that."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue

import requests

from scheduler.ports import Reply, Unknown

#: Seconds in all, and of waiting for a connection or for the next byte.
SECONDS, SILENCE = 5.0, 4.0
#: So much of an answer is read.
_ANSWER = 300
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "crontable"}


class HttpWebhook:
    """`ports.Webhook`. It follows no redirect: who is told is what the row or the setting says, and nobody else."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), seconds: float = SECONDS) -> None:
        self._clock, self._seconds = clock, seconds

    def post(self, address: str, body: bytes) -> Reply:
        """Post JSON once; `Unknown` when there was no answer in time. No error of it shows the address.

        In a thread of its own, which nobody waits for: the time-outs of a connection count each byte anew, and a
        server that drips one header every four seconds would hold a tick for hours.
        """
        answers: SimpleQueue[Reply | str] = SimpleQueue()
        threading.Thread(target=lambda: answers.put(self._asked(address, body)), daemon=True, name="webhook").start()
        try:
            answer = answers.get(timeout=self._seconds)
        except Empty:
            raise Unknown(f"it did not answer within {self._seconds:g} seconds") from None
        if isinstance(answer, str):
            raise Unknown(answer)
        return answer

    def _asked(self, address: str, body: bytes) -> Reply | str:
        try:
            with requests.post(
                address, data=body, headers=_HEADERS, timeout=SILENCE, allow_redirects=False, stream=True
            ) as answer:
                said = b""
                with suppress(requests.RequestException):
                    said = next(answer.iter_content(_ANSWER), b"")
                after = _after(answer.headers.get("Retry-After", ""), self._clock())
                return Reply(answer.status_code, said.decode(errors="replace"), after)
        except requests.Timeout:
            return "it did not answer in time"
        except Exception as error:  # noqa: BLE001 - a thread's error is nobody's; its text would show the address
            return f"it cannot be reached ({type(error).__name__})"


def _after(said: str, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds, or a date."""
    if re.fullmatch(r"\d{1,7}", said.strip(), re.ASCII):
        return timedelta(seconds=int(said))
    with suppress(ValueError, TypeError, OverflowError):
        when = parsedate_to_datetime(said)
        return max((when if when.tzinfo else when.replace(tzinfo=UTC)) - now, timedelta(0))
    return None
