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
from scheduler.alerts.letter import KEPT, Letter, deaf_name
from scheduler.facts.fact import Fact
from scheduler.facts.sending import AlertGivenUp, AlertsBack, AlertsFailing
from scheduler.ports import Delete, Merge, Reply, Unknown, World
from scheduler.row import NEVER
from scheduler.settings import Settings
from scheduler.steps.write import Done, write

#: The most webhooks of one tick: what goes to more waits for the next. All are posted to side by side, so that a tick
#: waits five seconds at most: no more than the pool has threads (`wiring.THREADS`).
MOST_WEBHOOKS = 30
#: The most letters of one tick, and the most that are forgotten in an hour: more than that are no news.
MOST, MOST_FORGOTTEN = 100, 2_000
#: Answers that a later try may better: a time-out, too many at once.
_LATER = (408, 425, 429)


class Sent(NamedTuple):
    """What became of a message; `again`: it may be tried again, not before `after`."""

    done: bool
    said: str
    again: bool = False
    after: timedelta | None = None


class Try(NamedTuple):
    """A letter that this tick claimed, and what became of the message that it was in."""

    letter: Letter
    to: str
    sent: Sent

    def later(self, now: datetime) -> datetime | None:
        """Say when it is tried again; None = it is done with, one way or the other."""
        return self.letter.later(now, self.sent.after) if self.sent.again else None

    def lost(self, now: datetime) -> bool:
        """Say whether nobody will be told."""
        return not self.sent.done and self.later(now) is None


def send(world: World, now: datetime) -> Sequence[Fact]:
    """Send what the last tick left to be sent; gives what is to be told of it.

    `now` is the end of that tick. Scenario: it took two minutes, and claimed its letters until a minute after its
    beginning. The next one found them due again, amid the post, and sent them a second time.
    """
    letters, world.memory.outbox = world.memory.outbox, []
    due = [one for one in letters if one.next and one.next <= now]
    claimed = _claim(world, _chosen(due, world.settings), now)
    tries = _post_all(world, claimed)
    _write_down(world, tries, now)
    _forget(world, letters, now)
    return [*_heard(world, tries, now), *_given_up(tries, now)]


def _chosen(letters: Sequence[Letter], settings: Settings) -> Mapping[str, Sequence[Letter]]:
    """Choose what goes now, the oldest first, by the address that it goes to."""
    by_address: dict[str, list[Letter]] = defaultdict(list)
    for one in sorted(letters, key=lambda one: (one.at, one.key))[:MOST]:
        to = one.to or settings.webhook
        if to in by_address or len(by_address) < MOST_WEBHOOKS:
            by_address[to].append(one)
    return by_address


def _claim(world: World, chosen: Mapping[str, Sequence[Letter]], now: datetime) -> Mapping[str, Sequence[Letter]]:
    """Take the letters for this tick; `Claim` is never the same twice, so that of two ticks only one believes it."""
    mine = {"Claim": world.new_id()}
    letters = [one for several in chosen.values() for one in several]
    taken = {one.key: replace(one, tries=one.tries + 1, next=one.again(now)) for one in letters}
    answers = write(world.jobs, [Merge(key, {**one.columns, **mine}, one.etag) for key, one in taken.items()])
    held = {key: replace(taken[key], etag=one.etag) for key, one in answers.items() if isinstance(one, Done)}
    claimed = {to: [held[one.key] for one in several if one.key in held] for to, several in chosen.items()}
    return {to: several for to, several in claimed.items() if several}


def _post_all(world: World, claimed: Mapping[str, Sequence[Letter]]) -> Sequence[Try]:
    """Post one message for each webhook, side by side."""
    answers = world.pool.map(lambda one: post(world, *one), claimed.items())
    return [
        Try(letter, to, sent)
        for (to, several), sent in zip(claimed.items(), answers, strict=True)
        for letter in several
    ]


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


def _write_down(world: World, tries: Sequence[Try], now: datetime) -> None:
    """Write what became of the letters: done with, or when they are tried again and what the webhook said."""
    merges = []
    for one in tries:
        said = "" if one.sent.done else one.letter.complaint(one.sent.said, one.to)
        merges.append(Merge(one.letter.key, {"NextRun": one.later(now) or NEVER, "AlertSaid": said}, one.letter.etag))
    write(world.jobs, merges)


def _heard(world: World, tries: Sequence[Try], now: datetime) -> Sequence[Fact]:
    """Tell when a webhook takes nothing any more, and when it does again, once each and not with every try.

    The process remembers it, and the heartbeat row, which the next tick writes anyhow, remembers it for the process
    that comes after it.
    """
    deaf, facts = world.memory.deaf, list[Fact]()
    for to, sent in {one.to: one.sent for one in tries}.items():
        name, shown = deaf_name(to), masked(to)
        if sent.done and name in deaf:
            del deaf[name]
            facts.append(AlertsBack(shown))
        elif not sent.done and name not in deaf:
            deaf[name] = now
            if sent.again:
                facts.append(AlertsFailing(shown, sent.said))
    return facts


def _given_up(tries: Sequence[Try], now: datetime) -> Sequence[Fact]:
    by_message: dict[tuple[str, str], list[Letter]] = defaultdict(list)
    for one in tries:
        if one.lost(now):
            by_message[masked(one.to), one.sent.said].append(one.letter)
    return [
        AlertGivenUp(to, said, letters[0].news.title, len(letters) - 1) for (to, said), letters in by_message.items()
    ]


def _forget(world: World, letters: Sequence[Letter], now: datetime) -> None:
    """Delete what was done with long ago; a full read brings it here, once an hour."""
    old = [one for one in letters if one.next is None and now - one.at > KEPT]
    write(world.jobs, [Delete(one.key, one.etag) for one in old[:MOST_FORGOTTEN]])
