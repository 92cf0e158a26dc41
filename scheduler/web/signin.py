"""POST /sign-in and POST /sign-out: a key is posted once, and a cookie that holds no key stands for it."""

from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from scheduler.web.place import Here, Now
from scheduler.web.problem import Problem
from scheduler.web.who import COOKIE, LASTS, cookie, cross_site, is_https, role_of

router = APIRouter(include_in_schema=False)


@router.post("/sign-in")
async def sign_in(request: Request, here: Here, now: Now) -> RedirectResponse:
    """Take a key from the form (`key`), set the cookie and go on to `next`; a wrong key comes back to the page."""
    _own(request)
    form = _form(await request.body())
    given, onward = (form.get(name, [""])[0] for name in ("key", "next"))
    onward = own_path(onward)
    role = role_of(given.strip(), here.settings)
    if not role:
        return _go(f"/sign-in?next={quote(onward, safe='/')}&wrong=1")
    answer = _go(onward)
    answer.set_cookie(
        COOKIE,
        cookie(role, here.settings, now),
        max_age=int(LASTS.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> RedirectResponse:
    """Forget the cookie."""
    _own(request)
    answer = _go("/sign-in")
    answer.delete_cookie(COOKIE, secure=is_https(request), httponly=True, samesite="strict")
    return answer


def _form(body: bytes) -> dict[str, list[str]]:
    """Read a form; one that is none, or has more fields than a form of ours, holds nothing."""
    try:
        return parse_qs(body.decode(errors="replace"), max_num_fields=20)
    except ValueError:
        return {}


def own_path(typed: str) -> str:
    r"""Give a path of ours to go on to; `/` in place of any other address.

    Scenario: a link says next=//evil.example, or next=/\evil.example, which browsers read alike: whoever signed in
    would land on a copy of the page that asks for the key again.
    """
    try:
        parts = urlsplit(typed)
    except ValueError:
        return "/"
    plain = typed.startswith("/") and not typed.startswith(("//", "/\\")) and typed.isprintable()
    return typed if plain and "\\" not in typed and not parts.scheme and not parts.netloc else "/"


def _own(request: Request) -> None:
    """Refuse another site's form: it would sign somebody in as whoever wrote it."""
    if cross_site(request):
        raise Problem(403, "Another site's request", "Sign in and out on Crontable's own page.")


def _go(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
