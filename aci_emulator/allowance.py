"""How many creates and deletes ACI still grants: so many an hour and in 5 minutes (aci.md, 5). Pure."""

import math
from collections import deque
from datetime import datetime, timedelta

from aci_emulator.limits import UNLIMITED

HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
PREFIX = "x-ms-ratelimit-remaining-subscription-resource-requests"


class Allowance:
    """The requests of one kind, of one subscription in one region, within the last hour."""

    def __init__(self) -> None:
        self._taken: deque[datetime] = deque()

    def wait(self, at: datetime, hourly: float, five_minutely: float) -> float:
        """Return the seconds until one more request is granted, 0 when it is granted now."""
        self._forget(at)
        return max(self._until_free(at, HOUR, hourly), self._until_free(at, FIVE_MINUTES, five_minutely))

    def take(self, at: datetime) -> None:
        """Count a request."""
        self._taken.append(at)

    def remaining(self, at: datetime, hourly: float, five_minutely: float) -> dict[str, str]:
        """Return the headers that tell how many more are granted."""
        self._forget(at)
        recent = len(self._since(at - FIVE_MINUTES))
        return {
            f"{PREFIX}-pt1h": _left(hourly, len(self._taken)),
            f"{PREFIX}-pt5m": _left(five_minutely, recent),
        }

    def _forget(self, at: datetime) -> None:
        while self._taken and self._taken[0] <= at - HOUR:
            self._taken.popleft()

    def _since(self, begin: datetime) -> list[datetime]:
        return [taken for taken in self._taken if taken > begin]

    def _until_free(self, at: datetime, window: timedelta, most: float) -> float:
        """Return how long the window stays full; with a limit of 0 it never empties."""
        taken = self._since(at - window)
        if len(taken) < most:
            return 0.0
        if most < 1:
            return window.total_seconds()
        oldest = taken[len(taken) - int(most)]
        return (oldest + window - at).total_seconds()


def _left(most: float, taken: int) -> str:
    return str(UNLIMITED if math.isinf(most) else max(int(most) - taken, 0))
