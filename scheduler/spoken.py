"""Facts into the log of the process: the one place where the scheduler writes to it.

The HTTP side says its facts here and sends none: its requests are the Functions host's to tell.
"""

import logging

from scheduler.facts.fact import Fact
from scheduler.telemetry import Silent

_log = logging.getLogger("crontable")
#: Where Azure's SDKs write a dozen lines about each request: in Functions, whose log takes what a person should know,
#: an idle minute would be fifty lines.
_REQUESTS = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")


class Spoken(Silent):
    """Says each fact in its sentence; the log line carries the attributes, for who reads logs as records."""

    def __init__(self) -> None:
        _REQUESTS.setLevel(logging.WARNING)

    def tell(self, fact: Fact) -> None:
        """Say it."""
        say(fact)


def say(fact: Fact) -> None:
    """Say a fact; one that was told where an error was caught has its trace below it."""
    extra = {"fact": type(fact).__name__, "attributes": fact.attributes}
    _log.log(fact.weight, "%s", fact.sentence, extra=extra, exc_info=fact.traced)
