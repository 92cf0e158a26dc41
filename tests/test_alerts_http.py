"""The real thing: a server that is posted to over HTTP, in its three tongues, and servers that misbehave."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scheduler.cloud.webhook import HttpWebhook
from scheduler.desk import alerts
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Missing, Wrong
from tests.world import World, at
from tests.world.story import SETTINGS

ANN = Actor("ann@example.com", "cli", at("09:00"))


class Hook(ThreadingHTTPServer):
    """A webhook on this machine: it keeps what it is posted, and answers as it is told."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.headers = 202, {"X-Nothing": ""}
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def address(self) -> str:
        return f"{self.place}/in/secret?sig=secret"

    @property
    def place(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answering(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def world(webhook: str = "", form: str = "auto") -> World:
    """A world on one's own machine, which posts for real."""
    here = replace(SETTINGS, arm_endpoint="http://127.0.0.1:10010", alert_webhook=webhook, alert_format=form)
    made = World("08:55", here)
    made.webhooks = HttpWebhook()  # type: ignore[assignment]  # the real one in its place
    made.restart()
    made.groups.behave(start_delay=1, duration=20, exit_code=3)
    made.add("weather/extract", Schedule="0 * * * *", Image="loads")
    made.ticks("08:56", "08:58", "09:00")
    return made


@pytest.mark.parametrize(
    ("form", "begins"), [("auto", "source"), ("json", "source"), ("teams", "type"), ("slack", "text")]
)
def test_a_real_server_gets_the_news_in_its_own_tongue(hook: Hook, form: str, begins: str) -> None:
    one = world(hook.address, form)
    one.tick("09:01")
    one.send()
    ((path, headers, body),) = hook.posted
    assert path == "/in/secret?sig=secret"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert next(iter(body)) == begins
    assert "weather/extract failed. Failed: the container exited with code 3." in json.dumps(body)


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (200, "", None),
        (429, "120", 120),
        (503, "Sun, 22 Nov 2026 09:10:00 GMT", 600),
        (500, "soon", None),
        (429, "-5", None),
    ],
)
def test_an_answer_is_understood(hook: Hook, status: int, said: str, seconds: int | None) -> None:
    hook.status, hook.headers = status, {"Retry-After": said} if said else {"X-Nothing": ""}
    answer = HttpWebhook(lambda: datetime(2026, 11, 22, 9, tzinfo=UTC)).post(hook.address, b"{}")
    assert answer.status == status
    assert answer.after == (timedelta(seconds=seconds) if seconds else None)


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    hook.status, hook.headers = 307, {"Location": hook.address}
    assert HttpWebhook().post(hook.address, b"{}").status == 307
    assert len(hook.posted) == 1


def test_the_test_button_says_what_the_webhook_answered_and_who_asked_stands_in_the_audit(hook: Hook) -> None:
    one = world(hook.address)
    tested = alerts.test(one.ports, ANN, ("weather", "extract"))
    assert (tested.done, tested.said, tested.to) == (True, "it answered 202", f"{hook.place}/***")
    ((_, _, body),) = hook.posted
    assert body["news"][0]["sentence"] == (
        "This is a test of weather/extract, asked for by ann@example.com. Nothing is wrong."
    )
    hook.status = 404
    assert alerts.test(one.ports, ANN).sentence == f"The message was not taken by {hook.place}/***: it answered 404."
    assert "secret" not in str(one.ports.audit.query(()).rows)
    assert len(one.ports.audit.query(()).rows) == 2


def test_the_test_button_says_when_nobody_would_be_told(hook: Hook) -> None:
    one = world()
    with pytest.raises(Wrong, match="set ALERT_WEBHOOK"):
        alerts.test(one.ports, ANN)
    with pytest.raises(Missing):
        alerts.test(one.ports, ANN, ("weather", "nothing"))
    one.edit("weather/extract", AlertTo="none")
    with pytest.raises(Wrong, match="AlertTo is none"):
        alerts.test(one.ports, ANN, ("weather", "extract"))
    one.edit("weather/extract", AlertTo="secret")
    with pytest.raises(Wrong, match="AlertTo is refused"):
        alerts.test(one.ports, ANN, ("weather", "extract"))
    one.edit("weather/extract", AlertTo=hook.address)
    assert alerts.test(one.ports, ANN, ("weather", "extract")).done


def test_without_tls_nothing_leaves_but_on_ones_own_machine(hook: Hook) -> None:
    one = world()
    one.ports.settings = replace(SETTINGS, alert_webhook="")
    one.edit("weather/extract", AlertTo=hook.address)
    assert alerts.test(one.ports, ANN, ("weather", "extract")).said == "its address is not https"
    assert hook.posted == []
