"""What every `ports.Repositories` promises, and what only the real one must do: bounds, redirects, no settings."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from scheduler.cloud.git import ASKED, GitRepositories
from scheduler.ports import GroupRefused, Repositories, Unknown
from scheduler.run import Cause
from tests.gitserver import Answer, GitServer, gitserver
from tests.world.clock import Journal
from tests.world.repositories import MemoryRepositories


class Stage(Protocol):
    """A repository, and people who push."""

    url: str

    @property
    def repositories(self) -> Repositories:
        """What reads it."""

    def push(self, branch: str = "main") -> str:
        """Move a branch on to a new commit, which it gives."""

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        """Set a tag."""

    def close(self) -> None:
        """Let it be read only by who signs in."""

    def fall_silent(self, *, silent: bool) -> None:
        """Let no answer come, or let answers come again."""

    @property
    def requests(self) -> int:
        """How often the outside was asked."""


class Virtual:
    """The in-memory repositories."""

    def __init__(self) -> None:
        self.url = "https://git.example/code.git"
        self.journal = Journal()
        self.repositories = MemoryRepositories(self.journal)

    def push(self, branch: str = "main") -> str:
        return self.repositories.push(self.url, branch)

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        self.repositories.tag(self.url, name, commit, annotated=annotated)

    def close(self) -> None:
        self.repositories.close(self.url)

    def fall_silent(self, *, silent: bool) -> None:
        if silent:
            self.repositories.fail()

    @property
    def requests(self) -> int:
        return len(self.journal.lines)


class Real:
    """dulwich, and git's own server over HTTP."""

    def __init__(self, server: GitServer, name: str) -> None:
        self.server, self.name = server, name
        self.url = server.make(name)
        self.repositories = GitRepositories()

    def push(self, branch: str = "main") -> str:
        return self.server.push(self.name, branch)

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        words = ["-a", "-m", "a tag"] if annotated else []
        self.server.git("tag", "--force", *words, name, commit, name=self.name)

    def close(self) -> None:
        self.order(Answer(401, {"WWW-Authenticate": "Basic"}))

    def fall_silent(self, *, silent: bool) -> None:
        if silent:
            self.order(Answer(503))
        else:
            self.server.ordered.clear()

    def order(self, answer: Answer, path: str = "/info/refs") -> None:
        self.server.ordered[f"/{self.name}{path}"] = answer

    @property
    def requests(self) -> int:
        return len(self.server.requests)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with gitserver(tmp_path_factory.mktemp("repositories")) as server:
        yield server


@pytest.fixture
def server(running: GitServer) -> GitServer:
    running.newest = True
    running.requests.clear()
    running.headers.clear()
    running.bodies.clear()
    running.ordered.clear()
    return running


