"""What is typed of a row: JOB, and COLUMN=VALUE; the row that stands there; and who typed it."""

import getpass
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from scheduler import wiring
from scheduler.commands.answer import DONE, give, plain, say, tell
from scheduler.desk.audit import Actor
from scheduler.desk.check import checked
from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.jobs import kept
from scheduler.ports import World
from scheduler.row import OWN_PREFIX, Key, Row, Value

#: Stands for the identity that the function app's settings name.
_SOMEBODY = "/subscriptions/-/resourceGroups/-/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull"


def key(typed: str) -> Key:
    """Read JOB, PartitionKey/RowKey; Wrong for anything else."""
    partition, slash, name = typed.partition("/")
    if not slash or not partition or not name or "/" in name:
        raise Wrong(f"JOB is {typed!r}: it must be PartitionKey/RowKey, for example weather/extract.")
    if partition.startswith(OWN_PREFIX):
        raise Wrong(f"JOB is {typed!r}: a PartitionKey that begins with {OWN_PREFIX} is Crontable's own.")
    return partition, name


def cells(typed: Sequence[str]) -> dict[str, Value]:
    """Read COLUMN=VALUE, each; Wrong for all that is none. Whose columns these are, the desk says."""
    parts = [one.partition("=") for one in typed]
    if wrong := [f"{name!r} is not COLUMN=VALUE." for name, equals, _ in parts if not equals]:
        raise Wrong("\n".join(wrong))
    return {name: value for name, _, value in parts}


def place() -> World:
    """Give the world in which rows are judged.

    Scenario: a laptop whose settings name the storage account and no more. Which identity pulls images, the settings
    of the function app know alone: a row that rests on it would be refused here, and is good there.
    """
    world = wiring.world()
    if world.settings.subscription or world.settings.pull_identity:
        return world
    return replace(world, settings=replace(world.settings, pull_identity=_SOMEBODY))


def row(key: Key) -> Row:
    """Read a job's row; Missing when it is not there."""
    found = wiring.world().jobs.read(key)
    if found is None:
        raise missing(key)
    return found


def missing(key: Key) -> Missing:
    """Say that a job is not there, and what is kept of it."""
    name = "/".join(key)
    if kept(wiring.world(), key):
        return Missing(f"{name} is not there any more; `python -m scheduler runs {name}` lists its runs.")
    return Missing(f"{name} is not there; `python -m scheduler jobs` lists the jobs.")


def actor(now: datetime) -> Actor:
    """Say who acts: the user of the operating system, for the audit."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may be a number without a name
        name = f"user {os.getuid()}"
    return Actor(name, "cli", now)


def answered(key: Key, sentence: str, now: datetime, *, as_json: bool) -> int:
    """Tell that a row is saved, and what the next tick will find wrong with it if it was saved all the same."""
    saved = row(key)
    for faults in checked(place(), saved, now, 1).faults.values():
        for fault in faults:
            say(f"{'/'.join(key)} will be Invalid: {fault}")
    if as_json:
        give(plain(saved))
    else:
        tell(sentence)
    return DONE
