"""Who sees to it that the state is kept: told of each change, it saves all that changed in one go."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from aci_emulator.group import Group
from aci_emulator.kept import Taken
from aci_emulator.operations import Operation
from aci_emulator.store import Key, Store, StoreError

GROWTH = 1.0
"""Real seconds after which the growth of logs is saved, unless something else is sooner."""


class Keeper:
    """Keeps what it is told of in `store`, within the same turn of the event loop; without one it does nothing.

    `groups` are all groups there are, by key: one that is not among them any more is removed.
    """

    def __init__(self, store: Store | None = None, groups: Mapping[Key, Group] | None = None) -> None:
        self._store = store
        self.groups = {} if groups is None else groups
        self._changed: dict[Key, None] = {}
        self._operations: dict[str, Operation] = {}
        self._taken: list[Taken] = []
        self._things: dict[str, Any] = {}
        self._soon: asyncio.Handle | None = None
        self._growth: asyncio.TimerHandle | None = None
        self._said = ""
        self._closed = False

    def changed(self, group: Group) -> None:
        """Keep `group` as it will be at the end of this turn, or remove it if it is gone by then."""
        if self._store is not None:
            self._changed[group.path.key] = None
            self._save_soon()

    def operated(self, operation: Operation) -> None:
        """Keep an operation that is new, or over."""
        if self._store is not None:
            self._operations[operation.id] = operation
            self._save_soon()

    def counted(self, taken: Taken) -> None:
        """Keep that a create or a delete was counted."""
        if self._store is not None:
            self._taken.append(taken)
            self._save_soon()

    def noted(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep any other JSON value, by a name of its own."""
        if self._store is not None:
            self._things[name] = value
            self._save_soon()

    def flush(self) -> None:
        """Save now what changed: call it before each answer, so that no client knows what a restart forgets.

        StoreError when it cannot be saved, or comes after `close`: then the answer may not be given.
        """
        if self._store is None or not (self._changed or self._operations or self._taken or self._things):
            return
        if self._closed:
            raise StoreError("the emulator is ending, and keeps nothing more")
        with self._store.transaction():
            self._save(self._store)
        for saved in (self._changed, self._operations, self._taken, self._things):
            saved.clear()

    def close(self) -> None:
        """Save everything, how far logs have grown too, and let go of the file.

        Call it before the containers are ended: what an emulator ends itself shall not be taken for their own end.
        """
        if self._store is None or self._closed:
            return
        for handle in (self._soon, self._growth):
            if handle is not None:
                handle.cancel()
        try:
            self._note_growth(self._store)
            self.flush()
        except StoreError as fault:
            self._say(str(fault))
        finally:
            self._closed = True
            self._store.close()

    def _save(self, store: Store) -> None:
        for key in self._changed:
            group = self.groups.get(key)
            if group is None:
                store.remove(key)
            else:
                store.save(group)
        for operation in self._operations.values():
            store.save_operation(operation)
        for taken in self._taken:
            store.save_taken(taken)
        for name, value in self._things.items():
            store.save_thing(name, value)

    def _save_soon(self) -> None:
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        if self._soon is None:
            self._soon = loop.call_soon(self._save_now)
        if self._growth is None:
            self._growth = loop.call_later(GROWTH, self._save_growth)

    def _save_now(self) -> None:
        """Save while nobody waits for it: what cannot be saved is said once, and tried again with the next change."""
        self._soon = None
        try:
            self.flush()
            self._said = ""
        except StoreError as fault:
            self._say(str(fault))

    def _save_growth(self) -> None:
        self._growth = None
        if self._store is not None and self.groups:
            self._note_growth(self._store)
            self._growth = asyncio.get_running_loop().call_later(GROWTH, self._save_growth)
            self._save_now()

    def _note_growth(self, store: Store) -> None:
        self._changed |= {key: None for key, group in self.groups.items() if store.has_grown(group)}

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            sys.stderr.write(f"aci_emulator: state is not kept: {sentence}\n")
        self._said = sentence
