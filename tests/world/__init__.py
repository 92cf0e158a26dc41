"""The in-memory world: tables, container groups and logs in virtual time, for stories about ticks.

It keeps every promise of `scheduler.ports` and passes the same contract suite as Azurite and the emulator
(tests/contract); where the real service is stricter than Azurite, so is it. It never imports azure.

Tables, groups and logs take faults on order (`order`, see `faults`), groups have limits (`Limits`), and what is
planned happens when the clock gets there (`Clock.plan`). All of it replays from the seeds that a story names.
"""

from tests.world.clock import Clock, Journal, Killed, at
from tests.world.faults import NoAnswer
from tests.world.groups import MemoryGroups
from tests.world.life import Behaviour, Life
from tests.world.logs import MemoryLogs
from tests.world.quotas import Limits
from tests.world.story import Inline, World, key, minutes
from tests.world.table import MemoryTable

__all__ = [
    "Behaviour",
    "Clock",
    "Inline",
    "Journal",
    "Killed",
    "Life",
    "Limits",
    "MemoryGroups",
    "MemoryLogs",
    "MemoryTable",
    "NoAnswer",
    "World",
    "at",
    "key",
    "minutes",
]
