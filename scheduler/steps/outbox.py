"""The outbox: news is put into the table before the write that makes it old, and sent when the tick is over.

Scenario: a tick settles the first failure of a job and is killed right after. The row says one failure, so that the
next tick sees the second one, which is no news: were the letter not in the table by then, nobody would be told. The
other way round, a tick that is killed between the two finds the same news again, under the same key, and the table
refuses it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from scheduler.alerts.address import NONE
from scheduler.alerts.letter import Letter
from scheduler.alerts.news import News
from scheduler.facts.troubles import Untold
from scheduler.ports import Insert, World
from scheduler.settings import Settings
from scheduler.steps.write import Done, write


def has_reader(to: str, settings: Settings) -> bool:
    """Say whether anybody is told: the row's own address counts, or else the setting's."""
    return to != NONE and bool(to or settings.webhook)


def post(world: World, told: Iterable[tuple[News, str]], now: datetime) -> tuple[Sequence[Letter], Sequence[Untold]]:
    """Put news into the outbox, each with the row's AlertTo; gives what is to be sent, and what was refused and why.

    What another tick has posted already is sent by that one, or by the next.
    """
    letters = {
        letter.key: letter for news, to in told if has_reader(to, world.settings)
        for letter in [Letter.of(news, to, now)]
    }  # fmt: skip
    answers = write(world.jobs, [Insert(key, letter.columns) for key, letter in letters.items()])
    posted = [replace(letters[key], etag=one.etag) for key, one in answers.items() if isinstance(one, Done)]
    troubles = [
        Untold(one.sentence[:300], letters[key].news.job, one.status)
        for key, one in answers.items()
        if not isinstance(one, Done) and not one.lost
    ]
    return posted, troubles
