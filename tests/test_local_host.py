"""The small host's own paths, and what it hands on to the app's web function."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from local.host import Host
from local.worker import Cookie, Function, FunctionFailedError, Message, Reply, _reply

TICK = Function("tick", ({"type": "timerTrigger", "name": "timer", "schedule": "0 * * * * *"},), Message())
WEB = Function("web", ({"type": "httpTrigger", "name": "req"},), Message())


class StandIn:
    """A worker without an app: it tells what it was asked."""

    def __init__(self, *functions: Function, fails: bool = False) -> None:
        self.functions = {f.name: f for f in functions}
        self.fails = fails
        self.asked: list[tuple[Any, ...]] = []

    async def timer(self, name: str, *, past_due: bool) -> None:
        self.asked.append((name, past_due))
        self._fail()

    async def http(self, name: str, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        self.asked.append((name, method, url, headers["x-functions-key"], body))
        self._fail()
        return Reply(201, (("content-type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=2")), b"made")

    def _fail(self) -> None:
        if self.fails:
            raise FunctionFailedError(Message(message="broken", stack_trace="where"))


def send(worker: StandIn, method: str, path: str, **request: Any) -> httpx.Response:
    async def conversation() -> httpx.Response:
        asgi = Host(worker, Path()).asgi()  # type: ignore[arg-type]  # a stand-in
        transport = httpx.ASGITransport(asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7071") as client:
            return await client.request(method, path, headers={"x-functions-key": "k"}, **request)

    return asyncio.run(conversation())


def test_a_timer_can_be_run_now_and_is_then_not_past_due() -> None:
    worker = StandIn(TICK, WEB)
    assert send(worker, "POST", "/admin/functions/tick", json={}).status_code == 202
    assert worker.asked == [("tick", False)]


@pytest.mark.parametrize(
    ("path", "request_", "status"),
    [
        ("/admin/functions/tick", {}, 400),
        ("/admin/functions/tick", {"content": "{"}, 400),
        ("/admin/functions/tock", {"json": {}}, 404),
        ("/admin/functions/web", {"json": {}}, 404),
        ("/admin/host/status", {}, 404),
        ("/runtime/webhooks", {}, 404),
    ],
)
def test_the_hosts_own_paths_never_reach_the_app(path: str, request_: dict[str, Any], status: int) -> None:
    worker = StandIn(TICK, WEB)
    assert (send(worker, "POST", path, **request_).status_code, worker.asked) == (status, [])


def test_a_timer_that_fails_is_logged_with_the_workers_trace(caplog: pytest.LogCaptureFixture) -> None:
    assert send(StandIn(TICK, fails=True), "POST", "/admin/functions/tick", json={}).status_code == 202
    assert "tick failed: broken\nwhere" in caplog.text


def test_every_other_request_goes_whole_to_the_web_function_and_its_answer_comes_back_whole() -> None:
    worker = StandIn(TICK, WEB)
    answer = send(worker, "PATCH", "/api/jobs/a%20b%3Fc?x=1&x=2", content=b"body")
    url = "http://127.0.0.1:7071/api/jobs/a%20b%3Fc?x=1&x=2"
    assert worker.asked == [("web", "PATCH", url, "k", b"body")]
    assert (answer.status_code, answer.text, answer.headers.get_list("set-cookie")) == (201, "made", ["a=1", "b=2"])


def test_a_request_that_fails_is_an_empty_500_and_tells_nothing() -> None:
    answer = send(StandIn(WEB, fails=True), "GET", "/")
    assert (answer.status_code, answer.content) == (500, b"")


def test_an_app_without_a_web_function_answers_404() -> None:
    assert send(StandIn(TICK), "GET", "/").status_code == 404


def test_a_cookie_is_written_again_as_it_was_set() -> None:
    cookie = Cookie(
        name="key",
        value="s3cret",
        domain=None,
        path=Message(value="/"),
        expires=Message(value=Message(seconds=1_795_341_600)),
        max_age=Message(value=3600.0),
        secure=Message(value=False),
        http_only=Message(value=True),
        same_site=Cookie.SameSite.Strict,
    )
    reply = _reply(Message(status_code="204", headers={}, cookies=[cookie], body=None))
    expires = "expires=Sun, 22 Nov 2026 10:00:00 GMT"
    text = f"key=s3cret; {expires}; HttpOnly; Max-Age=3600; Path=/; SameSite=Strict"
    assert (reply.status, reply.headers, reply.body) == (204, (("set-cookie", text),), b"")
