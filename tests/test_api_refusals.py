"""Bad input: whatever is sent, the answer is a problem with a sentence, never a trace, a secret or no answer."""

import asyncio
import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scheduler.ports import Unknown
from scheduler.web import build
from scheduler.web.guard import MOST
from tests.desk import OPERATOR, acts, asking, operator, place
from tests.world import World

JOB = "/api/jobs/weather/extract"
ANY = {"If-Match": "*"}


@pytest.fixture
def world() -> World:
    return place()


@pytest.fixture
def client(world: World) -> TestClient:
    return operator(world)


def problem(answer: Any, status: int) -> Any:
    """Hold an answer to the shape of every refusal."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    told = answer.json()
    assert {"type", "title", "status", "detail"} <= told.keys()
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["detail"].endswith((".", "…", "?"))
    return told


@pytest.mark.parametrize(
    ("path", "field", "detail"),
    [
        ("/api/jobs?limit=0", "limit", "limit is '0': it must be at least 1."),
        ("/api/jobs?limit=1001", "limit", "limit is '1001': it must be at most 1,000."),
        ("/api/jobs?limit=many", "limit", "limit is 'many': it must be a whole number."),
        ("/api/jobs?search=%00", "search", r"search is '\x00': it must be text without control characters."),
        (f"/api/jobs?search={'x' * 201}", "search", "it must be text of at most 200 characters."),
        (f"{JOB}/runs?state=Fine", "state", "Fine"),
        (f"{JOB}/runs?after=nonsense", "after", "after is 'nonsense'"),
        ("/api/audit?after=nonsense", "after", "after is 'nonsense'"),
        (f"{JOB}/runs/yesterday", "ref", "it must be a due time and an attempt, such as 2026-11-22T09:00:00Z.1."),
        (f"{JOB}/runs/2026-99-22T09:00:00Z.1", "run", "it must be a due time and an attempt"),
        (f"{JOB}/runs/2026-11-22T09:00:00Z.0", "run", "it must be a due time and an attempt"),
        (f"{JOB}/runs/2026-11-22T09:00:00Z.1/log?limit=1", "limit", "limit is '1': it must be at least 16."),
        ("/api/jobs/weather/.hidden", "name", "it must be 1 to 63 letters"),
        ("/api/jobs/we%20ather/x", "partition", "it must be 1 to 63 letters"),
        ("/api/jobs/weather/%ff%fe", "name", "it must be 1 to 63 letters"),
        ("/api/jobs/weather/%00", "name", "it must be 1 to 63 letters"),
        (f"/api/jobs/weather/{'x' * 65}", "name", "it must be text of at most 64 characters"),
        ("/api/timeline?day=tomorrow", "day", "day is 'tomorrow': it must be a day such as 2026-11-22."),
        ("/api/timeline?zone=Mars", "zone", "Mars"),
        ("/api/audit?since=soon", "since", "it must be an instant such as 2026-11-22T09:00:00Z."),
        ("/api/schedule", "schedule", "schedule is missing."),
        ("/api/schedule?schedule=@daily&count=101", "count", "count is '101': it must be at most 100."),
    ],
)
def test_a_parameter_that_is_wrong_is_named_with_its_value_and_what_is_allowed(
    client: TestClient, path: str, field: str, detail: str
) -> None:
    told = problem(client.get(path), 422)
    (error,) = told["errors"]
    assert error["field"] == field
    assert detail in error["detail"]


def test_a_parameter_that_there_is_not_is_no_parameter_that_is_obeyed(client: TestClient) -> None:
    told = problem(client.get("/api/jobs?stat=Failed&colour=red"), 422)
    assert [one["detail"] for one in told["errors"]] == [
        "'stat' is not a parameter here: did you mean status?",
        "'colour' is not a parameter here: there are search, partition, status, limit, after.",
    ]
    told = problem(client.post(f"{JOB}/run?due=2026-11-01"), 422)
    assert told["detail"] == "'due' is not a parameter here: there is none."


def test_a_parameter_that_is_given_twice_is_not_obeyed_by_half(client: TestClient) -> None:
    told = problem(client.get("/api/jobs?status=failing&status=invalid&limit=5"), 422)
    assert told["errors"] == [{"field": "status", "detail": "status is given 2 times: once is allowed."}]


def test_names_that_end_in_a_line_break_name_nothing(client: TestClient) -> None:
    problem(client.get("/api/jobs/weather/extract%0a"), 422)


@pytest.mark.parametrize(
    ("body", "column", "detail"),
    [
        ({"Shedule": "@daily"}, "Shedule", "'Shedule' is not a column of a job: did you mean Schedule?"),
        ({"Status": "x"}, "Status", "Status is the scheduler's own column"),
        ({"Schedule": ["@daily"]}, "Schedule", "it must be a text, a number, true, false or null."),
        ({"Schedule": {}}, "Schedule", "it must be a text, a number, true, false or null."),
        ({"Owner": "a\x00"}, "Owner", "it must be text without control characters."),
        ({"Owner": "x" * 32_001}, "Owner", "it must be text of at most 32,000 characters."),
        ({"Priority": 2**63}, "Priority", "it must be a number from -1000 to 1000."),
        ({"AlertTo": "a\x00hunter2"}, "AlertTo", "AlertTo is refused: it must be text without control characters."),
    ],
)
def test_a_cell_that_no_row_can_hold_is_named_with_its_column(
    world: World, client: TestClient, body: Any, column: str, detail: str
) -> None:
    answer = client.patch(JOB, json=body, headers=ANY)
    (error,) = problem(answer, 422)["errors"]
    assert error["column"] == column
    assert detail in error["detail"]
    assert "hunter2" not in answer.text
    assert acts(world) == []


@pytest.mark.parametrize(
    ("path", "body", "field", "detail"),
    [
        ("pause", {"reason": "x" * 501}, "reason", "it must be text of at most 500 characters."),
        ("pause", {"why": "x"}, "why", "'why' is not a field here."),
        ("pause", {"reason": 5}, "reason", "reason is '5': it must be text."),
        ("rewind", {}, "watermark", "watermark is missing."),
        ("rewind", {"watermark": "x" * 1025}, "watermark", "it must be text of at most 1,024 characters."),
        ("rewind", {"watermark": "\u001b[31m"}, "watermark", "it must be text without control characters."),
        ("backfill", {"first": "2026-11-01"}, "before", "before is missing."),
        (
            "backfill",
            {"first": "monday", "before": "2026-11-01"},
            "first",
            "first is 'monday': it must be a time such as",
        ),
        ("run", [], "The body", "The body is refused: it must be a JSON object."),
    ],
)
def test_a_field_of_a_body_that_is_wrong_is_named(
    client: TestClient, path: str, body: Any, field: str, detail: str
) -> None:
    (error,) = problem(client.post(f"{JOB}/{path}", json=body), 422)["errors"]
    assert error["field"] == field
    assert detail in error["detail"]


def test_every_fault_of_a_request_is_told_at_once(client: TestClient) -> None:
    body = {"Shedule": 1, "Status": 2, "Owner": "\x00", "Cpu": []}
    told = problem(client.patch(JOB, json=body, headers=ANY), 422)
    assert {one["column"] for one in told["errors"]} == body.keys()


@pytest.mark.parametrize(
    ("method", "path", "wrapped"), [("PATCH", JOB, False), ("PUT", JOB, False), ("POST", "/api/validate", True)]
)
def test_a_column_that_there_is_not_hides_no_other_fault(
    client: TestClient, method: str, path: str, wrapped: bool
) -> None:
    """Scenario: somebody mends the one name, sends it again, and hears of the next fault, three times over."""
    cells = {"Shedule": 1, "Schedule": "each day", "Retries": "lots", "Owner": "ann", "Cpu": 1}
    body = {"job": "weather/extract", "columns": cells} if wrapped else cells
    told = problem(client.request(method, path, json=body, headers=ANY), 422)
    assert [one["column"] for one in told["errors"]] == ["Shedule", "Schedule", "Retries"]
    assert "did you mean Schedule?" in told["detail"]
    assert "Retries is 'lots'" in told["detail"]


# bytes that are no request


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@pytest.mark.parametrize(
    "body", [b"{", b"nonsense", b"\xff\xfe", b'{"Owner": "\xff"}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_a_body_that_is_no_json_cannot_be_read(client: TestClient, body: bytes, kind: str) -> None:
    problem(client.patch(JOB, content=body, headers={**ANY, "content-type": kind}), 400)


@pytest.mark.parametrize("body", [b"", b"NaN", b"1e999", b"null", b"[1]", b'"x"'])
def test_a_body_that_is_no_object_is_read_and_refused(client: TestClient, body: bytes) -> None:
    problem(client.patch(JOB, content=body, headers={**ANY, "content-type": "application/json"}), 422)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_a_number_that_is_none_is_refused(world: World, client: TestClient, number: str) -> None:
    body = f'{{"Cpu": {number}}}'.encode()
    answer = client.patch(JOB, content=body, headers={**ANY, "content-type": "application/json"})
    problem(answer, 400 if answer.status_code == 400 else 422)
    assert "Cpu" not in world.row("weather/extract")


def test_half_a_character_is_refused_and_told_whole(client: TestClient) -> None:
    body = b'{"Owner": "half \\ud800"}'
    answer = client.patch(JOB, content=body, headers={**ANY, "content-type": "application/json"})
    told = problem(answer, 422)
    assert "Owner" in told["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_refused(world: World, client: TestClient, kind: str) -> None:
    """A form of another site can send these kinds, and no other."""
    answer = client.patch(JOB, content=b'{"Owner": "x"}', headers={**ANY, "content-type": kind})
    problem(answer, 400)
    assert acts(world) == []


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    told = problem(client.patch(JOB, content=b"x" * (MOST + 1), headers=ANY), 413)
    assert told["detail"] == "The body has more than 1,048,576 bytes: send less."


def test_a_body_that_hides_how_large_it_is_is_cut_off(world: World) -> None:
    parts = iter([b"x" * 600_000] * 3)
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": next(parts), "more_body": True}

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(name.encode(), value.encode()) for name, value in OPERATOR.items()]
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": JOB,
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
    }
    app = build(lambda: world.ports, lambda: world.clock.now)
    asyncio.run(app(scope, receive, send))
    assert told[0]["status"] == 413
    assert next(parts) == b"x" * 600_000


# what is not there


def test_what_is_not_there_is_told_in_words(client: TestClient) -> None:
    assert problem(client.get("/api/nothing"), 404)["detail"] == "There is nothing at this address."
    assert problem(client.get("/api/jobs/weather/none"), 404)["detail"] == "There is no job weather/none."
    assert problem(client.get(f"{JOB}/runs/2026-11-22T09:00:00Z.1"), 404)
    assert problem(client.patch("/api/jobs/weather/none", json={"Owner": "x"}, headers=ANY), 404)
    assert problem(client.delete("/api/jobs/_crontable/heartbeat", headers=ANY), 422)
    told = problem(client.delete("/api/jobs"), 405)
    assert told["detail"] == "DELETE is not possible here. It takes GET."


# what nobody foresaw


def test_what_nobody_foresaw_is_a_sentence_to_the_asker_and_a_trace_to_the_log(
    world: World, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    world.journal.fail("jobs.query*", ZeroDivisionError("AccountKey=hunter2"))
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/jobs")
    told = problem(answer, 500)
    assert told["detail"] == "Something failed that nobody foresaw; the log of the app says what."
    assert "hunter2" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "GET /api/jobs failed" in caplog.text
    assert client.get("/api/jobs").status_code == 200


class AzureError(Exception):
    """By this name the SDKs' errors are known."""


