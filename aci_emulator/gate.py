"""Who may come in, and how often: tokens and ARM's buckets, before any provider is asked (aci.md, 5)."""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from aci_emulator.buckets import Buckets
from aci_emulator.lookups import clouds
from aci_emulator.platform import Platform
from aci_emulator.tokens import check_bearer, principal


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
