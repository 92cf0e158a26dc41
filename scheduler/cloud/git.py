"""`ports.Repositories` on git's smart HTTP protocol: what `git ls-remote` asks, and nothing of the user's settings."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import urllib3
from certifi import where
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse, HTTPResponse

from scheduler import revision as rules
from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Cause

#: Seconds to get a connection, of silence, and for a whole answer: a tick that starts jobs waits for it.
CONNECT, SILENCE, WHOLE = 5, 10, 20
#: The most bytes of an answer: by git's older protocol a server names all that it has, not only what is asked for.
MOST = 32 * 2**20
CHUNK = 2**16
#: How often a repository may have moved on.
HOPS = 3
#: Servers answer as to git only whom they take for it.
AGENT = "git/crontable"
#: What git asks of a repository; one that has moved redirects the same to its new place.
ASKED = ("/info/refs?service=git-upload-pack", "/git-upload-pack")


class GitRepositories:
    """Repositories that can be read over https or http without signing in.

    `whole`: seconds for an answer; `most`: its bytes.
    """

    def __init__(self, whole: float = WHOLE, most: int = MOST) -> None:
        self._whole, self._most = whole, most

    def commit(self, repository: str, revision: str) -> str:
        """Resolve a branch, tag or '' (the default branch) to its commit; nobody is asked for what is one."""
        try:
            at, wanted = rules.address(repository), rules.names(revision)
        except ValueError as error:
            raise GroupRefused(Cause.SPEC, str(error)) from None
        if itself := rules.commit(revision):
            return itself
        refs = self._refs(at, wanted)
        try:
            return rules.resolved(refs, revision)
        except ValueError as error:
            raise GroupRefused(Cause.SPEC, f"{at}: {error}") from None

    def _refs(self, at: str, wanted: Sequence[str]) -> Mapping[str, str]:
        """Ask for these refs where the repository is, or has moved to."""
        for _ in range(HOPS + 1):
            try:
                return self._asked(at, wanted)
            except _Moved as moved:
                at = moved.to
        raise GroupRefused(Cause.IMAGE, f"{at}: the repository has moved more than {HOPS} times.")

    def _asked(self, at: str, wanted: Sequence[str]) -> Mapping[str, str]:
        from dulwich.client import HttpGitClient  # noqa: PLC0415  slow to load, and most ticks need no repository
        from dulwich.errors import GitProtocolError, HangupException  # noqa: PLC0415

        with closing(_Connection(at, self._whole, self._most)) as connection:
            pool: Any = connection
            client = HttpGitClient(at, pool_manager=pool)
            try:
                found = client.get_refs("", ref_prefix=[name.encode() for name in wanted]).refs
                return {name.decode(errors="replace"): commit.decode() for name, commit in found.items() if commit}
            except HangupException as error:
                raise Unknown(f"{at}: the answer was cut off.") from error
            except GitProtocolError as error:
                raise GroupRefused(
                    Cause.IMAGE, f"{at}: git's server did not answer as it should: {str(error)[:300]}"
                ) from error
            except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
                raise Unknown(f"{at}: git's server gave an answer that makes no sense.") from error


class _Moved(Exception):
    """The repository is elsewhere now."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


class _Connection:
    """What dulwich sends its requests by: each answer is judged, and read whole within bounds, before it sees it.

    It stands in for a `urllib3.PoolManager`, of which dulwich uses `headers` and `request`.
    """

    def __init__(self, at: str, whole: float, most: int) -> None:
        self.headers = {"User-Agent": AGENT}
        self._pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=where())
        self._at, self._until, self._most = at, time.monotonic() + whole, most

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], preload_content: bool, body: bytes | None = None
    ) -> HTTPResponse:
        """Ask once; raises `_Moved`, `GroupRefused` or `Unknown` for all but an answer of git's."""
        limits = urllib3.Timeout(connect=CONNECT, read=SILENCE)
        how: Mapping[str, Any] = {"redirect": False, "retries": False, "timeout": limits}
        try:
            with closing(
                self._pool.request(method, url, body=body, headers=headers, preload_content=preload_content, **how)
            ) as answer:
                self._judge(answer, url)
                kind = {"Content-Type": answer.headers["Content-Type"]}
                return HTTPResponse(
                    BytesIO(self._read(answer)), kind, answer.status, preload_content=False, request_url=url
                )
        except (HTTPError, OSError) as error:
            raise Unknown(f"{self._at}: no answer ({type(error).__name__}).") from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _judge(self, answer: BaseHTTPResponse, url: str) -> None:
        status, kind = answer.status, answer.headers.get("Content-Type", "")
        if status == HTTPStatus.OK and kind.startswith("application/x-git-"):
            return
        if answer.get_redirect_location():
            raise _Moved(self._new_place(urljoin(url, str(answer.get_redirect_location()))))
        if (
            status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise Unknown(f"{self._at}: git's server answered HTTP {status}.")
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise GroupRefused(Cause.IMAGE, f"{self._at}: there is no such git repository (HTTP {status}).")
        raise self._closed(status)

    def _new_place(self, to: str) -> str:
        """Take git's question from the end of an address; one that answers another question is a page to sign in."""
        for asked in ASKED:
            if to.endswith(asked):
                try:
                    return rules.address(to.removesuffix(asked))
                except ValueError as error:
                    raise GroupRefused(Cause.IMAGE, f"{self._at}: it has moved, but {error}") from None
        raise self._closed(HTTPStatus.FOUND)

    def _closed(self, status: int) -> GroupRefused:
        return GroupRefused(
            Cause.IMAGE,
            f"{self._at}: this is no git repository, or none that can be read without signing in (HTTP {status}).",
        )

    def _read(self, answer: BaseHTTPResponse) -> bytes:
        body = bytearray()
        while chunk := answer.read1(CHUNK):
            body += chunk
            if len(body) > self._most:
                raise Unknown(f"{self._at}: the answer was longer than {self._most:,} bytes.")
            if time.monotonic() > self._until:
                raise Unknown(f"{self._at}: the answer took too long.")
        return bytes(body)
