"""The frame of every page: who asks, what they get, in which dress, with which headers.

A page is a function from a `Visit` to an answer, joined to the app by `Site.page`. It runs in a thread, because
the desk waits for tables. What it raises becomes a page that says so, never a bare trace.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from scheduler.desk import harmless
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Conflict, Faulty, Missing, Refusal, Wrong
from scheduler.facts.asking import PageFailed
from scheduler.ports import World
from scheduler.row import Key
from scheduler.spoken import say
from scheduler.web import who
from scheduler.web.assets import packed
from scheduler.web.dress import dress
from scheduler.web.problem import Problem

#: Nothing from elsewhere, no script and no style in a page itself: what a log or a reason smuggles in stays text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: On every page. `no-store`: a page shows what only who signed in may see, and the next user of a browser may not.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: The cookie that carries one sentence over the redirect that follows an act.
FLASH = "crontable-flash"
#: The longest sentence in it, and the most bytes that a form may have: a cell holds 32K characters.
LONGEST_FLASH, LARGEST_FORM = 600, 512 * 1024


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in person: what they ask, and how to answer them."""

    request: Request
    world: World
    now: datetime
    asker: who.Asker | None
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """The job that the address names."""
        return self.request.path_params["partition"], self.request.path_params["name"]

    @property
    def operates(self) -> bool:
        """Whether they may change anything; a page shows nobody a button that would be refused."""
        return self.asker is not None and self.asker.operates

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit."""
        return Actor(self.asker.name if self.asker else "nobody", "page", self.now)

    @property
    def signs_out(self) -> bool:
        """Whether they came by a cookie of ours, which they can give back."""
        return self.asker is not None and self.asker.door == "cookie"

    @cached_property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark; of a name given twice the last one."""
        return dict(self.request.query_params)

    @property
    def part(self) -> str:
        """The id of the element that htmx will put the answer into; '' when a whole page is asked for."""
        return self.request.headers.get("hx-target", "") if self.request.headers.get("hx-request") else ""

    def show(self, template: str, /, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - a template takes anything
        """Answer with a page, in the frame, with the sentence that the last act left."""
        said = _said(self.request.cookies.get(FLASH, "")) if not self.part else None
        text = dress().get_template(template).render(visit=self, now=self.now, flash=said, **values)
        answer = HTMLResponse(text, status, headers=HEADERS)
        if said:
            answer.delete_cookie(FLASH, path="/")
        return answer

    def go(self, address: str, sentence: str = "", kind: str = "good") -> Response:
        """Answer an act: go on to this page and tell the sentence there. `kind`: good, bad or note."""
        answer = RedirectResponse(address, 303, headers=HEADERS)
        if sentence:
            told = json.dumps([kind, sentence[:LONGEST_FLASH]]).encode()
            secure = who.is_https(self.request)
            value = urlsafe_b64encode(told).decode()
            answer.set_cookie(FLASH, value, 60, path="/", secure=secure, httponly=True, samesite="strict")
        return answer


def digest(seen: object) -> str:
    """Name what a part of a page was made of, so that its reader can say what they have."""
    return sha256(repr(seen).encode(errors="replace")).hexdigest()[:16]


def unchanged(visit: Visit, seen: object) -> Response | None:
    """Answer a part that renews itself, and was made of just this, with nothing: htmx leaves it as it is."""
    if visit.part and visit.query.get("seen") == digest(seen):
        return Response(status_code=204, headers=HEADERS)
    return None


type View = Callable[[Visit], Response]


@dataclass(frozen=True)
class Site:
    """The pages' routes, and what every visit needs."""

    world: Callable[[], World]
    clock: Callable[[], datetime]
    routes: list[Route] = field(default_factory=list)

    def page(self, path: str, view: View) -> None:
        """Answer GET `path` to whoever may look."""
        self._add(path, view, "GET")

    def act(self, path: str, view: View, *, back: bool = True) -> None:
        """Answer POST `path` to whoever may operate, and not to another site.

        A refused act leaves its address in the browser: who opens that again is led `back` to the page it stands on.
        """
        self._add(path, view, "POST")
        if back and path not in {route.path for route in self.routes if "GET" in (route.methods or ())}:
            self.page(path, _back)

    def open(self, path: str, view: View) -> None:
        """Answer GET `path` to anybody."""
        self._add(path, view, "")

    def _add(self, path: str, view: View, kind: str) -> None:
        async def endpoint(request: Request) -> Response:
            form = await _form(request) if kind == "POST" else {}
            return await run_in_threadpool(self._packed, request, form, view, kind)

        self.routes.append(Route(path, endpoint, methods=[kind or "GET"], include_in_schema=False))

    def _packed(self, request: Request, form: Mapping[str, str] | None, view: View, kind: str) -> Response:
        """Answer, and pack the answer: in the thread, too, for of a long log that alone takes half a second."""
        return packed(self._answer(request, form, view, kind), request)

    def _answer(self, request: Request, form: Mapping[str, str] | None, view: View, kind: str) -> Response:
        """Let in who may come in, and make a page of whatever goes wrong."""
        world, now = self.world(), self.clock()
        visit = Visit(request, world, now, who.asker(request, world.settings, now), form or {})
        if kind and visit.asker is None:
            return _sign_in(visit)
        if kind and visit.asker and (refused := _refusal(visit, visit.asker, form)):
            return _told(visit, refused)
        try:
            return view(visit)
        except Refusal as error:
            status, title = next((told for kind, told in _STATUS.items() if isinstance(error, kind)), _STATUS[Wrong])
            return visit.show("error.html", status, title=title, sentence=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the asker gets a page and the log the trace
            say(PageFailed(harmless.line(request.url.path)))
            return visit.show("error.html", 503, title="This page cannot be shown now", sentence=_BROKEN)

    def wrong(self, request: Request, problem: Problem) -> Response:
        """Make a page of what went wrong outside of any page: an address that leads nowhere, a key that fails."""
        world, now = self.world(), self.clock()
        return _told(Visit(request, world, now, who.asker(request, world.settings, now)), problem)


def _back(visit: Visit) -> Response:
    return visit.go(quote(visit.request.url.path.rpartition("/")[0], safe="/:"))


_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    Missing: (404, "Not found"),
    Wrong: (400, "That cannot be read"),
    Conflict: (409, "Somebody else was faster"),
    Faulty: (422, "That would make the row Invalid"),
}
_BROKEN = (
    "A table or the container service did not answer, or there is a fault in Crontable. "
    "Ticks and jobs go on without the pages. Try again in a moment; the log of the function `web` has the details."
)


def _told(visit: Visit, problem: Problem) -> Response:
    return visit.show("error.html", problem.status, title=problem.title, sentence=problem.detail)


def _refusal(visit: Visit, asker: who.Asker, form: Mapping[str, str] | None) -> Problem | None:
    """Say why somebody who signed in gets nothing of it; None = they do."""
    refused = who.refusal(visit.request, asker, acts=visit.request.method not in who.SAFE)
    if refused is None and form is None:
        return Problem(413, "Too large", f"A form holds at most {LARGEST_FORM // 1024} KB.")
    return refused


def _sign_in(visit: Visit) -> Response:
    """Send them to the page for signing in, and back here afterwards.

    A part of a page would be put into the page: htmx is told to leave it as a whole.
    """
    request = visit.request
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/sign-in?next={quote(here if request.method == 'GET' and not visit.part else '/', safe='')}"
    if visit.part:
        return Response(status_code=401, headers=HEADERS | {"HX-Redirect": address})
    return RedirectResponse(address, 303, headers=HEADERS)


async def _form(request: Request) -> Mapping[str, str] | None:
    """Read a form's fields; of a name given twice the last one. None when it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _said(cookie: str) -> tuple[str, str] | None:
    """Read the sentence of the last act; a cookie that somebody made up is a sentence, or nothing."""
    try:
        kind, sentence = json.loads(urlsafe_b64decode(cookie))
    except (ValueError, TypeError, RecursionError):
        return None
    known = kind in ("good", "bad", "note") and isinstance(sentence, str)
    return (kind, sentence[:LONGEST_FLASH]) if known else None
