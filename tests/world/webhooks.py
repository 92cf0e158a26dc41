"""Webhooks in memory: what they were told, and what they answer."""

import json
from collections import defaultdict
from typing import Any

from scheduler.ports import Reply, Unknown
from tests.world.clock import Clock, Journal


class MemoryWebhooks:
    """`ports.Webhook`. The journal names the host, never the whole address: "webhook.post hooks.slack.com"."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal, self._clock = journal, clock
        self._answers: defaultdict[str, list[Reply | Exception]] = defaultdict(list)
        #: What was posted and taken, by address, oldest first.
        self.taken: defaultdict[str, list[Any]] = defaultdict(list)
        #: How many posts there were, also those that were not taken.
        self.posts = 0

    def answer(self, address: str, *answers: Reply | Exception) -> None:
        """Let the next posts to an address be answered so; after these it takes everything again."""
        self._answers[address] += answers

    def post(self, address: str, body: bytes) -> Reply:
        """Take a message, or answer as was ordered."""
        host = address.split("/")[2]
        with self._journal.operation(f"webhook.post {host}"):
            self.posts += 1
            waiting = self._answers[address]
            answer = waiting.pop(0) if waiting else Reply(200)
            if isinstance(answer, Exception):
                raise answer
            if answer.status < 300:
                self.taken[address].append(json.loads(body))
            return answer

    @property
    def dead(self) -> Unknown:
        """Nobody answers."""
        return Unknown("it did not answer within 5 seconds")

    @property
    def said(self) -> list[str]:
        """Every sentence that was taken as plain JSON, oldest first."""
        return [one["sentence"] for bodies in self.taken.values() for body in bodies for one in body.get("news", [])]
