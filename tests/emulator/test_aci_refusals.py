"""What is refused, and in which words: ARM's shape, a code, and the thing that is wrong."""

import json
from typing import Any

import pytest

from tests.emulator.driver import GROUPS, SUBSCRIPTION, Emulator, container, group, until


@pytest.mark.parametrize("version", ["2099-01-01", "", None])
@pytest.mark.parametrize(("method", "path"), [("GET", GROUPS), ("PUT", f"{GROUPS}/x"), ("POST", f"{GROUPS}/x/stop")])
def test_an_unknown_api_version_is_refused_by_the_gateway(
    emulator: Emulator, method: str, path: str, version: str | None
) -> None:
    options = {} if version is None else {"api-version": version}
    answer = emulator.http.build_request(method, path)
    answer.url = answer.url.copy_with(params=options)
    refusal = emulator.http.send(answer)
    code = "NoRegisteredProviderFound" if version else "MissingApiVersionParameter"
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (400, code)
    assert refusal.headers["x-ms-failure-cause"] == "gateway"
    assert not version or "2023-05-01" in refusal.json()["error"]["message"]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("nothing", b""),
        ("half an object", b'{"location": '),
        ("no JSON", b"location: here"),
        ("no UTF-8", b'{"location": "\xff"}'),
        ("a list", b"[]"),
        ("not a number", b'{"location": "x", "properties": NaN}'),
        ("no end of a number", b'{"location": "x", "properties": 1e999}'),
        ("too many digits", b'{"location": ' + b"9" * 5_000 + b"}"),
        ("too deep", b"[" * 100_000),
        ("half a character", b'{"location": "x", "tags": {"a": "\\ud800"}}'),
        ("half a character in a name", b'{"location": "x", "\\udfff": 1}'),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_malformed_body_is_invalid_request_content(
    emulator: Emulator, name: str, method: str, what: str, text: bytes
) -> None:
    if method == "PATCH":
        emulator.put(name, group(container("hello")))
    answer = emulator.http.request(method, f"{GROUPS}/{name}", content=text)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent"), what


