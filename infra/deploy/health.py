"""Is it alive: `GET /api/health` until a whole tick has been made by the code that was just published."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from infra.deploy.finding import Fault
from infra.deploy.plan import Plan
from infra.deploy.screen import Screen
from infra.deploy.stop import Stop

#: Seconds for one answer: an instance that is not there yet is started first.
TIMEOUT = 60.0


@dataclass(frozen=True)
class Seen:
    """One look. `age`: seconds since the last whole tick, None when there was none; `word` tells it to a person."""

    word: str
    age: float | None = None


def wait(plan: Plan, app: str, url: str, screen: Screen, stop: Stop) -> Fault | None:
    """Look until the app has ticked since now; a fault when it does not within the patience. Raises Stopped."""
    begun = time.monotonic()
    until, last = begun + plan.asked.patience * 60, ""
    with screen.working(f"Waiting for {url}/api/health: the first tick comes with the next whole minute."):
        while True:
            seen = look(url)
            # An answer of the code that was there before the publish is no news: a tick since then is.
            if seen.age is not None and seen.age <= time.monotonic() - begun:
                screen.say(f"A whole tick, {seen.age:.0f} s ago.")
                return None
            if time.monotonic() >= until:
                return _fault(plan, app, url, seen)
            if seen.word != last:
                screen.say(seen.word)
            last = seen.word
            stop.wait(plan.asked.pause)


def look(url: str) -> Seen:
    """Ask once."""
    if not url.startswith(("https://", "http://")):
        return Seen(f"the deployment's output functionAppUrl is {url!r}, which is no address")
    try:
        with urllib.request.urlopen(f"{url}/api/health", timeout=TIMEOUT) as answer:  # noqa: S310  scheme looked at
            return _read(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return _read(error.code, error.read())
    except OSError as error:
        return Seen(f"not reachable yet: {getattr(error, 'reason', error)}")


def _read(status: int, body: bytes) -> Seen:
    try:
        told: Any = json.loads(body)
        state = told["status"]
        age = told["age_seconds"]
    except (ValueError, KeyError, TypeError):
        return Seen(_STRANGE.get(status, f"{status}, and not from Crontable: the app is not up yet"))
    if state == "ok":
        return Seen("200: it is alive; waiting for a tick of the new code", float(age))
    if state == "never":
        return Seen(f"{status}: it is up, and waits for its first tick")
    return Seen(f"{status}: it is up; its last tick was {age} s ago")


_STRANGE = {
    200: "200, but a page that is not Crontable's: a sign-in, or the empty app; /api/health must need no sign-in",
    401: "401: somebody asks for a sign-in before /api/health, which must need none",
    403: "403: an access restriction of the app keeps this machine out",
    404: "404: the code is not loaded yet",
    500: "500: the code does not start; Application Insights has why",
}


def _fault(plan: Plan, app: str, url: str, seen: Seen) -> Fault:
    sub, group = plan.account.subscription, plan.group.name
    functions = (
        f"az functionapp function list --resource-group {group} --name {app} --subscription {sub} --output table"
    )
    return Fault(
        f"{url}/api/health has not told of a new tick within {plan.asked.patience:g} minutes. Last: {seen.word}",
        "a tick a minute. The first line lists the functions (tick and web); the app's log is in the portal, "
        "Application Insights, Failures; a role given late shows there as 403, and mends itself",
        (functions, f"curl --include {url}/api/health", plan.asked.command()),
    )
