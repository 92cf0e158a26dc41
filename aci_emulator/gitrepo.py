"""Clones a repository with the `git` command, for a gitRepo volume.

What comes from a request is never trusted: no value can be an option, reach a file or a protocol it should not, ask a
question, run for ever, or be told with its password.
"""

import asyncio
import os
import re
from pathlib import Path, PurePosixPath

from aci_emulator.runtimes import child
from aci_emulator.runtimes.orphans import waiting_for_a_child
from aci_emulator.spec.model import GitRepo

CLONE_SECONDS = 300.0
"""Seconds that a clone with its checkout may take."""

PROTOCOLS = ("https", "http", "git", "ssh", "file")

OWN_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
"""Variables that would point git at another repository: there are some when the emulator is started by a git hook."""

QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
"""Git and ssh fail where they would ask, and say so in English."""

URL = re.compile(r"(https?|git|ssh)://[^/]|file:///|[\w.-]+@[\w.-]+:[^:]|/", re.ASCII)
"""How a repository begins: a protocol, `user@host:` as ssh has it, or an absolute path of this machine."""

TOLD = ("fatal:", "error:", "ssh:")
"""How the lines of git's begin that say what went wrong."""


class CloneError(Exception):
    """A repository cannot be cloned; the sentence says why, without its password."""


async def clone(repo: GitRepo, folder: Path, seconds: float = CLONE_SECONDS) -> None:
    """Clone `repo` into `folder`, an empty one, where the volume's `directory` says; CloneError when that fails."""
    check(repo)
    words = ["clone", "--quiet", "--no-local", "--template=", "--", repo.repository]
    if repo.directory:
        words.append(repo.directory)
    try:
        async with asyncio.timeout(seconds):
            await _git(folder, repo, *words)
            if repo.revision:
                await _git(_cloned(repo, folder), repo, "checkout", "--quiet", repo.revision, "--")
    except TimeoutError:
        raise CloneError(f"git clone of {mask(repo.repository)} took longer than {seconds:g} s") from None


def check(repo: GitRepo) -> None:
    """Refuse what git must not be given; CloneError names the property, the value and what is allowed."""
    for name, value in (("repository", repo.repository), ("directory", repo.directory), ("revision", repo.revision)):
        if value.startswith("-") or not value.isprintable():
            raise CloneError(f"{name} {mask(value)!r} must not begin with - nor have control characters")
    if not URL.match(repo.repository):
        allowed = f"a URL ({', '.join(PROTOCOLS)}), user@host:path or an absolute path"
        raise CloneError(f"repository {mask(repo.repository)!r} must be {allowed}")
    path = PurePosixPath(repo.directory)
    if path.is_absolute() or {"..", ".git"} & {part.lower() for part in path.parts}:
        raise CloneError(f"directory {repo.directory!r} must be a relative path without .. and .git")


def mask(text: str) -> str:
    """Return `text` without the passwords of URLs in it; over http a name without a password may be a token."""
    text = re.sub(r"(\w://[^\s/:@]*):[^\s/]*@", r"\1:***@", text)
    return re.sub(r"(https?://)[^\s/:@]+@", r"\1***@", text)


def _cloned(repo: GitRepo, folder: Path) -> Path:
    """Return the folder that git made: named like the repository unless `directory` says where."""
    if repo.directory:
        return folder / repo.directory
    [made] = folder.iterdir()
    return made


async def _git(folder: Path, repo: GitRepo, *words: str) -> None:
    """Run git in `folder`, without hooks, to its end; CloneError with its last words if it fails.

    It leads a session of its own: it has no terminal to ask at, and can be ended with what it started.
    """
    with waiting_for_a_child():
        try:
            process = await child.start(
                *("git", "-c", "core.hooksPath=/dev/null", *words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                cwd=folder,
                env=_environment(),
            )
        except FileNotFoundError:
            raise CloneError("a gitRepo volume needs the command git, which is not on this machine's PATH") from None
        try:
            _, told = await process.communicate()
        finally:
            await child.end(process)
    if process.returncode:
        raise CloneError(f"git clone of {mask(repo.repository)}: {_last_words(told)}")


def _environment() -> dict[str, str]:
    """Return what git needs of this machine: its PATH, its user's settings and keys."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_REPOSITORY}
    return kept | QUIET | {"GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS)}


def _last_words(told: bytes) -> str:
    lines = [line.strip() for line in told.decode(errors="replace").splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith(TOLD)] or lines[-1:] or ["it failed without a word"]
    return mask("; ".join(reasons))
