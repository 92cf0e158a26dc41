"""gitRepo volumes: where a clone is, at which revision, and what git is never given."""

import asyncio
import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aci_emulator import gitrepo
from aci_emulator.runtimes.orphans import reap_orphans
from aci_emulator.spec.model import GitRepo
from aci_emulator.volumes import Volumes
from tests.emulator.stand import GROUP, refused, source

pytestmark = pytest.mark.anyio


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    return Volumes(tmp_path / "made", None)


@pytest.fixture(autouse=True)
def _nobodys_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git without the settings of whoever runs the tests, and as in a hook of another repository."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_DIR", "/nowhere/.git")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the branches main and dev and the tag v1; in each, the file `text` holds its name."""
    folder = tmp_path / "origin"
    folder.mkdir()

    def git(*words: str) -> None:
        own = {name: value for name, value in os.environ.items() if name != "GIT_DIR"}
        who = ("-c", "user.name=one", "-c", "user.email=one@example.com")
        subprocess.run(["git", *who, *words], cwd=folder, check=True, env=own)

    def commit(text: str) -> None:
        (folder / "text").write_text(text)
        git("add", "text")
        git("commit", "--quiet", "--message", text)

    git("init", "--quiet", "--initial-branch=main")
    commit("v1")
    git("tag", "v1")
    git("branch", "dev")
    commit("main")
    git("checkout", "--quiet", "dev")
    commit("dev")
    git("checkout", "--quiet", "main")
    return folder


def inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.rglob("*")}


def let_orphans_go_as_soon_as(pid: int) -> None:
    """Wait until the child has ended, and leave its exit code for others, as far as that goes."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    reap_orphans(but=set())


@pytest.mark.parametrize("prefix", ["", "file://"], ids=["path", "url"])
@pytest.mark.parametrize(("directory", "inside"), [("", "origin"), (".", "."), ("sub", "sub"), ("a/b", "a/b")])
async def test_a_clone_is_where_its_directory_says(
    volumes: Volumes, repository: Path, prefix: str, directory: str, inside: str
) -> None:
    folder = await source(volumes, GitRepo("code", f"{prefix}{repository}", directory))
    assert (folder / inside / "text").read_text() == "main"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777


@pytest.mark.parametrize(
    ("revision", "text"), [("dev", "dev"), ("v1", "v1"), ("main", "main"), ("origin/dev~1", "v1"), ("HEAD", "main")]
)
@pytest.mark.parametrize("directory", ["", ".", "a/b"])
async def test_a_clone_is_at_its_revision(
    volumes: Volumes, repository: Path, directory: str, revision: str, text: str
) -> None:
    folder = await source(volumes, GitRepo("code", str(repository), directory, revision))
    assert (folder / (directory or "origin") / "text").read_text() == text


async def test_a_clone_is_at_a_commit(volumes: Volumes, repository: Path) -> None:
    commit = (repository / ".git" / "refs" / "tags" / "v1").read_text().strip()
    folder = await source(volumes, GitRepo("code", str(repository), ".", commit))
    assert (folder / "text").read_text() == "v1"


async def test_a_clone_shares_no_file_with_its_origin(volumes: Volumes, repository: Path) -> None:
    folder = await source(volumes, GitRepo("code", str(repository), "."))
    assert not inodes(repository) & inodes(folder)


