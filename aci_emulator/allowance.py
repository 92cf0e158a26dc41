"""How many creates and deletes ACI still grants: 300 an hour and 100 in 5 minutes (aci.md, 5). Pure."""

from collections import deque
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
HOURLY = 300
FIVE_MINUTELY = 100


class Allowance:
    """The requests of one kind, of one subscription in one region, within the last hour."""

    def __init__(self) -> None:
        self._taken: deque[datetime] = deque()

    def take(self, at: datetime) -> dict[str, str]:
        """Count a request and return the headers that tell what remains."""
        self._taken.append(at)
        while self._taken[0] <= at - HOUR:
            self._taken.popleft()
        recent = sum(1 for taken in self._taken if taken > at - FIVE_MINUTES)
        prefix = "x-ms-ratelimit-remaining-subscription-resource-requests"
        return {
            f"{prefix}-pt1h": str(max(HOURLY - len(self._taken), 0)),
            f"{prefix}-pt5m": str(max(FIVE_MINUTELY - recent, 0)),
        }
