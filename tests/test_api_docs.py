"""What the API says of itself: docs/api.md, OpenAPI and the page of /api/docs name the same operations."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scheduler.job import OWNED
from tests.desk import asking, place

DOCS = (Path(__file__).parents[1] / "docs/api.md").read_text()


@pytest.fixture
def client() -> TestClient:
    return asking(place())


def operations(client: TestClient) -> set[str]:
    paths = client.get("/api/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item}


def test_the_page_of_the_docs_names_every_operation_and_no_other(client: TestClient) -> None:
    assert set(re.findall(r"^\| `([A-Z]+ /api/\S+)` \|", DOCS, re.MULTILINE)) == operations(client)


def test_the_docs_name_every_parameter_of_a_query(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    asked = {one["name"] for item in paths.values() for told in item.values() for one in told.get("parameters", ())}
    written = {word.partition("=")[0].partition(":")[0].lower() for word in re.findall(r"`([^`]+)`", DOCS)}
    assert asked - written <= {"partition", "name", "ref", "zone", "count"}


def test_the_docs_are_a_page_of_their_own_that_loads_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/api/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    shown = set(re.findall(r"<b>([A-Z]+)</b> <code>([^<]+)</code>", answer.text))
    assert {" ".join(one) for one in shown} == operations(client)
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//|<script|<link|style=|url\(""", answer.text)


def test_every_operation_says_what_it_does_and_how_it_refuses(client: TestClient) -> None:
    for path, item in client.get("/api/openapi.json").json()["paths"].items():
        for method, told in item.items():
            assert told["description"].endswith("."), f"{method} {path}"
            assert {"4XX", "503"} & told["responses"].keys(), f"{method} {path}"
            assert path in ("/api/health", "/api/context/{partition}/{name}") or told["security"] == [{"Key": []}]


def test_a_job_is_described_with_every_column_that_people_own(client: TestClient) -> None:
    columns = client.get("/api/openapi.json").json()["components"]["schemas"]["Columns"]
    assert columns["properties"].keys() == set(OWNED)
    assert columns["additionalProperties"] is False
