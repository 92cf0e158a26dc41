"""The people whom alerts tell: each message that reached them is written down, with the tick that sent it."""

import json
from typing import TYPE_CHECKING

from scheduler.ports import Reply
from tests.simulation.history import Post

if TYPE_CHECKING:
    from tests.simulation.stage import Process, Stage


class People:
    """`ports.Webhook`, as one process reaches it."""

    def __init__(self, stage: "Stage", process: "Process") -> None:
        self._stage, self._process = stage, process

    def post(self, address: str, body: bytes) -> Reply:
        """Take a message."""
        del address
        tick, now = self._process.tick.number, self._stage.clock.now
        for one in json.loads(body)["news"]:
            self._stage.history.posts.append(Post(now, tick, one["id"], one["kind"], one["job"], one["run"]))
        return Reply(200)