async def test_a_clone_runs_no_hook_of_the_machine(
    volumes: Volumes, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = tmp_path / "template" / "hooks" / "post-checkout"
    hook.parent.mkdir(parents=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    settings = tmp_path / "settings"
    settings.write_text(f"[init]\n\ttemplateDir = {hook.parents[1]}\n[core]\n\thooksPath = {hook.parent}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    folder = await source(volumes, GitRepo("code", str(repository), ".", "dev"))
    assert not (tmp_path / "hooked").exists()
    assert not (folder / ".git" / "hooks").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"revision": "none"}, r"fatal: .*\bnone"),
        ({"repository": "{}/none"}, r"fatal: repository '.*/none' does not exist"),
        ({"repository": "--upload-pack=touch made"}, "repository '--upload-pack=touch made' must not begin with -"),
        ({"revision": "--orphan"}, "revision '--orphan' must not begin with -"),
        ({"directory": "--bare"}, "directory '--bare' must not begin with -"),
        ({"repository": "https://x/\ny"}, "nor have control characters"),
        ({"repository": "ext::sh -c made"}, "must be a URL"),
        ({"repository": "ftp://example.com/x"}, "must be a URL"),
        ({"repository": "./origin"}, "must be a URL"),
        ({"repository": "origin"}, "must be a URL"),
        ({"repository": "file://origin"}, "must be a URL"),
        ({"repository": ""}, "must be a URL"),
        ({"directory": "/out"}, "must be a relative path"),
        ({"directory": "a/../../out"}, "must be a relative path"),
        ({"directory": "a/.git"}, "must be a relative path"),
        ({"directory": "x" * 300}, "File name too long"),
    ],
)
async def test_a_clone_that_cannot_be_is_refused_with_a_reason(
    volumes: Volumes, repository: Path, change: dict[str, str], told: str
) -> None:
    values = {"repository": str(repository)} | {name: text.format(repository) for name, text in change.items()}
    assert re.search(told, await refused(volumes, GitRepo("code", **values)))


async def test_a_clone_over_another_protocol_is_refused_even_if_a_setting_leads_there(
    volumes: Volumes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings"
    settings.write_text(
        '[protocol]\n\tallow = always\n[url "ext::sh -c touch% made% "]\n\tinsteadOf = https://example.com/\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert "transport 'ext' not allowed" in await refused(volumes, GitRepo("code", "https://example.com/x"))


async def test_without_git_the_sentence_says_so(
    volumes: Volumes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs the command git" in await refused(volumes, GitRepo("code", "https://example.com/x"))


async def unanswered(begun: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]) -> tuple[asyncio.Server, str]:
    """Serve git's protocol without a word; return the server and a repository's address there."""
    server = await asyncio.start_server(begun, "127.0.0.1", 0)
    return server, f"git://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"


async def test_a_clone_that_takes_too_long_is_ended(volumes: Volumes, monkeypatch: pytest.MonkeyPatch) -> None:
    writers: list[asyncio.StreamWriter] = []
    server, address = await unanswered(lambda _, writer: writers.append(writer))
    async with server:
        monkeypatch.setattr(gitrepo.clone, "__defaults__", (0.1,))
        assert f"git clone of {address} took longer than 0.1 s" in await refused(volumes, GitRepo("code", address))
        for writer in writers:
            writer.close()


async def test_a_clone_that_nobody_wants_any_more_leaves_nothing(volumes: Volumes) -> None:
    begun = asyncio.Event()
    closed = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await reader.read()
        closed.set()
        writer.close()

    server, address = await unanswered(hold)  # type: ignore[arg-type] # start_server takes both kinds
    async with server:
        making = asyncio.create_task(volumes.make(GROUP, (GitRepo("code", address),)))
        await begun.wait()
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        await closed.wait()
    assert list(volumes._folder.iterdir()) == []


async def test_the_exit_code_of_git_is_not_lost_to_who_lets_orphans_go(
    volumes: Volumes, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = asyncio.subprocess.Process.communicate

    async def late(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
        let_orphans_go_as_soon_as(process.pid)
        return await waited(process)

    monkeypatch.setattr(asyncio.subprocess.Process, "communicate", late)
    folder = await source(volumes, GitRepo("code", str(repository), "."))
    assert (folder / "text").read_text() == "main"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@host/x", "https://user:***@host/x"),
        ("https://secret@host/x", "https://***@host/x"),
        ("https://user:se:cr@et@host/x", "https://user:***@host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("fatal: unable to access 'http://u:secret@host/': no", "fatal: unable to access 'http://u:***@host/': no"),
        ("git@host:x", "git@host:x"),
    ],
)
def test_no_password_is_told(text: str, shown: str) -> None:
    assert gitrepo.mask(text) == shown


async def test_a_refused_clone_does_not_tell_its_password(volumes: Volumes) -> None:
    said = await refused(volumes, GitRepo("code", "https://user:secret@127.0.0.1:1/x"))
    assert "127.0.0.1" in said
    assert "secret" not in said