def _changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return a good body with one property at `path` changed, or removed when `to` is ...."""
    body = json.loads(json.dumps(group(container("hello", "true", A="1"))))
    owner: Any = body
    for step in path[:-1]:
        owner = owner[step]
    if to is ...:
        del owner[path[-1]]
    else:
        owner[path[-1]] = to
    return body  # type: ignore[no-any-return] # JSON in, JSON out


FIRST = ("properties", "containers", 0)


@pytest.mark.parametrize(
    ("code", "named", "body"),
    [
        ("LocationRequired", "location", _changed("location", to=...)),
        ("LocationNotAvailableForResourceType", "a/b", _changed("location", to="a/b")),
        ("InvalidRequestContent", "location", _changed("location", to=5)),
        ("InvalidRequestContent", "tags", _changed("tags", to={"a": 1})),
        ("InvalidRequestContent", "'properties'", _changed("properties", to=...)),
        ("InvalidRequestContent", "properties", _changed("properties", to="x")),
        ("InvalidOsType", "osType", _changed("properties", "osType", to=...)),
        ("InvalidRequestContent", "Windows", _changed("properties", "osType", to="Windows")),
        ("InvalidRequestContent", "Sometimes", _changed("properties", "restartPolicy", to="Sometimes")),
        ("InvalidRequestContent", "properties.containers", _changed("properties", "containers", to=[])),
        ("InvalidRequestContent", "properties.containers", _changed("properties", "containers", to={})),
        ("InvalidRequestContent", "containers[0]", _changed(*FIRST, to=None)),
        ("InvalidRequestContent", "'name'", _changed(*FIRST, "name", to=...)),
        ("InvalidContainerName", "Main", _changed(*FIRST, "name", to="Main")),
        ("InvalidRequestContent", "'image'", _changed(*FIRST, "properties", "image", to=...)),
        ("InvalidImage", "image", _changed(*FIRST, "properties", "image", to="a b")),
        ("InvalidRequestContent", "command", _changed(*FIRST, "properties", "command", to="echo")),
        ("InvalidRequestContent", "NUL", _changed(*FIRST, "properties", "command", to=["a\0b"])),
        ("ResourceRequestsNotSpecified", "resource", _changed(*FIRST, "properties", "resources", to=...)),
        (
            "InvalidRequestContent",
            "resources.requests.cpu",
            _changed(*FIRST, "properties", "resources", "requests", "cpu", to="lots"),
        ),
        (
            "InvalidRequestContent",
            "memoryInGB",
            _changed(*FIRST, "properties", "resources", "requests", "memoryInGB", to=0),
        ),
        (
            "InvalidContainerEnvironmentVariable",
            "1A",
            _changed(*FIRST, "properties", "environmentVariables", 0, "name", to="1A"),
        ),
        (
            "InvalidRequestContent",
            "environmentVariables[0]",
            _changed(*FIRST, "properties", "environmentVariables", 0, "value", to=1),
        ),
        ("DuplicateContainerName", "main", group(container("hello"), container("hello"))),
    ],
)
def test_a_wrong_property_is_named(emulator: Emulator, code: str, named: str, body: dict[str, Any]) -> None:
    answer = emulator.put("wrong", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert named in answer.json()["error"]["message"]
    assert emulator.get("wrong").status_code == 404


@pytest.mark.parametrize("name", ["Upper", "-first", "last-", "two--hyphens", "under_score", "a" * 64, "ä"])
def test_a_name_outside_the_rule_is_refused(emulator: Emulator, name: str) -> None:
    answer = emulator.put(name, group(container("hello")))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidContainerGroupName")


def test_a_group_cannot_move(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("hello")))
    emulator.until_state(name, "Succeeded")
    answer = emulator.put(name, group(container("hello")) | {"location": "North Europe"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{GROUPS}/absent", 404, "ResourceNotFound"),
        ("PATCH", f"{GROUPS}/absent", 404, "ResourceNotFound"),
        ("POST", f"{GROUPS}/absent/start", 404, "ResourceNotFound"),
        ("POST", f"{GROUPS}/absent/stop", 404, "ResourceNotFound"),
        ("POST", f"{GROUPS}/absent/restart", 404, "ResourceNotFound"),
        ("GET", f"{GROUPS}/absent/containers/main/logs", 404, "ResourceNotFound"),
        ("DELETE", f"{GROUPS}/absent", 204, ""),
        ("POST", f"{GROUPS}/absent", 405, "HttpMethodNotSupported"),
        ("BREW", f"{GROUPS}/absent", 405, "HttpMethodNotSupported"),
        ("GET", "/", 404, "NotFound"),
        (
            "GET",
            f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerInstance/locations/x/operations/y",
            404,
            "ResourceNotFound",
        ),
    ],
)
def test_what_is_not_there_is_refused_in_arms_shape(
    emulator: Emulator, method: str, path: str, status: int, code: str
) -> None:
    content = b"{}" if method == "PATCH" else None
    answer = emulator.http.request(method, path, content=content)
    assert answer.status_code == status
    assert (answer.json()["error"]["code"] if answer.content else "") == code


@pytest.mark.parametrize("query", [{"tail": "x"}, {"tail": "-1"}, {"timestamps": "maybe"}])
def test_an_odd_question_about_logs_is_refused(emulator: Emulator, query: dict[str, str]) -> None:
    answer = emulator.log("absent", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


def test_a_body_over_4_mb_is_refused(emulator: Emulator) -> None:
    answer = emulator.http.put(f"{GROUPS}/large", content=b" " * (4 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestContentTooLarge")


def test_odd_characters_in_a_path_do_no_harm(emulator: Emulator) -> None:
    odd = "/subscriptions/a%0d%0ab%e2%82%ac/resourceGroups/r%C3%B6g"
    odd += "/providers/Microsoft.ContainerInstance/containerGroups/odd"
    made = emulator.http.put(odd, json=group(container("hello")))
    assert made.status_code == 201
    poll = emulator.http.get(made.headers["azure-asyncoperation"])
    assert poll.json()["id"].startswith("/subscriptions/a\r\nb€/resourceGroups/rög/")
    until(lambda: emulator.http.delete(odd).status_code, lambda status: status != 409)