class ServiceRequestError(AzureError):
    """The network is away."""


@pytest.mark.parametrize("error", [ServiceRequestError("http://127.0.0.1 refused"), Unknown("no answer")])
def test_a_storage_that_does_not_answer_is_no_fault_of_the_asker(
    world: World, client: TestClient, error: Exception
) -> None:
    world.journal.fail("jobs.query*", error)
    answer = client.get("/api/jobs")
    assert "127.0.0.1" not in json.dumps(problem(answer, 503))


def test_no_error_leaves_the_app_even_where_the_world_cannot_be_built() -> None:
    def no_world() -> Any:
        raise OSError("AzureWebJobsStorage is not set")

    app = build(no_world, lambda: place().clock.now)
    client = TestClient(app, raise_server_exceptions=True)
    for path in ("/api/health", "/api/jobs"):
        problem(client.get(path, headers=OPERATOR), 500)


# what others typed


def test_what_others_typed_goes_out_as_json_and_never_as_a_page(world: World, client: TestClient) -> None:
    world.edit("weather/extract", Description="<script>alert(1)</script>", Owner="half \ud800 \x00", Watermark="=cmd()")
    answer = client.get(JOB)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = answer.json()
    assert (told["description"], told["watermark"]) == ("<script>alert(1)</script>", "=cmd()")
    assert client.get("/api/jobs").status_code == 200