@pytest.fixture(params=["world", "git", "older git"])
def stage(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Stage:
    if request.param == "world":
        return Virtual()
    server: GitServer = request.getfixturevalue("server")
    server.newest = request.param == "git"
    return Real(server, f"{fresh('code')}.git")


@pytest.fixture
def real(server: GitServer, fresh: Callable[[str], str]) -> Real:
    return Real(server, f"{fresh('code')}.git")


def refused(stage: Stage, revision: str = "", repository: str = "") -> GroupRefused:
    with pytest.raises(GroupRefused) as caught:
        stage.repositories.commit(repository or stage.url, revision)
    return caught.value


def test_the_default_branch_is_taken_when_no_revision_is_given(stage: Stage) -> None:
    first = stage.push()
    other = stage.push("other")
    assert first != other
    assert [stage.repositories.commit(stage.url, revision) for revision in ("", "HEAD", "main")] == [first] * 3
    second = stage.push()
    assert stage.repositories.commit(stage.url, "") == second


def test_a_branch_is_found_by_its_whole_name_only(stage: Stage) -> None:
    stage.push()
    commits = {name: stage.push(name) for name in ("dev", "develop", "feature/x", "fünf")}
    for name, commit in commits.items():
        assert stage.repositories.commit(stage.url, name) == commit
        assert stage.repositories.commit(stage.url, f"refs/heads/{name}") == commit
    for part in ("de", "feature", "x", "deve"):
        error = refused(stage, part)
        assert (error.cause, f"no branch or tag '{part}'" in error.sentence) == (Cause.SPEC, True)
        assert stage.url in error.sentence


@pytest.mark.parametrize("annotated", [True, False])
def test_a_tag_gives_the_commit_that_it_points_at(stage: Stage, annotated: bool) -> None:
    first = stage.push()
    stage.push()
    stage.tag("v1", first, annotated=annotated)
    assert stage.repositories.commit(stage.url, "v1") == first
    assert stage.repositories.commit(stage.url, "refs/tags/v1") == first


@pytest.mark.parametrize("annotated", [True, False])
def test_a_tag_comes_before_a_branch_of_its_name_as_in_git(stage: Stage, annotated: bool) -> None:
    first = stage.push()
    branch = stage.push("v1")
    stage.tag("v1", first, annotated=annotated)
    assert stage.repositories.commit(stage.url, "v1") == first
    assert stage.repositories.commit(stage.url, "refs/heads/v1") == branch


def test_a_commit_is_itself_and_nobody_is_asked(stage: Stage) -> None:
    commit = stage.push()
    for given in (commit, commit.upper(), "0" * 40):
        assert stage.repositories.commit(stage.url, given) == given.lower()
    assert stage.requests == 0


def test_a_short_commit_is_refused(stage: Stage) -> None:
    commit = stage.push()
    for length in (7, 12, 39):
        error = refused(stage, commit[:length])
        assert error.cause == Cause.SPEC
        assert "with all its 40 digits" in error.sentence


def test_a_branch_may_look_like_a_short_commit(stage: Stage) -> None:
    stage.push()
    commit = stage.push("deadbeef")
    assert stage.repositories.commit(stage.url, "deadbeef") == commit


def test_what_is_no_revision_is_refused_before_anybody_is_asked(stage: Stage) -> None:
    for revision in ("main~1", "-main", "a b", "a..b"):
        error = refused(stage, revision)
        assert (error.cause, repr(revision) in error.sentence) == (Cause.SPEC, True)
    assert stage.requests == 0


@pytest.mark.parametrize(
    "repository",
    ["file:///srv/code.git", "/srv/code.git", "ssh://git@git.example/code", "git@git.example:code", "git://git.example/x",
     "https://me:hunter2@git.example/code", "https://hunter2@git.example/code", "https://git.example"],
)  # fmt: skip
def test_only_https_and_http_without_a_name_are_asked(stage: Stage, repository: str) -> None:
    for revision in ("", "0" * 40):
        error = refused(stage, revision, repository)
        assert error.cause == Cause.SPEC
        assert "hunter2" not in error.sentence
    assert stage.requests == 0


def test_a_repository_without_a_commit_has_no_default_branch(stage: Stage) -> None:
    if isinstance(stage, Virtual):
        stage.push("other")
        stage.repositories._refs[stage.url].clear()
    error = refused(stage)
    assert (error.cause, "no commit on a default branch" in error.sentence) == (Cause.SPEC, True)
    assert "no branch or tag 'main'" in refused(stage, "main").sentence


def test_a_repository_that_is_not_there_is_named(stage: Stage) -> None:
    missing = stage.url.replace("code", "none")
    error = refused(stage, "main", missing)
    assert error.cause == Cause.IMAGE
    assert missing in error.sentence


def test_a_repository_that_asks_for_a_sign_in_is_refused(stage: Stage) -> None:
    stage.push()
    stage.close()
    error = refused(stage, "main")
    assert error.cause == Cause.IMAGE
    assert stage.url in error.sentence


def test_silence_is_unknown(stage: Stage) -> None:
    commit = stage.push()
    stage.fall_silent(silent=True)
    with pytest.raises(Unknown):
        stage.repositories.commit(stage.url, "main")
    stage.fall_silent(silent=False)
    assert stage.repositories.commit(stage.url, "main") == commit


# What only the real one must do.


def test_only_what_is_meant_is_asked_for_and_nothing_is_fetched(real: Real) -> None:
    for number in range(5):
        real.push(f"branch-{number}")
    real.repositories.commit(real.url, "branch-3")
    assert [request.partition(real.name)[2] for request in real.server.requests] == list(ASKED)
    assert real.server.bodies[1].count(b"ref-prefix") == 2
    assert b"ref-prefix refs/heads/branch-3" in real.server.bodies[1]
    assert {headers.get("Authorization") for headers in real.server.headers} == {None}
    assert all(headers["User-Agent"].startswith("git/") for headers in real.server.headers)


def test_a_tag_of_a_tag_gives_the_commit(real: Real) -> None:
    commit = real.push()
    real.tag("inner", commit, annotated=True)
    real.tag("outer", "inner", annotated=True)
    for newest in (True, False):
        real.server.newest = newest
        assert real.repositories.commit(real.url, "outer") == commit


def test_a_pull_requests_commit_can_be_named(real: Real) -> None:
    commit = real.push()
    real.server.git("update-ref", "refs/pull/7/head", commit, name=real.name)
    assert real.repositories.commit(real.url, "refs/pull/7/head") == commit


def test_a_name_that_is_no_text_is_in_nobodys_way(real: Real) -> None:
    commit = real.push()
    (real.server.folder / real.name / "packed-refs").write_bytes(
        b"# pack-refs with: peeled fully-peeled sorted\n"
        + (f"{commit} refs/tags/".encode() + b"b\xe4d\n^" + commit.encode() + b"\n")
    )
    for newest in (True, False):
        real.server.newest = newest
        assert real.repositories.commit(real.url, "main") == commit


def test_commits_by_sha_256_are_refused(server: GitServer, fresh: Callable[[str], str]) -> None:
    name = f"{fresh('code')}.git"
    at = server.make(name, "--object-format=sha256")
    tree = server.git("hash-object", "-t", "tree", "-w", "--", "/dev/null", name=name)
    commit = server.git("commit-tree", tree, "-m", "one", name=name)
    server.git("update-ref", "refs/heads/main", commit, name=name)
    with pytest.raises(GroupRefused, match="SHA-256") as error:
        GitRepositories().commit(at, "main")
    assert error.value.cause == Cause.SPEC


def test_a_repository_that_has_moved_is_followed(real: Real, fresh: Callable[[str], str]) -> None:
    commit = real.push()
    old = f"{fresh('old')}.git"
    for place in (real.url, f"/{real.name}"):
        real.server.ordered[f"/{old}/info/refs"] = Answer(301, {"Location": f"{place}{ASKED[0]}"})
        assert real.repositories.commit(f"{real.server.url}/{old}", "main") == commit


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("https://sign-in.example/login?to=code", "none that can be read without signing in"),
        (f"file:///srv/code.git{ASKED[0]}", "it has moved, but the repository is 'file:"),
        (
            f"https://me:hunter2@git.example/code{ASKED[0]}",
            "it has moved, but the repository has something before an @",
        ),
    ],
)
def test_a_redirect_elsewhere_is_not_followed(real: Real, location: str, sentence: str) -> None:
    real.order(Answer(302, {"Location": location}))
    error = refused(real, "main")
    assert error.cause == Cause.IMAGE
    assert sentence in error.sentence
    assert "hunter2" not in error.sentence


