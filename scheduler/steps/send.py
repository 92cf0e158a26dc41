"""send: take the news out of the outbox to its webhooks, when the tick is over and its heartbeat is written.

1. claim   merge each letter with its ETag: of two ticks one sends it, and one that dies has put off the next try
2. post    one message for each webhook, side by side, five seconds at most
3. say     merge what became of it: done with, or to be tried again later

A tick that dies between 2 and 3 leaves a letter that is sent once more: rather told twice than never.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from scheduler.alerts.address import Format, masked, open_to, spoken
from scheduler.alerts.body import message
from scheduler.alerts.letter import KEPT, Letter
from scheduler.facts import Trouble
from scheduler.ports import Delete, Merge, Reply, Unknown, World
from scheduler.row import NEVER
from scheduler.settings import Settings
from scheduler.steps.write import Done, write

#: The most webhooks of one tick: what goes to more waits for the next. All are posted to side by side.
MOST_WEBHOOKS = 30
#: The most letters of one tick, and the most that are forgotten at once.
MOST = 100
#: Answers that a later try may better: a time-out, too many at once.
_LATER = (408, 425, 429)


class Sent(NamedTuple):
    """What became of a message; `again`: it may be tried again, not before `after`."""

    done: bool
    said: str
    again: bool = False
    after: timedelta | None = None


def send(world: World, now: datetime) -> None:
    """Send what the last tick left to be sent; whatever happens here is no tick's trouble."""
    letters, world.memory.outbox = world.memory.outbox, []
    due = [one for one in letters if one.next and one.next <= now]
    chosen = _chosen(due, world.settings)
    claimed = _claim(world, [one for several in chosen.values() for one in several], now)
    sent = _post_all(world, {to: [claimed[one.key] for one in chosen[to] if one.key in claimed] for to in chosen})
    _say(world, [(one, sent[to]) for to, several in chosen.items() for one in _those(several, claimed)], now)
    _forget(world, letters, now)


def _those(letters: Sequence[Letter], claimed: Mapping[tuple[str, str], Letter]) -> list[Letter]:
    return [claimed[one.key] for one in letters if one.key in claimed]


def _chosen(letters: Sequence[Letter], settings: Settings) -> dict[str, list[Letter]]:
    """Choose what goes now, the oldest first, by the address that it goes to."""
    by_address: dict[str, list[Letter]] = defaultdict(list)
    for one in sorted(letters, key=lambda one: (one.at, one.key))[:MOST]:
        to = one.to or settings.webhook
        if to in by_address or len(by_address) < MOST_WEBHOOKS:
            by_address[to].append(one)
    return by_address


def _claim(world: World, letters: Sequence[Letter], now: datetime) -> dict[tuple[str, str], Letter]:
    """Take the letters for this tick; `Claim` is never the same twice, so that of two ticks only one believes it."""
    mine = {"Claim": world.new_id()}
    taken = {one.key: replace(one, tries=one.tries + 1, next=one.again(now)) for one in letters}
    answers = write(world.jobs, [Merge(key, {**one.columns, **mine}, one.etag) for key, one in taken.items()])
    return {key: replace(taken[key], etag=one.etag) for key, one in answers.items() if isinstance(one, Done)}


def _post_all(world: World, by_address: Mapping[str, Sequence[Letter]]) -> dict[str, Sent]:
    work = [(to, letters) for to, letters in by_address.items() if letters]
    answers = list(world.pool.map(lambda one: post(world, *one), work))
    return {to: answer for (to, _), answer in zip(work, answers, strict=True)}


def post(world: World, to: str, letters: Sequence[Letter]) -> Sent:
    """Post one message, once; no answer of a webhook's, however odd, comes out of here as an error."""
    settings = world.settings
    if not to or not open_to(to, emulated=settings.emulated):
        return Sent(done=False, said="there is no webhook to post to" if not to else "its address is not https")
    form = spoken(to) if settings.alert_format == "auto" else Format(settings.alert_format)
    try:
        body = message(letters, form, settings.public_url, settings.installation)
        return _understood(world.webhook.post(to, body))
    except Unknown as unknown:
        return Sent(done=False, said=str(unknown) or "it did not answer", again=True)
    except Exception as error:  # noqa: BLE001 - as the docstring says; its text may hold the address
        return Sent(done=False, said=f"it gave {type(error).__name__}", again=True)


def _understood(reply: Reply) -> Sent:
    said = f"it answered {reply.status}"
    if 200 <= reply.status < 300:  # noqa: PLR2004 - HTTP's successes
        return Sent(done=True, said=said)
    again = reply.status in _LATER or reply.status >= 500  # noqa: PLR2004 - HTTP's faults of servers
    return Sent(done=False, said=said, again=again, after=reply.after)


def _say(world: World, sent: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
    """Write down what became of the letters; one that will be tried again stands with its time already."""
    ends = []
    given_up: dict[str, list[Letter]] = defaultdict(list)
    for letter, answer in sent:
        later = letter.later(now, answer.after) if answer.again else None
        if not answer.done and later is None:
            given_up[f"{masked(letter.to or world.settings.webhook)}: {answer.said}"].append(letter)
        if later is None or later != letter.next:
            ends.append(Merge(letter.key, {"NextRun": later or NEVER}, letter.etag))
    write(world.jobs, ends)
    for why, letters in given_up.items():
        first = letters[0].news.title
        several = f" and {len(letters) - 1} more" if len(letters) > 1 else ""
        world.telemetry.tell(Trouble(f"An alert could not be sent to {why}. It was given up: {first}{several}."))


def _forget(world: World, letters: Sequence[Letter], now: datetime) -> None:
    """Delete what was done with long ago; a full read brings it here, once an hour."""
    old = [one for one in letters if one.next is None and now - one.at > KEPT]
    write(world.jobs, [Delete(one.key, one.etag) for one in old[:MOST]])
