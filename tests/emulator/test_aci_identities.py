"""The identity endpoint of containers (aci.md, 1.5 and 7): by itself, and asked by Azure's own credential."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt as pyjwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

from aci_emulator.arm import ArmError
from aci_emulator.shown import shown
from aci_emulator.spec import model
from aci_emulator.tokens import TENANT, Identities, check_bearer, client_id, principal, principal_id

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/nightly"
USERS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
PULLER, WRITER = USERS + "puller", USERS + "writer"
STORAGE = "https://storage.azure.com/"
ASK = {"api-version": "2018-02-01", "resource": STORAGE}
METADATA = {"metadata": "true"}


class Endpoint:
    """One group's endpoint, opened at nine."""

    def __init__(self, *users: str, system: bool = False) -> None:
        self.identities = Identities()
        self.key = self.identities.open(GROUP, model.Identities(system, users), NINE)

    def ask(self, query: dict[str, str] | None = None, seconds: float = 0, delay: float = 0) -> tuple[int, Any]:
        at = NINE + timedelta(seconds=seconds)
        return self.identities.answer(self.key, ASK | (query or {}), METADATA, at, delay)

    def who(self, **query: str) -> str:
        """Return the resource id of the identity that gets the token."""
        status, answer = self.ask(query)
        assert status == 200, answer
        resource_id: str = read(answer)["xms_mirid"]
        return resource_id

    def refused(self, **query: str) -> str:
        status, answer = self.ask(query)
        assert (status, answer["error"]) == (400, "invalid_request")
        sentence: str = answer["error_description"]
        return sentence


def read(answer: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = pyjwt.decode(answer["access_token"], options={"verify_signature": False})
    return claims


def test_the_endpoint_answers_as_imds_does_with_a_token_of_the_group() -> None:
    status, answer = Endpoint(system=True).ask()
    begin = int(NINE.timestamp())
    claims = read(answer)
    assert (status, answer) == (
        200,
        {
            "access_token": answer["access_token"],
            "client_id": client_id(GROUP),
            "expires_in": "86400",
            "expires_on": str(begin + 86400),
            "ext_expires_in": "86400",
            "not_before": str(begin),
            "resource": STORAGE,
            "token_type": "Bearer",
        },
    )
    assert claims["aud"] == STORAGE
    assert claims["iss"] == f"https://sts.windows.net/{TENANT}/"
    assert (claims["oid"], claims["appid"], claims["tid"]) == (principal_id(GROUP), client_id(GROUP), TENANT)
    assert (claims["xms_mirid"], claims["iat"], claims["nbf"], claims["exp"]) == (GROUP, begin, begin, begin + 86400)


def test_the_ids_in_a_token_are_those_that_a_get_of_the_group_shows() -> None:
    identity = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {PULLER: {}}}
    answer = shown({"identity": identity, "properties": {"containers": []}}, GROUP)["identity"]
    assert (answer["principalId"], answer["tenantId"]) == (principal_id(GROUP), TENANT)
    assert answer["userAssignedIdentities"][PULLER] == {
        "clientId": client_id(PULLER),
        "principalId": principal_id(PULLER),
    }


def test_a_token_of_the_endpoint_opens_the_gate() -> None:
    _, answer = Endpoint(system=True).ask({"resource": "https://management.azure.com/"})
    authorization = f"Bearer {answer['access_token']}"
    check_bearer(authorization, NINE)
    assert principal(authorization) == principal_id(GROUP)
    with pytest.raises(ArmError, match="ExpiredAuthenticationToken"):
        check_bearer(authorization, NINE + timedelta(hours=24))


def test_without_a_name_the_groups_own_identity_comes_first_then_the_only_one() -> None:
    assert Endpoint(PULLER, WRITER, system=True).who() == GROUP
    assert Endpoint(PULLER).who() == PULLER


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("client_id", client_id(WRITER).upper()),
        ("object_id", principal_id(WRITER)),
        ("msi_res_id", WRITER.upper()),
        ("mi_res_id", WRITER),
    ],
)
def test_an_identity_is_found_by_each_of_its_names(key: str, value: str) -> None:
    assert Endpoint(PULLER, WRITER, system=True).who(**{key: value}) == WRITER


def test_several_identities_need_a_name() -> None:
    assert Endpoint(PULLER, WRITER).refused().startswith("Multiple user assigned identities exist, please specify")


def test_an_identity_that_the_group_has_not_is_not_found() -> None:
    assert Endpoint(PULLER).refused(client_id=client_id(WRITER)) == "Identity not found"
    assert Endpoint().refused() == "Identity not found"
    closed = Endpoint(PULLER)
    closed.identities.close(closed.key)
    closed.identities.close(closed.key)
    assert closed.refused() == "Identity not found"


def test_two_names_are_one_too_many() -> None:
    assert "client_id, object_id" in Endpoint(PULLER).refused(client_id="a", object_id="b")


