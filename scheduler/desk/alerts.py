"""The test button: one message to the webhook of a job, or to the setting's, and what it answered."""

from dataclasses import dataclass

from scheduler.alerts.address import NONE, masked
from scheduler.alerts.letter import Letter
from scheduler.alerts.news import Kind, News
from scheduler.columns.told import alert_to
from scheduler.desk import jobs
from scheduler.desk.audit import Actor, noted
from scheduler.desk.faults import Wrong
from scheduler.desk.names import job_name
from scheduler.facts.jobs import TestAsked
from scheduler.ports import World
from scheduler.row import HEARTBEAT, Key, iso
from scheduler.steps.send import post

#: What the audit has in place of a job, where the setting's webhook was tried.
NOBODYS: Key = (HEARTBEAT[0], "alerts")


@dataclass(frozen=True)
class Tested:
    """What became of a test: `to` is the address as it may be shown, `done` that the webhook took the message."""

    to: str
    done: bool
    said: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"The message {'was taken' if self.done else 'was not taken'} by {self.to}: {self.said}."


def test(world: World, actor: Actor, key: Key | None = None) -> Tested:  # noqa: PT028 - no test of pytest's
    """Post a message to the webhook that the news of a job goes to, or without one to the setting's.

    Waits for five seconds at most. Raises Missing when there is no such job, and Wrong when nobody is told.
    """
    to = _address(world, key)
    job = job_name(key) if key else ""
    letter = Letter.of(News.of(Kind.TEST, TestAsked(job, actor.name), iso(actor.at)), to, actor.at)
    with noted(world, actor, "test alerts", key or NOBODYS, {}, {"AlertTo": masked(to)}):
        sent = post(world, to, [letter])
    return Tested(masked(to), sent.done, sent.said)


def _address(world: World, key: Key | None) -> str:
    own = ""
    if key:
        try:
            own = alert_to(jobs.one(world, key).cells)
        except ValueError as wrong:
            raise Wrong(str(wrong), "AlertTo") from wrong
    if own == NONE:
        raise Wrong("AlertTo is none: nobody is told of this job.", "AlertTo")
    if not (own or world.settings.webhook):
        raise Wrong("Nobody is told: set ALERT_WEBHOOK, or the column AlertTo, to the address of a webhook.", "AlertTo")
    return own or world.settings.webhook
