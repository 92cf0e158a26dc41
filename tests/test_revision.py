"""What may be written in GitRepo and GitRevision, and what git's names stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.revision import address, commit, names, resolved

C1, C2, TAG = "1" * 40, "2" * 40, "3" * 40


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://git.example/team/code.git", "https://git.example/team/code.git"),
        (" http://127.0.0.1:8080/code/ \n", "http://127.0.0.1:8080/code"),
        ("https://[::1]:443/code", "https://[::1]:443/code"),
        ("https://dev.example/team/project/_git/my%20code", "https://dev.example/team/project/_git/my%20code"),
        ("https://git.example/@scope/naïve", "https://git.example/@scope/naïve"),
        ("HTTPS://git.example/code", "HTTPS://git.example/code"),
    ],
)
def test_a_repository_is_named_by_its_web_address(text: str, read: str) -> None:
    assert address(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code",
        "/srv/code.git",
        "file:///srv/code.git",
        "ssh://git.example/code.git",
        "git://git.example/code.git",
        "ext::sh -c true",
        "https://git.example",
        "https://git.example/",
        "https:///code.git",
        "https://git.example:port/code",
        "https://git.example/code?x=y",
        "https://git.example/code#main",
        "https://git.example\\.evil.example/code",
        f"https://git.example/{'x' * 2000}",
        "https://git.example/co de",
        "https://git.example/co\tde",
        "https://git.example/co\x00de",
        "https://git.example/co\u202ede",
        "https://g\N{LATIN SMALL LETTER DOTLESS I}t.example/code",
    ],
)
def test_nothing_but_https_and_http_is_a_repository(text: str) -> None:
    with pytest.raises(ValueError, match=r"the repository is .*: it must be like https://HOST/PATH"):
        address(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://me:hunter2@git.example/code",
        "https://hunter2@git.example/code",
        "https://hunter2@git.example",
        "https://me:hunter2@@git.example/code",
        "ssh://me:hunter2@git.example/code",
        "hunter2@git.example:team/code.git",
        "me:hunter2@git.example/code",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="before an @: it must be like") as refused:
        address(text)
    assert "hunter2" not in str(refused.value)


def test_a_commit_has_all_its_digits() -> None:
    assert commit("ABCDEF0123" * 4) == "abcdef0123" * 4
    for text in ("", "main", "a" * 39, "a" * 41, "a" * 64, "g" * 40, f"{'a' * 40}\n"):
        assert commit(text) == ""


@pytest.mark.parametrize(
    ("revision", "full"),
    [
        ("", ("HEAD",)),
        ("HEAD", ("HEAD",)),
        ("main", ("refs/tags/main", "refs/heads/main")),
        ("feature/x-1.2_ü", ("refs/tags/feature/x-1.2_ü", "refs/heads/feature/x-1.2_ü")),
        ("refs/heads/main", ("refs/heads/main", "refs/tags/refs/heads/main", "refs/heads/refs/heads/main")),
    ],
)
def test_a_revision_stands_for_full_names(revision: str, full: tuple[str, ...]) -> None:
    assert names(revision) == full


@pytest.mark.parametrize(
    "revision",
    [
        "main~1",
        "v1^{}",
        "a..b",
        "main@{1}",
        "-x",
        "a b",
        "a:b",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "/a",
        "a/",
        "a.",
        "a//b",
        "a\x7f",
        "a" * 251,
    ],
)
def test_what_is_no_name_is_refused(revision: str) -> None:
    with pytest.raises(ValueError, match="it must be a branch, a tag, or a commit with all its 40 digits"):
        names(revision)


REFS = {
    "HEAD": C1,
    "refs/heads/main": C1,
    "refs/heads/both": C1,
    "refs/tags/both": C2,
    "refs/tags/light": C2,
    "refs/tags/v1": TAG,
    "refs/tags/v1^{}": C2,
    "refs/pull/7/head": C2,
    "refs/heads/abcd": C2,
}


@pytest.mark.parametrize(
    ("revision", "found"),
    [
        ("", C1),
        ("HEAD", C1),
        ("main", C1),
        ("light", C2),
        ("v1", C2),
        ("refs/tags/v1", C2),
        ("both", C2),
        ("refs/heads/both", C1),
        ("refs/pull/7/head", C2),
        ("abcd", C2),
    ],
)
def test_a_name_gives_its_commit(revision: str, found: str) -> None:
    assert resolved(REFS, revision) == found


@pytest.mark.parametrize(
    ("refs", "revision", "sentence"),
    [
        (REFS, "nope", "the repository has no branch or tag 'nope'."),
        (REFS, "mai", "has no branch or tag 'mai'."),
        (REFS, "abc1234", "'abc1234'. A commit must be given with all its 40 digits."),
        ({}, "", "the repository has no commit on a default branch."),
        ({"HEAD": "a" * 64}, "", "names its commits by SHA-256"),
    ],
)
def test_a_name_that_is_not_there_is_named(refs: dict[str, str], revision: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="the repository") as refused:
        resolved(refs, revision)
    assert sentence in str(refused.value)


@given(st.text(max_size=50))
def test_a_huge_or_odd_cell_gives_a_short_sentence(text: str) -> None:
    for wrong in (text, f"{text}:" * 900):
        for read in (address, lambda revision: resolved({}, revision)):
            with pytest.raises(ValueError, match=r".") as refused:
                read(wrong)
            assert len(str(refused.value)) < 900  # each of 60 characters may be shown by ten