def test_what_a_request_lacks_is_named() -> None:
    endpoint = Endpoint(PULLER)
    assert endpoint.refused(resource="") == "Required query variable 'resource' is missing"
    assert endpoint.refused(**{"api-version": ""}) == "Required query variable 'api-version' is missing"
    for version in ("2017-12-01", "latest", "2018-02-01-preview", "\u0662018-02-01"):
        assert version in endpoint.refused(**{"api-version": version})
    for headers in ({}, {"metadata": "no"}, METADATA | {"x-forwarded-for": "10.0.0.1"}):
        status, answer = endpoint.identities.answer(endpoint.key, ASK, headers, NINE)
        assert (status, answer["error"]) == (400, "invalid_request")
    assert endpoint.identities.answer(endpoint.key, ASK, {}, NINE)[1] == {
        "error": "invalid_request",
        "error_description": "Required metadata header not specified",
    }


def test_the_endpoint_is_not_there_yet_for_the_delay_that_was_asked_for() -> None:
    endpoint = Endpoint(PULLER)
    assert endpoint.ask(seconds=4.9, delay=5)[0] == 404
    assert endpoint.ask(seconds=5, delay=5)[0] == 200


def test_keys_differ_and_cannot_be_guessed() -> None:
    keys = {Endpoint(PULLER).key for _ in range(20)}
    assert len(keys) == 20
    assert min(map(len, keys)) >= 32


def test_a_program_outside_every_container_is_always_the_same_whichever_identity_it_asks_for() -> None:
    identities = Identities()
    first = identities.answer(None, ASK, METADATA, NINE, delay=60)
    second = identities.answer(None, ASK | {"client_id": "mine"}, METADATA, NINE)
    assert first == second
    assert first[0] == 200


def test_the_endpoint_of_app_service_asks_for_the_secret_header() -> None:
    endpoint = Endpoint(PULLER)
    query = {"api-version": "2019-08-01", "resource": STORAGE}
    ask = endpoint.identities.answer_web_app
    status, answer = ask(endpoint.key, query, {"x-identity-header": endpoint.key}, NINE)
    assert (status, read(answer)["xms_mirid"]) == (200, PULLER)
    assert ask(endpoint.key, query, {}, NINE)[0] == 401
    assert ask(endpoint.key, query, {"x-identity-header": "guess"}, NINE)[0] == 401
    assert ask(endpoint.key, query, {"x-identity-header": endpoint.key}, NINE, 1)[0] == 404
    assert ask("guess", query, {"x-identity-header": "guess"}, NINE) == (
        400,
        {"statusCode": 400, "message": "Identity not found"},
    )


class Served:
    """An identity endpoint behind a real HTTP server; the first answers wait for nobody."""

    def __init__(self, url: str, endpoint: Endpoint) -> None:
        self.url = url
        self.endpoint = endpoint
        self.not_ready = 0
        self.statuses: list[int] = []

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        now = datetime.now(UTC)
        address = urlsplit(path)
        query = dict(parse_qsl(address.query))
        delay = 0.0 if len(self.statuses) >= self.not_ready else 1e9
        ask = (
            self.endpoint.identities.answer_web_app
            if address.path.endswith("/msi/token")
            else self.endpoint.identities.answer
        )
        status, body = ask(self.endpoint.key, query, headers, now, delay)
        self.statuses.append(status)
        return status, body


@pytest.fixture
def served() -> Iterator[Served]:
    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = world.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        world = Served(f"http://127.0.0.1:{server.server_port}", Endpoint(PULLER, WRITER))
        yield world
        server.shutdown()
        thread.join()


FLAVOURS = ["imds", "app service"]


def credential(served: Served, flavour: str, patch: pytest.MonkeyPatch, **options: Any) -> ManagedIdentityCredential:
    """Return Azure's own credential in an environment as a container has it."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"):
        patch.delenv(name, raising=False)
    address = f"{served.url}/_emulator/identity/{served.endpoint.key}"
    if flavour == "imds":
        patch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)
    else:
        patch.setenv("IDENTITY_ENDPOINT", f"{address}/msi/token")
        patch.setenv("IDENTITY_HEADER", served.endpoint.key)
    return ManagedIdentityCredential(**options)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_azures_credential_gets_the_token_of_the_identity_it_names(
    served: Served, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[dict[str, Any]] = [
        {"client_id": client_id(WRITER)},
        {"identity_config": {"resource_id": WRITER}},
        {"identity_config": {"object_id": principal_id(WRITER)}},
    ]
    for name in names:
        with credential(served, flavour, monkeypatch, **name) as asking:
            token = asking.get_token("https://storage.azure.com/.default")
        claims = read({"access_token": token.token})
        assert (claims["xms_mirid"], claims["aud"]) == (WRITER, "https://storage.azure.com")
        assert token.expires_on >= claims["exp"]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_azures_credential_is_told_why_there_is_no_token(
    served: Served, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        credential(served, flavour, monkeypatch) as asking,
        pytest.raises((CredentialUnavailableError, ClientAuthenticationError), match="Multiple user assigned"),
    ):
        asking.get_token("https://storage.azure.com/.default")
    assert served.statuses == [400]


def test_azures_credential_tries_again_while_the_endpoint_is_not_there_yet(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.not_ready = 2
    options = {"client_id": client_id(WRITER), "retry_backoff_factor": 0}
    with credential(served, "imds", monkeypatch, **options) as asking:
        asking.get_token("https://storage.azure.com/.default")
    assert served.statuses == [404, 404, 200]
