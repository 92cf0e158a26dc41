"""The in-memory world: tables, container groups and logs in virtual time, for stories about ticks.

It keeps every promise of `scheduler.ports` and passes the same contract suite as Azurite and the emulator
(tests/contract); where the real service is stricter than Azurite, so is it. It never imports azure.
"""

from tests.world.clock import Clock, Journal, Killed, at
from tests.world.groups import MemoryGroups
from tests.world.life import Behaviour
from tests.world.story import Inline, MemoryLogs, World, key, minutes
from tests.world.table import MemoryTable

__all__ = [
    "Behaviour",
    "Clock",
    "Inline",
    "Journal",
    "Killed",
    "MemoryGroups",
    "MemoryLogs",
    "MemoryTable",
    "World",
    "at",
    "key",
    "minutes",
]