def test_redirects_in_a_circle_end(real: Real) -> None:
    real.order(Answer(302, {"Location": f"{real.url}{ASKED[0]}"}))
    assert "moved more than 3 times" in refused(real, "main").sentence
    assert real.requests == 4


GIT = {"Content-Type": "application/x-git-upload-pack-advertisement"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(200, {"Content-Type": "text/html"}, b"<html>sign in"), "this is no git repository"),
        (Answer(203, {"Content-Type": "text/html"}), "HTTP 203"),
        (Answer(200, {"Content-Type": "text/plain"}, b"0" * 40 + b"\trefs/heads/main\n"), "this is no git repository"),
        (Answer(403), "HTTP 403"),
        (Answer(404), "there is no such git repository"),
        (Answer(410), "there is no such git repository"),
        (Answer(200, GIT, b"001aERR no access to main\n0000"), "no access to main"),
        (Answer(200, GIT, b"zzzz"), "did not answer as it should"),
        (Answer(200, GIT, b"001e# service=git-upload-pack\n000000"), "did not answer as it should"),
    ],
)
def test_what_is_no_repository_is_refused(real: Real, answer: Answer, sentence: str) -> None:
    real.order(answer)
    error = refused(real, "main")
    assert error.cause == Cause.IMAGE
    assert error.sentence.startswith(f"{real.url}: ")
    assert sentence in error.sentence


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, {"Retry-After": "600"}),
        Answer(408),
        Answer(500),
        Answer(503),
        Answer(200, GIT, b""),
        Answer(200, GIT, b"001e# service=git-upload-pack\n"),
        Answer(200, {**GIT, "Content-Length": "100"}, b"001e"),
        Answer(200, {**GIT, "Content-Encoding": "gzip"}, b"not gzip"),
    ],
)
@pytest.mark.parametrize("path", ["/info/refs", "/git-upload-pack"])
def test_what_tells_nothing_is_unknown(real: Real, answer: Answer, path: str) -> None:
    real.push()
    kind = {"Content-Type": "application/x-git-upload-pack-result"} if path != "/info/refs" else {}
    real.order(Answer(answer.status, {**answer.headers, **kind}, answer.body), path)
    with pytest.raises(Unknown, match=real.url):
        real.repositories.commit(real.url, "main")


