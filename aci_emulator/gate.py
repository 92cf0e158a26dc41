"""Who may come in, and how often: tokens and ARM's buckets, before any provider is asked (aci.md, 5)."""

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request

from aci_emulator.arm import ArmError
from aci_emulator.buckets import Buckets
from aci_emulator.lookups import clouds
from aci_emulator.platform import Platform
from aci_emulator.tokens import check_bearer, principal

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_site(host: str, origin: str | None) -> None:
    """Refuse a request that a page of another site had a browser send.

    A PUT runs commands on this machine: a page that somebody merely looks at must not be able to send one, nor to read
    a log, be it under a name of its own that it points at 127.0.0.1. Browsers name the origin of what may change
    something, ARM's clients never do; a name that anybody can own has a dot.
    """
    if not _is_here(_host(f"//{host}")):
        sentence = f"Requests to '{host[:200]}' are not served: use localhost, an address, or a name without a dot."
        raise ArmError(403, "HostNotAllowed", sentence, gateway=True)
    if origin is not None and _host(origin) not in LOOPBACK:
        sentence = f"Requests of pages from '{origin[:200]}' are not served: this emulator runs commands."
        raise ArmError(403, "OriginNotAllowed", sentence, gateway=True)


def _is_here(name: str | None) -> bool:
    """Say whether only this machine or its network can mean `name`: an address, one word, or Docker's own."""
    if name is None or "." not in name or name.endswith((".localhost", ".internal")):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _host(url: str) -> str | None:
    """Return the host of `url`, or None when it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@dataclass
class Gate:
    """ARM's front: `require_token` refuses a request without a bearer token for management."""

    platform: Platform
    require_token: bool = False
    buckets: Buckets = field(default_factory=Buckets)

    def let_in(self, request: Request, subscription: str, at: datetime) -> dict[str, str]:
        """Return the headers that tell how many requests remain; ArmError 401 or 429 when none may come in."""
        authorization = request.headers.get("authorization")
        if self.require_token and not clouds.is_asked(request.scope["path"]):
            check_bearer(authorization, at)
        who = principal(authorization)
        return self.buckets.admit(request.method, subscription, who, self.platform.limits, at)
