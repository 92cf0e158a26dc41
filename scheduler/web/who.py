"""Who asks, and what they may: an operator acts, a viewer looks, everybody else hears how to sign in.

Three doors, the first that is open counts:

    header    x-functions-key holds WEB_KEY (operator) or VIEWER_KEY (viewer); for programs
    platform  App Service's own sign-in, only where SIGN_IN is platform and WEBSITE_AUTH_ENABLED, which the platform
              writes while its sign-in is on, is true: then, and only then, it takes X-MS-CLIENT-PRINCIPAL out of
              every request from outside before it writes its own
    cookie    made by POST /sign-in from one of the keys; it tells an expiry, signed with that key

A browser sends the last two by itself, also when another site makes it ask: such a request changes nothing.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from scheduler.desk.audit import Actor
from scheduler.settings import Settings
from scheduler.web import place
from scheduler.web.problem import Problem

HEADER, COOKIE = "x-functions-key", "crontable"
OPERATOR, VIEWER = "Crontable.Operator", "Crontable.Viewer"
#: How an app setting begins whose secret the platform could not read: the reference itself, which may be guessed.
UNRESOLVED = "@Microsoft.KeyVault("
#: How long a cookie lasts.
LASTS = timedelta(hours=12)
#: Methods that change nothing.
SAFE = ("GET", "HEAD", "OPTIONS")
_PRINCIPAL = "x-ms-client-principal"
_ROLE_TYPES = ("roles", "role", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_NAME_TYPES = ("preferred_username", "upn", "emails", "email", "name", "appid")
_LONGEST_PRINCIPAL = 65_536


@dataclass(frozen=True)
class Asker:
    """Somebody who signed in: the name for the audit, whether they may act, and the door they came by."""

    name: str
    operates: bool
    door: str  # header, cookie or platform
    #: Signed in, and neither viewer nor operator.
    stranger: bool = False


def asker(request: Request, settings: Settings, now: datetime) -> Asker | None:
    """Tell who asks; None = nobody has signed in."""
    return (
        _by_header(request.headers.get(HEADER, ""), settings)
        or (_by_platform(request.headers) if settings.platform_vouches else None)
        or _by_cookie(request.cookies.get(COOKIE, ""), settings, now)
    )


def viewer(request: Request) -> Actor:
    """Let viewers and operators in (a dependency of routes that change nothing)."""
    return _actor(request, acts=False)


def operator(request: Request) -> Actor:
    """Let operators in, and no request that another site made a browser send (for routes that change something)."""
    return _actor(request, acts=True)


def _actor(request: Request, *, acts: bool) -> Actor:
    settings, now = place.world(request).settings, place.now(request)
    who = asker(request, settings, now)
    if who is None:
        raise Problem(401, "Not signed in", _how(settings))
    if refused := refusal(request, who, acts=acts):
        raise refused
    return Actor(who.name, "api" if place.is_api(request) else "page", now)


def refusal(request: Request, who: Asker, *, acts: bool) -> Problem | None:
    """Say why somebody who signed in may not do this, by API or page; None = they may. `acts`: it changes something."""
    if who.door != "header" and cross_site(request):
        return Problem(403, "Another site's request", _CROSS_SITE)
    if who.stranger:
        return Problem(403, "No role", f"{who.name} has neither of the roles {VIEWER} and {OPERATOR}: ask for one.")
    if acts and not who.operates:
        needs = f"this needs the operators' key, or the role {OPERATOR}"
        return Problem(403, "Viewers only look", f"{who.name} may look and not act: {needs}.")
    return None


_CROSS_SITE = (
    "This came from another site, as far as can be told: a request that changes something must come from Crontable's "
    "own pages (Sec-Fetch-Site same-origin, or an Origin of this host), or hold the key in the header "
    f"{HEADER}."
)


#: Where SIGN_IN came before the sign-in itself: a deployment writes one after the other.
PLATFORM_OFF = (
    "SIGN_IN is platform, and the platform's sign-in is not on (App Service says WEBSITE_AUTH_ENABLED while it is): "
    "what a request tells of who signed in counts for nothing."
)


def _how(settings: Settings) -> str:
    return f"{platform_off(settings)} {_doors(settings)}".strip()


def platform_off(settings: Settings) -> str:
    """Say that the platform should sign people in, and does not; '' where that is not so."""
    return PLATFORM_OFF if settings.sign_in == "platform" and not settings.platform_vouches else ""


def keyed(settings: Settings) -> bool:
    """Say whether there is a key that opens anything."""
    return _usable(settings.web_key) or _usable(settings.viewer_key)


def _doors(settings: Settings) -> str:
    if settings.platform_vouches:
        return f"Sign in, or send the value of the setting WEB_KEY or VIEWER_KEY in the header {HEADER}."
    if not keyed(settings):
        return "Nobody can sign in yet: fill the setting WEB_KEY, or switch the platform's sign-in on with SIGN_IN."
    return f"Send the value of the setting WEB_KEY, or VIEWER_KEY to look only, in the header {HEADER}."


def cross_site(request: Request) -> bool:
    """Say whether a request that changes something may be another site's doing; one that does not tell may be."""
    if request.method in SAFE:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    ours = {_own_host(request), _host(place.world(request).settings.public_url)} - {""}
    return _host(request.headers.get("origin", "")) not in ours