def test_no_secret_that_a_person_typed_goes_out(world: World) -> None:
    spec = {"properties": {"imageRegistryCredentials": [{"server": "s", "username": "u", "password": "hunter2"}]}}
    world.edit("weather/extract", Spec=json.dumps(spec), AlertTo="https://hooks.example/hunter2", SecureEnv="A=hunter2")
    world.ticks("09:10", "09:11")
    for path in (JOB, "/api/jobs", "/api/state", f"{JOB}/runs", f"{JOB}/runs/2026-11-22T09:10:00Z.1/container"):
        assert "hunter2" not in operator(world).get(path).text
    body = {"job": "weather/extract", "columns": {"Retries": 99}}
    assert "hunter2" not in operator(world).post("/api/validate", json=body).text
    assert asking(world).get(JOB).status_code == 401


@pytest.mark.parametrize("address", ["/api/timeline?day=0", "/api/audit?since=0.5", "/api/audit?since=1700000000"])
def test_a_number_is_no_date(client: TestClient, address: str) -> None:
    told = problem(client.get(address), 422)
    assert "such as" in told["detail"]


def test_a_count_is_a_whole_number_and_no_text_of_one(client: TestClient) -> None:
    body = {"job": "weather/extract", "columns": {}, "count": "5"}
    assert "count" in problem(client.post("/api/validate", json=body), 422)["detail"]


def test_a_method_that_is_not_possible_names_all_that_are(client: TestClient) -> None:
    told = client.request("OPTIONS", JOB)
    assert (told.status_code, told.headers["allow"]) == (405, "DELETE, GET, PATCH, PUT")
    assert told.json()["detail"] == "OPTIONS is not possible here. It takes DELETE, GET, PATCH, PUT."