def test_nobody_listens(real: Real) -> None:
    with pytest.raises(Unknown, match="no answer"):
        real.repositories.commit("http://127.0.0.1:1/code.git", "main")


def test_an_answer_without_end_is_given_up(real: Real) -> None:
    real.order(Answer(200, GIT, endless=True))
    with pytest.raises(Unknown, match="longer than 10,000 bytes"):
        GitRepositories(most=10_000).commit(real.url, "main")
    with pytest.raises(Unknown, match="took too long"):
        GitRepositories(whole=0).commit(real.url, "main")


def test_nothing_of_the_users_git_is_used(real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = real.push()
    said = tmp_path / "said"
    (tmp_path / ".gitconfig").write_text(
        f"[credential]\n\thelper = !touch {said}\n"
        '[http]\n\textraHeader = "Authorization: Basic aHVudGVyMg=="\n\tproxy = http://127.0.0.1:1\n'
        '[url "http://127.0.0.1:1/"]\n\tinsteadOf = http://127\n'
    )
    (tmp_path / ".netrc").write_text("machine 127.0.0.1\nlogin me\npassword hunter2\n")
    (tmp_path / ".git-credentials").write_text("http://me:hunter2@127.0.0.1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("GIT_ASKPASS", f"touch {said}")
    assert real.repositories.commit(real.url, "main") == commit
    real.close()
    assert refused(real, "main").cause == Cause.IMAGE
    assert {headers.get("Authorization") for headers in real.server.headers} == {None}
    assert not said.exists()


def test_the_world_fails_on_order_by_name_and_number() -> None:
    journal = Journal()
    repositories = MemoryRepositories(journal)
    commit = repositories.push("https://git.example/a")
    repositories.fail(GroupRefused(Cause.IMAGE, "no"), name="*/a", times=2)
    repositories.fail(name="*/b")
    for _ in range(2):
        with pytest.raises(GroupRefused, match="no"):
            repositories.commit("https://git.example/a", "")
    assert repositories.commit("https://git.example/a/", "main") == commit
    with pytest.raises(Unknown):
        repositories.commit("https://git.example/b", "main")
    assert journal.lines[-2:] == [
        "repositories.commit https://git.example/a main",
        "repositories.commit https://git.example/b main",
    ]