def _own_host(request: Request) -> str:
    try:
        return request.url.netloc
    except ValueError:  # a Host header that is none
        return ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def opens(given: str, key: str) -> bool:
    """Say whether a key fits, in a time that tells nothing of it; an empty or unresolved one fits nothing."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), key.encode()) and _usable(key)


def role_of(given: str, settings: Settings) -> str:
    """Say which role a key opens; '' = none."""
    operates, looks = opens(given, settings.web_key), opens(given, settings.viewer_key)
    return OPERATOR if operates else VIEWER if looks else ""


def cookie(role: str, settings: Settings, now: datetime) -> str:
    """Make the value of a cookie for a role that a key opened."""
    until = int((now + LASTS).timestamp())
    return f"{role}|{until}|{_signature(role, until, settings)}"


def is_https(request: Request) -> bool:
    """Say whether the browser came by https: in Azure the platform ends TLS and says so in a header."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


def _usable(key: str) -> bool:
    return key != "" and not key.startswith(UNRESOLVED)


def _by_header(given: str, settings: Settings) -> Asker | None:
    return _of_role(role_of(given, settings), "header") if given else None


def _by_cookie(given: str, settings: Settings, now: datetime) -> Asker | None:
    role, _, rest = given.partition("|")
    until, _, signature = rest.partition("|")
    if role not in (OPERATOR, VIEWER) or not (until.isascii() and until.isdigit()) or len(until) > len("9999999999"):
        return None
    if not hmac.compare_digest(signature.encode(), _signature(role, int(until), settings).encode()):
        return None
    usable = _usable(_key(role, settings)) and int(until) > now.timestamp()
    return _of_role(role, "cookie") if usable else None


def _of_role(role: str, door: str) -> Asker | None:
    names = {OPERATOR: "operator key", VIEWER: "viewer key"}
    return Asker(names[role], role == OPERATOR, door) if role else None


def _signature(role: str, until: int, settings: Settings) -> str:
    told = f"crontable cookie|{role}|{until}".encode()
    return hmac.new(_key(role, settings).encode(), told, hashlib.sha256).hexdigest()


def _key(role: str, settings: Settings) -> str:
    return settings.web_key if role == OPERATOR else settings.viewer_key


def _by_platform(headers: Mapping[str, str]) -> Asker | None:
    """Read who the platform signed in: base64 of JSON, {"claims": [{"typ", "val"}], "role_typ", "name_typ"}."""
    told = headers.get(_PRINCIPAL, "")
    if not told or len(told) > _LONGEST_PRINCIPAL:
        return None
    try:
        principal = json.loads(base64.b64decode(told, validate=True))
        claims = [(str(one["typ"]), str(one["val"])) for one in principal["claims"]]
        role_types = (*_ROLE_TYPES, principal.get("role_typ"))
        name_types = (*_NAME_TYPES, principal.get("name_typ"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    roles = {value for kind, value in claims if kind in role_types}
    name = _first(claims, name_types) or headers.get(f"{_PRINCIPAL}-name", "")
    return Asker(_plain(name), OPERATOR in roles, "platform", stranger=not roles & {OPERATOR, VIEWER})


def _first(claims: list[tuple[str, str]], kinds: tuple[Any, ...]) -> str:
    found = dict(reversed(claims))
    return next((found[kind] for kind in kinds if kind in found), "")


def _plain(name: str) -> str:
    printable = "".join(one if one.isprintable() else "?" for one in name)[:256].strip()
    return printable or "somebody without a name"
