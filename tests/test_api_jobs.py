"""The API as a program meets it: list, look, add, edit with the ETag that was read, ask, and look who did what."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from scheduler.desk.version import version
from scheduler.row import HEARTBEAT
from tests.desk import acts, operator, place, viewer
from tests.world import World, at

JOB = "/api/jobs/weather/extract"


@pytest.fixture
def world() -> World:
    return place()


@pytest.fixture
def client(world: World) -> TestClient:
    return operator(world)


# looking


def test_jobs_are_listed_searched_and_paged(world: World, client: TestClient) -> None:
    world.add("sales/load", Schedule="@daily", Image="load:1", Owner="Bob")
    world.add("sales/report", Schedule="after load", Image="report:1", Enabled=False)
    world.add("sales/_python", Cpu=2)
    world.tick("09:00")
    every = client.get("/api/jobs").json()
    assert ([one["job"] for one in every["jobs"]], every["total"], every["next"]) == (
        ["sales/load", "sales/report", "weather/extract"], 3, "",
    )  # fmt: skip
    assert [one["job"] for one in client.get("/api/jobs?search=BOB").json()["jobs"]] == ["sales/load"]
    assert [one["job"] for one in client.get("/api/jobs?status=paused").json()["jobs"]] == ["sales/report"]
    assert client.get("/api/jobs?partition=weather").json()["total"] == 1
    first = client.get("/api/jobs?limit=2").json()
    rest = client.get("/api/jobs", params={"limit": 2, "after": first["next"]}).json()
    assert ([one["job"] for one in rest["jobs"]], rest["total"], rest["next"]) == (["weather/extract"], 3, "")


def test_what_is_in_trouble_is_found_as_the_page_counts_it(world: World, client: TestClient) -> None:
    world.add("sales/again", Image="x:1", Status="Running", Failures=2)
    world.add("sales/wrong", Image="x:1", Status="Invalid", Failures=2)
    world.add("sales/lost", Image="x:1", Status="Lost")
    world.add("sales/fine", Image="x:1", Status="Running", Failures=0)

    def names(status: str) -> list[str]:
        return [one["job"] for one in client.get("/api/jobs", params={"status": status}).json()["jobs"]]

    assert names("failing") == ["sales/again", "sales/lost"]
    assert names("Failing, invalid") == ["sales/again", "sales/lost", "sales/wrong"]
    assert names("running") == ["sales/again", "sales/fine"]


def test_a_status_that_there_is_not_is_refused_with_those_that_there_are(client: TestClient) -> None:
    refused = client.get("/api/jobs?status=failing,foo")
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"]) == (422, "status")
    assert error["detail"] == (
        "status is 'foo': it must be one of Scheduled, Waiting, Starting, Running, Cancelling, Succeeded, Failed, "
        "Cancelled, Lost, Paused, Invalid, failing, stale, slower, or several with commas."
    )


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_without_its_header_is_told_which_header(client: TestClient, kind: str) -> None:
    answer = client.post(f"{JOB}/pause", content=b'{"reason": "x"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "The body must be a JSON object, sent with the header Content-Type: application/json.",
    )


def test_a_job_tells_what_it_does_and_what_is_wrong_with_it(world: World, client: TestClient) -> None:
    world.add("weather/_python", Retries=2)
    world.edit("weather/extract", Template="_python", Cpu="many", Watermark="monday")
    world.ticks("09:01", "09:02")
    told = client.get(JOB).json()
    assert (told["status"], told["watermark"], told["inherited"]) == ("Invalid", "monday", {"Retries": 2})
    assert told["columns"]["Cpu"] == "many"
    assert told["faults"] == ["Cpu is 'many': it must be a number from 0.1 to 31."]


def test_the_state_tells_of_alerts_that_do_not_arrive(world: World, client: TestClient) -> None:
    complaint = {"AlertTo": "https://h.example/secret", "AlertSaid": "2026-11-22T09:01:00Z it answered 503"}
    world.jobs.put((HEARTBEAT[0], "alert-failed-1"), {"NextRun": at("09:04"), **complaint})
    (unsent,) = client.get("/api/state").json()["unsent"]
    assert unsent == {
        "to": "https://h.example/***", "waiting": 1, "oldest": "2026-11-22T09:01:00Z", "said": "it answered 503",
        "given_up": 0, "why": "", "said_by": "https://h.example/***", "why_by": "https://h.example/***",
        "sentence": "1 alert waits to be sent to https://h.example/***, the oldest since "
        "2026-11-22T09:01:00Z; the last try: it answered 503.",
    }  # fmt: skip


def test_answers_are_for_who_signed_in_and_are_kept_by_nobody(client: TestClient) -> None:
    for path in ("/api/jobs", JOB, "/api/audit", "/api/state", "/api/nothing"):
        headers = client.get(path).headers
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


# editing


def test_an_edit_names_the_version_that_it_changes(world: World, client: TestClient) -> None:
    etag = client.get(JOB).headers["etag"]
    assert etag == f'"{version(world.copy("weather/extract"))}"'
    done = client.patch(JOB, json={"Schedule": "@daily", "Owner": "anna"}, headers={"If-Match": etag})
    assert (done.status_code, done.json()["schedule"], done.json()["etag"]) == (
        200, "@daily", done.headers["etag"].strip('"'),
    )  # fmt: skip
    again = client.patch(JOB, json={"Owner": None}, headers={"If-Match": done.headers["etag"]})
    assert (again.status_code, "Owner" in again.json()["columns"]) == (200, False)


def test_a_lost_update_is_refused_with_the_present_etag(client: TestClient) -> None:
    """Anna and Bob open the same job; Anna saves, Bob saves what he saw before, reads again and saves."""
    seen = client.get(JOB).headers["etag"]
    anna = client.patch(JOB, json={"Schedule": "@daily"}, headers={"If-Match": seen})
    bob = client.patch(JOB, json={"Schedule": "@hourly"}, headers={"If-Match": seen})
    assert (bob.status_code, bob.headers["content-type"]) == (412, "application/problem+json")
    assert bob.headers["etag"] == anna.headers["etag"]
    assert client.get(JOB).json()["schedule"] == "@daily"
    assert client.patch(JOB, json={"Schedule": "@hourly"}, headers={"If-Match": bob.headers["etag"]}).status_code == 200


@pytest.mark.parametrize(
    ("method", "body"), [("PATCH", {"Owner": "x"}), ("PUT", {"Image": "extract:1"}), ("DELETE", None)]
)
def test_an_edit_without_a_version_is_refused(world: World, client: TestClient, method: str, body: Any) -> None:
    refused = client.request(method, JOB, json=body)
    assert (refused.status_code, refused.json()["title"]) == (428, "If-Match is missing")
    assert acts(world) == []


@pytest.mark.parametrize("etag", ['W/"a.b"', "a.b", '"a", "b"', '"', "**"])
def test_a_version_that_is_none_is_refused(client: TestClient, etag: str) -> None:
    refused = client.patch(JOB, json={"Owner": "x"}, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "if-match")


def test_a_star_edits_whatever_the_row_holds(client: TestClient) -> None:
    assert client.patch(JOB, json={"Owner": "x"}, headers={"If-Match": "*"}).status_code == 200


def test_a_star_in_quotes_is_a_version_that_no_row_has(world: World, client: TestClient) -> None:
    refused = client.patch(JOB, json={"Retries": 3}, headers={"If-Match": '"*"'})
    assert (refused.status_code, "ETag" in refused.headers) == (412, True)
    assert "Retries" not in world.row("weather/extract")


def test_a_job_that_is_there_is_not_added_again_though_it_is_the_same(client: TestClient) -> None:
    added = [client.put("/api/jobs/weather/new", json={"Image": "x:1"}, headers={"If-None-Match": "*"}) for _ in (1, 2)]
    assert [one.status_code for one in added] == [201, 412]


def test_a_tick_between_look_and_edit_is_no_other_editor(world: World, client: TestClient) -> None:
    seen = client.get(JOB).headers["etag"]
    world.ticks("09:10", "09:11")
    assert client.patch(JOB, json={"Owner": "x"}, headers={"If-Match": seen}).status_code == 200


def test_an_edit_that_would_make_it_invalid_names_each_column(world: World, client: TestClient) -> None:
    body = {"Schedule": "61 * * * *", "Retries": 99, "Owner": "anna"}
    refused = client.patch(JOB, json=body, headers={"If-Match": "*"})
    assert refused.status_code == 422
    assert {one["column"]: one["detail"] for one in refused.json()["errors"]} == {
        "Schedule": "Schedule '61 * * * *': minute '61' is not allowed: 0 to 59.",
        "Retries": "Retries is '99': it must be a number from 0 to 20.",
    }
    assert "Owner" not in world.row("weather/extract")
    assert client.patch(f"{JOB}?force=true", json=body, headers={"If-Match": "*"}).status_code == 200


def test_a_job_is_added_once_replaced_whole_and_removed(world: World, client: TestClient) -> None:
    new = "/api/jobs/weather/new"
    added = client.put(new, json={"Image": "extract:1", "Owner": "anna"}, headers={"If-None-Match": "*"})
    assert (added.status_code, added.headers["location"]) == (201, new)
    again = client.put(new, json={"Image": "extract:1"}, headers={"If-None-Match": "*"})
    assert (again.status_code, again.headers["etag"]) == (412, added.headers["etag"])
    world.edit("weather/new", Watermark="monday")
    replaced = client.put(new, json={"Image": "extract:1", "Retries": 2}, headers={"If-Match": "*"})
    assert replaced.json()["columns"] == {"Image": "extract:1", "Retries": 2, "Watermark": "monday"}
    assert client.delete(new, headers={"If-Match": added.headers["etag"]}).status_code == 412
    assert client.delete(new, headers={"If-Match": replaced.headers["etag"]}).status_code == 204
    assert client.get(new).status_code == 404
    assert [one["Result"] for one in acts(world, "weather/new")].count("done") == 3


def test_a_job_with_a_run_is_removed_only_by_force(world: World, client: TestClient) -> None:
    world.tick("09:10")
    refused = client.delete(JOB, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "weather/extract has a run that is going: cancel it first.",
    )  # fmt: skip
    assert client.delete(f"{JOB}?force=true", headers={"If-Match": "*"}).status_code == 204


# asking


@pytest.mark.parametrize(
    ("act", "body", "request_"),
    [
        ("run", None, "run"),
        ("run", {}, "run"),
        ("run", {"due": "2026-11-01T05:00Z"}, "run 2026-11-01T05:00Z"),
        ("run", {"watermark": "monday noon"}, "run watermark monday noon"),
        ("run", {"due": "2026-11-01", "watermark": ""}, 'run 2026-11-01 watermark ""'),
        ("cancel", None, "cancel"),
        ("retry", None, "retry"),
        ("backfill", {"first": "2026-11-01", "before": "2026-11-03"}, "run 2026-11-01..2026-11-03"),
        (
            "backfill",
            {"first": "2026-11-01", "before": "2026-11-03", "watermark": "x"},
            "run 2026-11-01..2026-11-03 watermark x",
        ),
    ],
)
def test_each_act_is_the_request_that_a_person_would_type(
    world: World, client: TestClient, act: str, body: Any, request_: str
) -> None:
    answer = client.post(f"{JOB}/{act}", json=body)
    assert (answer.status_code, answer.json()["request"]) == (202, request_)
    assert world.row("weather/extract")["Request"] == request_
    assert [(one["Action"], one["Result"]) for one in acts(world)] == [(act, "done")]


def test_a_run_that_was_asked_for_runs_and_shows(world: World, client: TestClient) -> None:
    assert client.post(f"{JOB}/run").status_code == 202
    assert client.post(f"{JOB}/run").status_code == 409
    world.ticks("09:01", "09:02", "09:03")
    (run,) = client.get(f"{JOB}/runs").json()["runs"]
    assert (run["state"], run["trigger"], run["seconds"]) == ("Succeeded", "request", 30.0)


@pytest.mark.parametrize("due", ["2026-11-01 watermark x", "2026-11-01..2026-11-05", "yesterday", "", "2026-11-01\n"])
def test_nothing_but_a_time_gets_into_a_request_as_its_due_time(world: World, client: TestClient, due: str) -> None:
    refused = client.post(f"{JOB}/run", json={"due": due})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "due")
    assert "Request" not in world.row("weather/extract")


def test_pause_resume_and_rewind_answer_with_the_row(world: World, client: TestClient) -> None:
    paused = client.post(f"{JOB}/pause", json={"reason": "flood"}).json()
    assert (paused["enabled"], paused["paused_reason"]) == (False, "flood")
    assert client.post(f"{JOB}/resume").json()["enabled"] is True
    seen = client.get(JOB).headers["etag"]
    world.edit("weather/extract", Watermark="tuesday")
    refused = client.post(f"{JOB}/rewind", json={"watermark": "monday"}, headers={"If-Match": seen})
    assert refused.status_code == 412
    done = client.post(f"{JOB}/rewind", json={"watermark": "monday"}, headers={"If-Match": refused.headers["etag"]})
    assert done.json()["watermark"] == "monday"


# asking nothing


def test_a_row_is_validated_and_nothing_is_saved(world: World, client: TestClient) -> None:
    before = world.copy("weather/extract")
    body = {"job": "weather/extract", "columns": {"Schedule": "0 5 * * *", "TimeZone": "Europe/Berlin"}, "count": 2}
    told = client.post("/api/validate", json=body).json()
    assert (told["good"], told["next_dues"]) == (True, ["2026-11-23T04:00:00Z", "2026-11-24T04:00:00Z"])
    assert told["sentence"] == "Next run 2026-11-23T04:00:00Z."
    wrong = client.post("/api/validate", json={"job": "weather/new", "columns": {"Retries": "x"}}).json()
    assert (wrong["good"], [*wrong["faults"]]) == (False, ["Retries", "Image"])
    assert world.copy("weather/extract") == before
    assert world.audit.rows == {}
    assert viewer(world).post("/api/validate", json=body).status_code == 200


def test_a_schedule_shows_its_next_due_times(client: TestClient) -> None:
    told = client.get("/api/schedule", params={"schedule": "0 2 * * 1-5", "zone": "Europe/Berlin", "count": 2}).json()
    assert told["dues"] == ["2026-11-23T01:00:00Z", "2026-11-24T01:00:00Z"]
    assert client.get("/api/schedule", params={"schedule": "manual"}).json()["dues"] == []
    for asked, field in (({"schedule": "61 * * * *"}, "schedule"), ({"schedule": "@daily", "zone": "Mars"}, "zone")):
        refused = client.get("/api/schedule", params=asked)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


# who did what


def test_the_audit_tells_who_did_what_newest_first(world: World, client: TestClient) -> None:
    client.post(f"{JOB}/pause", json={"reason": "flood"})
    world.clock.to(at("09:01"))
    client.patch(JOB, json={"AlertTo": "https://hooks.example/secret"}, headers={"If-Match": "*"})
    told = client.get("/api/audit?job=weather/extract").json()
    assert [(one["action"], one["who"], one["via"], one["result"]) for one in told["acts"]] == [
        ("change", "operator key", "api", "done"),
        ("pause", "operator key", "api", "done"),
    ]
    assert told["acts"][1]["after"] == {"Enabled": False, "PausedReason": "flood"}
    assert "secret" not in str(told)
    assert client.get("/api/audit?job=nonsense").json()["errors"][0]["field"] == "job"
    assert client.get("/api/audit?since=2026-11-22T09:00:00").json()["errors"][0]["field"] == "since"
    assert client.get("/api/audit?since=2026-11-23T09:00:00Z&job=weather/extract").json()["acts"] == []


# alerts


def test_the_test_button_posts_one_message_and_tells_no_secret(world: World, client: TestClient) -> None:
    assert client.post("/api/alerts/test").status_code == 422
    world.edit("weather/extract", AlertTo="https://hooks.example/hunter2")
    told = client.post("/api/alerts/test", json={"job": "weather/extract"})
    assert (told.status_code, told.json()["to"], told.json()["done"]) == (200, "https://hooks.example/***", True)
    assert [(one["Action"], one["Result"]) for one in acts(world)] == [("test alerts", "done")]
    assert "hunter2" not in str(acts(world))
    assert client.post("/api/alerts/test", json={"job": "weather/none"}).status_code == 404
