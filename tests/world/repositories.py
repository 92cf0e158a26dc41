"""Git repositories in memory: branches, tags, and faults on order."""

import hashlib
from collections import defaultdict
from fnmatch import fnmatchcase
from itertools import count

from scheduler import revision as rules
from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Cause
from tests.world.clock import Journal


class MemoryRepositories:
    """`ports.Repositories`. The journal has a line for each request: "repositories.commit https://... main"."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._numbers = count(1)
        self._refs: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._closed: set[str] = set()
        self._faults: list[tuple[str, Exception]] = []

    def push(self, repository: str, branch: str = "main") -> str:
        """Move a branch on to a new commit, which it gives; a repository's first branch is its default one."""
        refs = self._refs[rules.address(repository)]
        made = self._id()
        if refs.get(rules.HEAD) == refs.get(f"refs/heads/{branch}"):
            refs[rules.HEAD] = made
        refs[f"refs/heads/{branch}"] = made
        return made

    def tag(self, repository: str, name: str, commit: str, *, annotated: bool = False) -> None:
        """Set a tag; an annotated one has an id of its own."""
        refs = self._refs[rules.address(repository)]
        refs[f"refs/tags/{name}"] = self._id() if annotated else commit
        refs.pop(f"refs/tags/{name}{rules.PEELED}", None)
        if annotated:
            refs[f"refs/tags/{name}{rules.PEELED}"] = commit

    def close(self, repository: str) -> None:
        """Let a repository be read only by who signs in."""
        self._closed.add(rules.address(repository))

    def fail(self, error: Exception | None = None, *, name: str = "*", times: int = 1) -> None:
        """Let the next requests to repositories that match `name` fail, by default as `Unknown`."""
        self._faults += [(name, error or Unknown("no answer"))] * times

    def commit(self, repository: str, revision: str) -> str:
        """Resolve a revision; a commit needs no request."""
        try:
            at = rules.address(repository)
            rules.names(revision)
        except ValueError as error:
            raise GroupRefused(Cause.SPEC, str(error)) from None
        if itself := rules.commit(revision):
            return itself
        with self._journal.operation(f"repositories.commit {at} {revision}".strip()):
            self._throw(at)
            return self._resolved(at, revision)

    def _throw(self, at: str) -> None:
        for fault in self._faults:
            if fnmatchcase(at, fault[0]):
                self._faults.remove(fault)
                raise fault[1]
        if at in self._closed or at not in self._refs:
            raise GroupRefused(Cause.IMAGE, f"{at}: there is no such git repository, or it asks for a sign-in.")

    def _resolved(self, at: str, revision: str) -> str:
        try:
            return rules.resolved(self._refs[at], revision)
        except ValueError as error:
            raise GroupRefused(Cause.SPEC, f"{at}: {error}") from None

    def _id(self) -> str:
        return hashlib.sha256(f"commit {next(self._numbers)}".encode()).hexdigest()[:40]
