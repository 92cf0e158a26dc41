"""What redis itself counted: the commands that it was sent."""

from typing import Any

from redis import Redis


def opened(options: dict[str, Any]) -> Redis:
    """Connect to the bench's redis, and empty it."""
    connection = Redis.from_url(options["redis"])
    connection.flushall()
    return connection


class Calls:
    """Counts commands from now on."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._before = self._all()

    def made(self) -> int:
        """Give how many there were, but for the questions of this class."""
        return self._all() - self._before - 1

    def _all(self) -> int:
        stats: Any = self._connection.info("commandstats")
        return sum(one["calls"] for one in stats.values())
