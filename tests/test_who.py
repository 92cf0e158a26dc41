"""Who asks: keys in a header, the cookie of the sign-in page, the platform's word, and other sites' tricks."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler.web import who
from tests.desk import KEYS, OPERATOR_KEY, VIEWER_KEY, acts, asking, operator, place, viewer
from tests.world import World

PAUSE = "/api/jobs/weather/extract/pause"
ROLES = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def principal(*roles: str, name: str = "anna@example.org", kind: str = "roles") -> dict[str, str]:
    claims = [{"typ": "preferred_username", "val": name}, *({"typ": kind, "val": role} for role in roles)]
    told = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": ROLES}
    return {"x_ms_client_principal": base64.b64encode(json.dumps(told).encode()).decode()}


@pytest.fixture
def world() -> World:
    return place()


@pytest.fixture
def platform() -> World:
    return place(settings=replace(KEYS, sign_in="platform", platform_signs_in="True"))


# keys


def test_an_operators_key_acts_and_a_viewers_key_only_looks(world: World) -> None:
    assert viewer(world).get("/api/jobs").status_code == 200
    refused = viewer(world).post(PAUSE)
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "viewer key may look and not act: this needs the operators' key, or the role Crontable.Operator.",
    )  # fmt: skip
    assert acts(world) == []
    assert operator(world).post(PAUSE).status_code == 200
    assert [one["Who"] for one in acts(world)] == ["operator key"]


@pytest.mark.parametrize("key", ["", "guess", OPERATOR_KEY[:-1], OPERATOR_KEY + "x", "ÄÖ", VIEWER_KEY.upper()])
def test_any_other_key_hears_how_to_sign_in_and_nothing_more(world: World, key: str) -> None:
    answer = asking(world).get("/api/jobs", headers={b"x-functions-key": key.encode()})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["detail"].startswith("Send the value of the setting WEB_KEY, or VIEWER_KEY")
    assert OPERATOR_KEY not in answer.text


@pytest.mark.parametrize("key", ["", "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/web)"])
def test_where_no_key_is_set_or_its_reference_was_not_resolved_none_fits(key: str) -> None:
    world = place(settings=replace(KEYS, web_key=key, viewer_key=key))
    answer = asking(world, x_functions_key=key).get("/api/jobs")
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("Nobody can sign in yet: fill the setting WEB_KEY")
    forged = f"{who.OPERATOR}|9999999999|{who._signature(who.OPERATOR, 9999999999, world.settings)}"
    assert asking(world, cookie=f"crontable={forged}").get("/api/jobs").status_code == 401


def test_each_address_of_the_api_but_the_open_ones_asks_who_it_is(world: World) -> None:
    client = asking(world)
    paths: dict[str, Any] = client.get("/api/openapi.json").json()["paths"]
    open_ones = {"/api/health", "/api/context/{partition}/{name}"}
    ref = "2026-11-22T09:00:00Z.1"
    for path in sorted(paths.keys() - open_ones):
        for method in paths[path]:
            address = path.format(partition="weather", name="extract", ref=ref)
            answer = client.request(method, address, json={})
            assert answer.status_code == 401, f"{method} {path} answers {answer.status_code}"
    assert len(paths) > 15


def test_each_address_that_changes_something_refuses_a_viewer(world: World) -> None:
    client = viewer(world)
    paths: dict[str, Any] = client.get("/api/openapi.json").json()["paths"]
    for path, item in paths.items():
        for method in item.keys() - {"get"}:
            if path == "/api/validate":
                continue
            answer = client.request(method, path.format(partition="weather", name="extract"), json={})
            assert answer.status_code == 403, f"{method} {path} answers {answer.status_code}"
    assert world.audit.rows == {}


# the cookie


def signed_in(world: World, key: str = OPERATOR_KEY, **headers: str) -> Any:
    client = asking(world, sec_fetch_site="same-origin", **headers)
    return client, client.post("/sign-in", data={"key": key, "next": "/jobs/weather/extract"})


def test_a_key_posted_once_becomes_a_cookie_that_no_script_and_no_other_site_gets(world: World) -> None:
    client, answer = signed_in(world)
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/weather/extract")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert OPERATOR_KEY not in cookie
    assert client.get("/api/jobs").status_code == 200
    assert client.post(PAUSE, json={"reason": "flood"}).status_code == 200


def test_on_a_laptop_without_https_the_cookie_comes_back_too(world: World) -> None:
    client = asking(world, sec_fetch_site="same-origin")
    client.base_url = "http://127.0.0.1:7071"
    answer = client.post("/sign-in", data={"key": OPERATOR_KEY})
    assert "Secure" not in answer.headers["set-cookie"]
    assert client.get("/api/jobs").status_code == 200


def test_the_viewers_cookie_only_looks(world: World) -> None:
    client, _ = signed_in(world, VIEWER_KEY)
    assert client.get("/api/jobs").status_code == 200
    assert client.post(PAUSE).status_code == 403


def test_a_cookie_ends_after_half_a_day_and_with_its_key(world: World) -> None:
    client, _ = signed_in(world)
    world.clock.to(world.clock.now + timedelta(hours=11, minutes=59))
    assert client.get("/api/jobs").status_code == 200
    world.clock.to(world.clock.now + timedelta(minutes=2))
    assert client.get("/api/jobs").status_code == 401
    client, _ = signed_in(world)
    world.ports.settings = replace(KEYS, web_key="a new key")
    assert client.get("/api/jobs").status_code == 401


@pytest.mark.parametrize(
    "forge",
    [
        lambda told: told.replace(who.VIEWER, who.OPERATOR),
        lambda told: told.replace("|1", "|2", 1),
        lambda told: told[:-1],
        lambda told: told.rpartition("|")[0] + "|",
        lambda told: told.replace("|1", "|+1", 1),
        lambda told: told.replace("|1", "|" + "1" * 5000, 1),
        lambda _: "||",
        lambda _: "",
    ],
)
def test_a_cookie_that_somebody_changed_opens_nothing(world: World, forge: Any) -> None:
    told = who.cookie(who.VIEWER, KEYS, world.clock.now)
    assert asking(world, cookie=f"crontable={told}").get("/api/jobs").status_code == 200
    assert asking(world, cookie=f"crontable={forge(told)}").get("/api/jobs").status_code == 401


def test_signing_out_forgets_it(world: World) -> None:
    client, _ = signed_in(world)
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/api/jobs").status_code == 401


def test_a_wrong_key_comes_back_to_the_page_and_sets_nothing(world: World) -> None:
    _, answer = signed_in(world, "guess")
    assert answer.headers["location"] == "/sign-in?next=/jobs/weather/extract&wrong=1"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\/evil", "/\t/evil.example", "evil", "", "//["],
)
def test_whoever_signed_in_never_lands_on_another_site(world: World, onward: str) -> None:
    client = asking(world, sec_fetch_site="same-origin")
    answer = client.post("/sign-in", data={"key": OPERATOR_KEY, "next": onward})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("body", [b"", b"key", b"\xff\xfe", b"a=b&" * 1000, b"%ff=%00&key=%ed%a0%80", b"{}"])
def test_a_form_that_is_none_holds_no_key(world: World, body: bytes) -> None:
    answer = asking(world, sec_fetch_site="same-origin").post("/sign-in", content=body)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/&wrong=1")


# other sites


@pytest.mark.parametrize("host", ["[", "", "a b", "\x00", "evil.example"])
def test_a_host_that_is_none_breaks_nothing_and_another_is_not_ours(world: World, host: str) -> None:
    cookie = f"crontable={who.cookie(who.OPERATOR, KEYS, world.clock.now)}"
    headers = {
        "host": host,
        "origin": "https://evil.example" if host != "evil.example" else "https://crontable.example",
    }
    assert asking(world, cookie=cookie).post(PAUSE, headers=headers).status_code == 403
    assert asking(world, cookie=cookie).get("/api/nothing", headers={"host": host}).status_code == 404
    assert acts(world) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "https://crontable.example"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://crontable.example"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://crontable.example.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "https://["}, 403),
        ({"origin": "https://jobs.example.org"}, 200),
        ({}, 403),
    ],
)
def test_a_browser_acts_only_for_our_own_pages(headers: dict[str, str], status: int) -> None:
    world = place(settings=replace(KEYS, public_url="https://jobs.example.org/"))
    cookie = f"crontable={who.cookie(who.OPERATOR, KEYS, world.clock.now)}"
    assert asking(world, cookie=cookie).post(PAUSE, headers=headers).status_code == status
    assert len(acts(world)) == (status == 200)


def test_another_site_may_not_sign_anybody_in_or_out(world: World) -> None:
    client = asking(world, origin="https://evil.example")
    assert client.post("/sign-in", data={"key": OPERATOR_KEY}).status_code == 403
    assert client.post("/sign-out").status_code == 403


def test_a_program_with_a_key_in_the_header_has_no_site(world: World) -> None:
    assert operator(world).post(PAUSE, headers={"origin": "https://elsewhere.example"}).status_code == 200


# the platform


def test_with_the_platforms_sign_in_the_name_is_written_beside_the_act(platform: World) -> None:
    client = asking(platform, **principal(who.OPERATOR), sec_fetch_site="same-origin")
    assert client.post(PAUSE, json={"reason": "flood"}).status_code == 200
    assert [(one["Who"], one["Via"], one["Action"]) for one in acts(platform)] == [("anna@example.org", "api", "pause")]


def test_without_it_such_headers_are_nobodys_word(world: World) -> None:
    headers = {**principal(who.OPERATOR), "x_ms_client_principal_name": "anna", "x_ms_client_principal_id": "1"}
    assert asking(world, **headers).get("/api/jobs").status_code == 401


@pytest.mark.parametrize("said", ["", "False", "1"])
def test_until_app_services_own_sign_in_is_on_its_header_is_a_forgery(said: str) -> None:
    world = place(settings=replace(KEYS, sign_in="platform", platform_signs_in=said))
    client = asking(world, **principal(who.OPERATOR), sec_fetch_site="same-origin")
    refused = client.post(PAUSE)
    assert (refused.status_code, acts(world)) == (401, [])
    assert refused.json()["detail"].startswith("SIGN_IN is platform, and the platform's sign-in is not on")
    page = client.get("/sign-in").text
    assert "sign-in is not on" in page
    assert "/.auth/login" not in page


@pytest.mark.parametrize("kind", ["roles", ROLES])
def test_a_viewer_by_app_role_looks_and_does_not_act(platform: World, kind: str) -> None:
    client = asking(platform, **principal(who.VIEWER, kind=kind), sec_fetch_site="same-origin")
    assert client.get("/api/jobs").status_code == 200
    refused = client.post(PAUSE)
    assert (refused.status_code, refused.json()["title"]) == (403, "Viewers only look")


def test_somebody_without_a_role_hears_which_to_ask_for(platform: World) -> None:
    refused = asking(platform, **principal("Other.Role", name="bob")).get("/api/jobs")
    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "bob has neither of the roles Crontable.Viewer and Crontable.Operator: ask for one."
    )


def test_the_platforms_word_too_is_no_leave_for_another_site(platform: World) -> None:
    client = asking(platform, **principal(who.OPERATOR), sec_fetch_site="cross-site")
    assert client.get("/api/jobs").status_code == 200
    assert client.post(PAUSE).status_code == 403


@pytest.mark.parametrize(
    "told",
    ["", "!", "e30=", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"claims":[1]}').decode(), "A" * 70_000],
)
def test_a_principal_that_cannot_be_read_is_nobody(platform: World, told: str) -> None:
    assert asking(platform, x_ms_client_principal=told).get("/api/jobs").status_code == 401


def test_a_key_opens_beside_the_platforms_sign_in(platform: World) -> None:
    assert operator(platform).post(PAUSE).status_code == 200


def test_a_name_is_harmless_and_never_empty(platform: World) -> None:
    for name, written in (("\x1b[31mred\n", "?[31mred?"), ("", "somebody without a name"), ("x" * 999, "x" * 256)):
        client = asking(platform, **principal(who.OPERATOR, name=name), sec_fetch_site="same-origin")
        assert client.post(PAUSE).status_code == 200
        assert written in {one["Who"] for one in acts(platform)}
