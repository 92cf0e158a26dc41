"""Bearer tokens at the gate: who asks, and who is let in."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aci_emulator.arm import ArmError
from aci_emulator.tokens import ANYONE, TENANT, check_bearer, principal

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def bearer(**claims: object) -> str:
    """Return a header with a token for ARM that holds for an hour, signed by nobody we know."""
    usual = {"aud": "https://management.azure.com", "exp": int(NINE.timestamp()) + 3600, "oid": "AB-1"}
    return f"Bearer {encoded({'alg': 'RS256'})}.{encoded(usual | claims)}.{encoded(b'signature')}"


def refused(authorization: str | None) -> ArmError:
    with pytest.raises(ArmError) as caught:
        check_bearer(authorization, NINE)
    assert caught.value.status == 401
    challenge = caught.value.headers()["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer authorization_uri="https://login.windows.net/{TENANT}", error="invalid_token"')
    assert challenge.isascii()
    return caught.value


@pytest.mark.parametrize(
    "audience",
    [
        "https://management.azure.com",
        "https://management.azure.com/",
        "https://management.core.windows.net",
        "https://management.core.windows.net/",
    ],
)
def test_a_token_for_arm_is_let_in_whoever_signed_it(audience: str) -> None:
    check_bearer(bearer(aud=audience), NINE)
    check_bearer(bearer(aud=audience).replace("Bearer", "bearer"), NINE)


def test_a_request_without_a_token_is_told_so() -> None:
    for nothing in (None, ""):
        refusal = refused(nothing)
        assert refusal.code == "AuthenticationFailed"
        assert "missing 'Authorization' header" in refusal.headers()["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Token abc", "Bearerabc"])
def test_another_kind_of_authorization_is_no_token(header: str) -> None:
    assert refused(header).code == "AuthenticationFailedInvalidHeader"


NO_TOKENS = [
    "local",
    "a.b",
    "a.b.c",
    "..",
    f"{encoded({})}.{encoded([1])}.x",
    f"{encoded([])}.{encoded({})}.x",
    f"{encoded({})}.{encoded({})}",
    f"{encoded({})}.{encoded(b'[' * 100_000)}.x",
    f"{encoded({})}.{encoded(b'1' * 10_000)}.x",
    f"{encoded({})}.{encoded(bytes([0xFF, 0xFE]))}.x",
    f"{encoded({})}.e30\u00e9.x",
]


@pytest.mark.parametrize("text", NO_TOKENS, ids=range(len(NO_TOKENS)))
def test_what_is_no_token_is_invalid(text: str) -> None:
    assert refused(f"Bearer {text}").code == "InvalidAuthenticationToken"
    assert principal(f"Bearer {text}") == ANYONE


def test_an_expired_token_is_told_when_it_expired() -> None:
    afternoon = datetime(2026, 11, 21, 15, 2, 3, tzinfo=UTC)
    refusal = refused(bearer(exp=int(afternoon.timestamp())))
    assert refusal.code == "ExpiredAuthenticationToken"
    assert refusal.message == (
        "The access token expiry UTC time '11/21/2026 3:02:03 PM' is earlier than current UTC time "
        "'11/22/2026 9:00:00 AM'."
    )
    assert refused(bearer(exp=NINE.timestamp())).code == "ExpiredAuthenticationToken"
    assert "12:00:00 AM" in refused(bearer(exp=0)).message


@pytest.mark.parametrize("expiry", [None, "soon", True, -1, 1e300, 10**400, float("nan"), float("inf"), [], {}])
def test_an_expiry_that_is_no_time_is_invalid(expiry: object) -> None:
    assert refused(bearer(exp=expiry)).code == "InvalidAuthenticationToken"


def test_a_token_that_does_not_hold_yet_is_invalid() -> None:
    assert refused(bearer(nbf=NINE.timestamp() + 1)).code == "InvalidAuthenticationToken"
    check_bearer(bearer(nbf=NINE.timestamp()), NINE)


@pytest.mark.parametrize("audience", ["https://storage.azure.com", None, 7, ["https://management.azure.com"], 'ä"\r\n'])
def test_a_token_for_something_else_is_told_which_audiences_there_are(audience: object) -> None:
    refusal = refused(bearer(aud=audience))
    assert refusal.code == "InvalidAuthenticationTokenAudience"
    assert "'https://management.core.windows.net/','https://management.core.windows.net'" in refusal.message
    assert refusal.headers()["WWW-Authenticate"].count('"') == 6


def test_the_principal_is_the_object_id_else_the_application_else_anyone() -> None:
    assert principal(bearer()) == "ab-1"
    assert principal(bearer(oid=None, appid="app")) == "app"
    assert principal(bearer(oid="x" * 65, appid=["app"])) == ANYONE
    assert principal(bearer() + ".more") == principal(bearer().rpartition(".")[0]) == ANYONE
    assert principal("Bearer local") == principal(None) == principal("") == ANYONE


@settings(derandomize=True, max_examples=400, database=None, deadline=None)
@given(st.text() | st.binary().map(lambda text: f"Bearer {encoded(text)}.{encoded(text)}.x"))
@example("Bearer " + "." * 100)
def test_whatever_stands_in_the_header_is_read_or_refused(header: str) -> None:
    assert principal(header)
    with pytest.raises(ArmError):
        check_bearer(header, NINE)
