"""The Authorization header of a request: who asks, and whether the gateway lets the request in. Pure."""

import re
from datetime import UTC, datetime

from aci_emulator.arm import ArmError, Json
from aci_emulator.tokens import jwt
from aci_emulator.tokens.identities import TENANT

AUDIENCES = (
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
)
"""What the `aud` of a token for Azure Resource Manager may be."""

ANYONE = "anyone"
"""The principal of a request without a readable token."""

LATEST = 10**11
"""An `exp` or `nbf` from here on, in seconds since 1970, is no time."""

NOON = 12


def check_bearer(authorization: str | None, at: datetime) -> None:
    """Refuse (401) a request whose Authorization header is no token for Azure Resource Manager that holds at `at`.

    Signatures are never checked.
    """
    if not authorization:
        sentence = "Authentication failed. The 'Authorization' header is missing."
        missing = "The authentication failed because of missing 'Authorization' header."
        raise _unauthorised("AuthenticationFailed", sentence, missing)
    if not re.match(r"(?i)bearer +\S", authorization):
        sentence = "Authentication failed. The 'Authorization' header is provided in an invalid format."
        raise _unauthorised("AuthenticationFailedInvalidHeader", sentence)
    claims = _claims(authorization)
    if claims is None:
        raise _unauthorised("InvalidAuthenticationToken", "The access token is invalid.")
    _check_times(claims, at)
    _check_audience(claims.get("aud"))


def principal(authorization: str | None) -> str:
    """Return who asks: the `oid` of the token, else its `appid`, else ANYONE. Nothing is verified."""
    claims = _claims(authorization or "") or {}
    for name in ("oid", "appid"):
        value = claims.get(name)
        if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", value):
            return value.lower()
    return ANYONE


def _claims(authorization: str) -> Json | None:
    return jwt.read(authorization.partition(" ")[2].strip())


def _check_times(claims: Json, at: datetime) -> None:
    expiry, begin = _seconds(claims, "exp"), _seconds({"nbf": 0} | claims, "nbf")
    if expiry <= at.timestamp():
        sentence = (
            f"The access token expiry UTC time '{_american(datetime.fromtimestamp(expiry, UTC))}' is earlier "
            f"than current UTC time '{_american(at.astimezone(UTC))}'."
        )
        raise _unauthorised("ExpiredAuthenticationToken", sentence)
    if begin > at.timestamp():
        raise _unauthorised("InvalidAuthenticationToken", "The access token is invalid: it does not hold yet ('nbf').")


def _seconds(claims: Json, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST:
        sentence = f"The access token is invalid: its '{name}' is no number of seconds since 1970."
        raise _unauthorised("InvalidAuthenticationToken", sentence)
    return value


def _check_audience(audience: object) -> None:
    if audience not in AUDIENCES:
        allowed = ",".join(f"'{each}'" for each in AUDIENCES)
        sentence = (
            f"The access token has been obtained for wrong audience or resource '{audience}'. "
            f"It should exactly match with one of the allowed audiences {allowed}."
        )
        raise _unauthorised("InvalidAuthenticationTokenAudience", sentence)


def _unauthorised(code: str, sentence: str, why: str = "") -> ArmError:
    """Return a 401 with the challenge that goes with it; `why` is its description when that is not `sentence`.

    A token's own words can be any text, and one that is not ASCII in a header would cost the client its answer.
    """
    description = re.sub(r"[^ -~]|[\"\\]", "?", why or sentence)
    challenge = (
        f'Bearer authorization_uri="https://login.windows.net/{TENANT}", error="invalid_token", '
        f'error_description="{description}"'
    )
    return ArmError(401, code, sentence, gateway=True, headers={"WWW-Authenticate": challenge})


def _american(instant: datetime) -> str:
    """Write `instant` as the gateway does: `8/21/2026 3:22:00 PM`."""
    half = "AM" if instant.hour < NOON else "PM"
    return f"{instant.month}/{instant.day}/{instant.year} {instant.hour % NOON or NOON}:{instant:%M:%S} {half}"
