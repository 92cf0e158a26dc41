"""Which commit a job's `GitRepo` and `GitRevision` mean: what may be written there, and what git's names stand for."""

import re
from collections.abc import Mapping

from scheduler.cell import shown

#: What `GitRepo` looks like, for sentences.
ALLOWED = "it must be like https://HOST/PATH, by https or http, without a name or password in it."
#: The longest address and the longest revision; git itself and its servers take no longer ones.
LONGEST_ADDRESS, LONGEST_REVISION = 2000, 250
#: The name of a repository's default branch.
HEAD = "HEAD"
#: What git puts behind the name of an annotated tag to name the commit that the tag points at.
PEELED = "^{}"

_ADDRESS = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?/[^\s?#\\]*[^\s?#\\/]/*", re.IGNORECASE | re.ASCII
)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE | re.ASCII)
_SHORT = re.compile(r"[0-9a-f]{4,39}", re.IGNORECASE | re.ASCII)
#: What git forbids in a name, or reads as a step from one commit to another.
_NO_NAME = re.compile(r"[\s~^:?*\[\\]|\.\.|@\{|//|^[-/]|[/.]$")


def address(text: str) -> str:
    """Read a repository's address; `ValueError` with a sentence that repeats no name or password."""
    text = text.strip()
    if len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) and text.isprintable():
        return text.rstrip("/")
    if "@" in re.sub(r"^\w+:/*", "", text).partition("/")[0]:
        raise ValueError(f"the repository has something before an @: {ALLOWED}")
    raise ValueError(f"the repository is {shown(text)}: {ALLOWED}")


def commit(revision: str) -> str:
    """Give the commit that a revision is by itself, in all its 40 digits; '' for any other."""
    return revision.lower() if _COMMIT.fullmatch(revision) else ""


def names(revision: str) -> tuple[str, ...]:
    """Give the full names that a revision may stand for, in git's order: a tag comes before a branch.

    Raises `ValueError` with a sentence for what can be no branch's or tag's name.
    """
    if revision in {"", HEAD}:
        return (HEAD,)
    if _NO_NAME.search(revision) or not revision.isprintable() or len(revision) > LONGEST_REVISION:
        raise ValueError(
            f"the revision is {shown(revision)}: it must be a branch, a tag, or a commit with all its 40 digits."
        )
    whole = (revision,) if revision.startswith("refs/") else ()
    return (*whole, f"refs/tags/{revision}", f"refs/heads/{revision}")


def resolved(refs: Mapping[str, str], revision: str) -> str:
    """Find a revision among a repository's refs; an annotated tag gives its commit.

    `refs`: full name -> 40 hex digits; beside an annotated tag there is its name with `PEELED`.
    Raises `ValueError` with a sentence when there is none, or when it is no commit's name in SHA-1.
    """
    for name in names(revision):
        found = refs.get(name + PEELED) or refs.get(name)
        if found and not commit(found):
            raise ValueError("the repository names its commits by SHA-256, and only SHA-1 is supported.")
        if found:
            return found
    if not revision or revision == HEAD:
        raise ValueError("the repository has no commit on a default branch.")
    hint = " A commit must be given with all its 40 digits." if _SHORT.fullmatch(revision) else ""
    raise ValueError(f"the repository has no branch or tag {shown(revision)}.{hint}")
