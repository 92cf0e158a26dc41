"""Key Vault in memory: versions, what a vault refuses, and faults on order."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import count

from scheduler.ports import GroupRefused, Secret, Unknown
from scheduler.run import Cause
from scheduler.vault import Reference, reference
from tests.world.clock import Journal


@dataclass
class _Version:
    id: str
    value: str
    enabled: bool = True
    expired: bool = False


class MemorySecrets:
    """`ports.Secrets`. The journal names what was asked for, never a value: "secrets.read https://kv-1..."."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._numbers = count(1)
        self._secrets: defaultdict[str, dict[str, _Version]] = defaultdict(dict)
        self._denied: set[str] = set()
        self._faults: list[tuple[str, Exception]] = []

    @property
    def values(self) -> Mapping[str, str]:
        """Every value that was ever put, by the id of its version: for tests that look for one where none may be."""
        return {one.id: one.value for versions in self._secrets.values() for one in versions.values()}

    def put(self, secret: str, value: str) -> str:
        """Make a value the current version of a secret; gives the id of this version."""
        asked = reference(secret)
        made = replace(asked, version=f"{next(self._numbers):032x}")
        self._secrets[_name(asked)][made.version] = _Version(str(made), value)
        return str(made)

    def disable(self, secret: str) -> None:
        """Disable a version, or the current one."""
        self._found(reference(secret)).enabled = False

    def expire(self, secret: str) -> None:
        """Let the expiry date of a version, or of the current one, be past."""
        self._found(reference(secret)).expired = True

    def remove(self, secret: str) -> None:
        """Remove a secret with all its versions."""
        del self._secrets[_name(reference(secret))]

    def deny(self, secret: str) -> None:
        """Take the role on the secret's vault from the scheduler."""
        self._denied.add(reference(secret).vault)

    def fail(self, error: Exception | None = None, *, name: str = "*", times: int = 1) -> None:
        """Let the next reads of what matches `name` fail, by default as `Unknown`."""
        self._faults += [(name, error or Unknown("no answer"))] * times

    def read(self, reference: str) -> Secret:
        """Read a secret."""
        asked = _parsed(reference)
        with self._journal.operation(f"secrets.read {asked}"):
            for fault in self._faults:
                if fnmatchcase(str(asked), fault[0]):
                    self._faults.remove(fault)
                    raise fault[1]
            return self._answer(asked)

    def _answer(self, asked: Reference) -> Secret:
        if asked.vault in self._denied:
            role = f"give the scheduler's identity the role Key Vault Secrets User on the vault {asked.vault}."
            raise GroupRefused(Cause.DENIED, f"{asked}: ForbiddenByRbac: {role}")
        version = self._found(asked)
        if not version.enabled:
            raise GroupRefused(Cause.SPEC, f"{asked}: the secret is disabled.")
        if version.expired and not asked.version:
            raise GroupRefused(Cause.SPEC, f"{asked}: the secret expired at 2026-11-21T00:00Z.")
        return Secret(version.id, version.value)

    def _found(self, asked: Reference) -> _Version:
        versions = self._secrets.get(_name(asked), {})
        if not versions or asked.version not in {"", *versions}:
            raise GroupRefused(Cause.SPEC, f"{asked}: there is no such secret in this vault.")
        return versions[asked.version or list(versions)[-1]]


def _parsed(text: str) -> Reference:
    try:
        return reference(text)
    except ValueError as error:
        raise GroupRefused(Cause.SPEC, str(error)) from None


def _name(asked: Reference) -> str:
    return str(replace(asked, version="")).lower()
