"""The token buckets of Azure Resource Manager's gateway (aci.md, 5): how many requests it lets through. Pure.

A subscription has a bucket for each principal and kind of request, and one of 15 times the size and refill for all
its principals together.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from aci_emulator.arm import ArmError
from aci_emulator.limits import UNLIMITED, Limits

READS, WRITES, DELETES = "reads", "writes", "deletes"

EVERYONE = 15
"""How many principals' worth of requests a subscription has for all of them together."""

LONGEST = 3_600.0
"""Seconds to wait when nothing is ever refilled."""

KEPT = 10_000
"""So many buckets are remembered; the one that was used the longest ago goes first."""


@dataclass(frozen=True)
class Size:
    """A bucket holds `most` tokens, and `refill` a second come back; infinity stands for no limit."""

    most: float
    refill: float

    def times(self, number: int) -> "Size":
        """Return the size for `number` principals."""
        return Size(self.most * number, self.refill * number)


class Bucket:
    """Tokens of one kind: each request takes one."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._counted: datetime | None = None
        self._opens: datetime | None = None
        self._opens_at_last: datetime | None = None

    def wait(self, size: Size, at: datetime) -> int | None:
        """Return the whole seconds until the bucket gives a token, None when it gives one now.

        Who asks again before the wait is over finds it renewed, until the bucket had the time to be full once more:
        two clients of one principal would otherwise keep each other out for ever.
        """
        self._refill(size, at)
        if math.isinf(size.most):
            return None
        if self._opens is None or at >= self._opens:
            self._opens = self._opens_at_last = None
            if self._left(size) >= 1:
                return None
        return self._close(size, at)

    def take(self) -> None:
        """Take one token."""
        self._spent += 1

    def remaining(self, size: Size) -> int:
        """Return how many whole tokens are left."""
        return UNLIMITED if math.isinf(size.most) else max(math.floor(self._left(size)), 0)

    def _left(self, size: Size) -> float:
        return size.most - self._spent

    def _refill(self, size: Size, at: datetime) -> None:
        passed = 0.0 if self._counted is None else max((at - self._counted).total_seconds(), 0.0)
        self._spent = 0.0 if math.isinf(size.refill) else max(self._spent - passed * size.refill, 0.0)
        self._counted = at

    def _close(self, size: Size, at: datetime) -> int:
        wait = max(math.ceil(_seconds(1 - self._left(size), size)), 1)
        if self._opens_at_last is None:
            self._opens_at_last = at + timedelta(seconds=max(_seconds(self._spent, size), wait))
        self._opens = min(at + timedelta(seconds=wait), self._opens_at_last)
        return max(math.ceil((self._opens - at).total_seconds()), 1)


class Buckets:
    """The buckets of every subscription and principal."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, ...], Bucket] = OrderedDict()

    def admit(self, method: str, subscription: str, principal: str, limits: Limits, at: datetime) -> dict[str, str]:
        """Let a request through and return the headers that tell what remains, or refuse it (429, Retry-After).

        `principal`: who asks, as `tokens.principal` tells. A refused request takes nothing.
        """
        kind, size = _kind(method, limits)
        own = self._find(kind, subscription.lower(), principal), size
        everyone = self._find(kind, subscription.lower()), size.times(EVERYONE)
        waits = [wait for bucket, size in (own, everyone) if (wait := bucket.wait(size, at)) is not None]
        if not waits:
            own[0].take()
            everyone[0].take()
        headers = {
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(own[0].remaining(own[1])),
            f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(everyone[0].remaining(everyone[1])),
        }
        if waits:
            raise throttled(kind, subscription, principal, max(waits), headers)
        return headers

    def _find(self, *key: str) -> Bucket:
        bucket = self._buckets.setdefault(key, Bucket())
        self._buckets.move_to_end(key)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return bucket


def throttled(kind: str, subscription: str, principal: str, wait: int, headers: dict[str, str]) -> ArmError:
    """Return the gateway's 429: come back in `wait` seconds."""
    sentence = (
        f"Number of '{kind.removesuffix('s')}' requests for subscription '{subscription}' actor '{principal}' "
        f"exceeded. Please try again after '{wait}' seconds."
    )
    return ArmError(
        429, "SubscriptionRequestsThrottled", sentence, gateway=True, headers=headers | {"Retry-After": str(wait)}
    )


def _kind(method: str, limits: Limits) -> tuple[str, Size]:
    """Return the kind of a request, and the size of its bucket."""
    match method.upper():
        case "GET" | "HEAD" | "OPTIONS":
            return READS, Size(limits.reads_bucket, limits.reads_refill)
        case "DELETE":
            return DELETES, Size(limits.deletes_bucket, limits.deletes_refill)
        case _:
            return WRITES, Size(limits.writes_bucket, limits.writes_refill)


def _seconds(tokens: float, size: Size) -> float:
    """Return how long it takes until `tokens` have come back."""
    return tokens / size.refill if size.refill > 0 and size.most >= 1 else LONGEST
