"""What a tick relies on in container groups, in the world of stories and in the emulator alike."""

from datetime import timedelta
from typing import Any

import pytest

from scheduler.ports import GroupRefused, Unknown
from scheduler.view import View, instant
from tests.contract.conftest import LINES, WIDE, Stage


def body(image: str, policy: str = "Never", **variables: str) -> dict[str, Any]:
    told = [{"name": name, "value": value} for name, value in variables.items()]
    container = {"image": image, "resources": {"requests": {"cpu": 0.5, "memoryInGB": 0.5}}}
    return {
        "location": "westeurope",
        "tags": {"crontable-job": "weather/extract"},
        "properties": {
            "osType": "Linux",
            "restartPolicy": policy,
            "containers": [{"name": "job", "properties": container | {"environmentVariables": told}}],
        },
    }


def runs(view: View) -> bool:
    """Say whether the group is up, and no operation on it goes on."""
    return (view.current.state, view.state, view.provisioning) == ("Running", "Running", "Succeeded")


def ended(view: View) -> bool:
    """Say whether the group is over by itself, and no operation goes on: a quick container ends before its PUT."""
    return view.current.exited and (view.state, view.provisioning) in {("Succeeded",) * 2, ("Failed", "Succeeded")}


def test_a_group_runs_to_its_end(stage: Stage) -> None:
    stage.groups.create("ct-a", body("ends"))
    view = stage.until("ct-a", ended)
    assert (view.name, view.container, view.image, view.restart_policy) == ("ct-a", "job", "ends", "Never")
    assert (view.current.exit_code, view.state, view.provisioning) == (0, "Succeeded", "Succeeded")
    assert view.current.started
    assert view.current.finished
    assert view.current.started <= view.current.finished
    assert view.first_end() == view.current
    assert (view.tags, view.location) == ({"crontable-job": "weather/extract"}, "westeurope")


def test_the_image_is_known_by_its_digest(stage: Stage) -> None:
    stage.groups.create("ct-a", body("ends"))
    digest = stage.until("ct-a", ended).digest
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 64


def test_a_non_zero_exit_is_a_failure(stage: Stage) -> None:
    stage.groups.create("ct-a", body("fails"))
    view = stage.until("ct-a", ended)
    assert (view.current.exit_code, view.current.detail, view.state) == (3, "Error", "Failed")


def test_the_log_tells_what_the_container_was_told(stage: Stage) -> None:
    stage.groups.create("ct-a", body("ends", WHO="wörld"))
    stage.until("ct-a", ended)
    assert stage.groups.log("ct-a", "job").decode() == "hello wörld\n"
    assert stage.groups.log("ct-a", "other") == b""


def test_groups_are_listed_with_their_tags(stage: Stage) -> None:
    tags = {"crontable-job": "weather/extract"}
    assert list(stage.groups.tagged()) == []
    for name in ("ct-a", "ct-b"):
        stage.groups.create(name, body("goes-on"))
    assert dict(stage.groups.tagged()) == {"ct-a": tags, "ct-b": tags}


def test_what_is_not_there_is_no_trouble_but_to_a_start(stage: Stage) -> None:
    assert stage.groups.get("gone") is None
    assert stage.groups.log("gone", "job") == b""
    stage.groups.delete("gone")
    stage.groups.stop("gone")
    for stop_first in (True, False):
        with pytest.raises(GroupRefused, match="not found"):
            stage.groups.start("gone", stop_first=stop_first)


def test_a_deleted_group_is_gone_though_it_ran(stage: Stage) -> None:
    stage.groups.create("ct-a", body("goes-on"))
    stage.until("ct-a", runs)
    stage.groups.delete("ct-a")
    assert stage.groups.get("ct-a") is None
    assert list(stage.groups.tagged()) == []


def test_a_stopped_container_has_neither_exit_code_nor_start(stage: Stage) -> None:
    stage.groups.create("ct-a", body("goes-on"))
    running = stage.until("ct-a", runs)
    stage.groups.stop("ct-a")
    view = stage.until("ct-a", lambda seen: seen.state == "Stopped")
    assert (view.current.state, view.current.exit_code, view.current.started) == ("Terminated", None, None)
    assert (view.previous.state, view.previous.started) == ("Running", running.current.started)
    assert view.first_end() is None


def test_a_stop_leaves_an_end_as_it_was(stage: Stage) -> None:
    stage.groups.create("ct-a", body("fails"))
    before = stage.until("ct-a", ended)
    stage.groups.stop("ct-a")
    after = stage.groups.get("ct-a")
    assert after is not None
    assert (after.current, after.state) == (before.current, before.state)


def test_a_second_put_restarts_what_runs(stage: Stage) -> None:
    """The reason why no PUT is ever sent twice."""
    stage.groups.create("ct-a", body("goes-on"))
    first = stage.until("ct-a", runs).current.started
    stage.groups.create("ct-a", body("goes-on"))
    again = stage.until("ct-a", lambda seen: runs(seen) and seen.current.started != first)
    assert again.current.started
    assert first
    assert again.current.started > first


@pytest.mark.parametrize("image", ["ends", "fails"])
def test_an_ended_group_starts_again_and_shows_its_old_end_until_then(stage: Stage, image: str) -> None:
    stage.groups.create("existing", body(image))
    prior = stage.until("existing", ended).current.started
    stage.groups.start("existing", stop_first=True)
    view = stage.until("existing", lambda seen: seen.first_end(prior))
    assert view.current.started != prior
    assert view.first_end(prior) == view.current


def test_a_stopped_group_starts_again(stage: Stage) -> None:
    stage.groups.create("existing", body("goes-on"))
    prior = stage.until("existing", runs).current.started
    stage.groups.stop("existing")
    stage.groups.start("existing", stop_first=False)
    view = stage.until("existing", runs)
    assert view.current.started != prior


def test_a_start_leaves_a_running_group_alone(stage: Stage) -> None:
    stage.groups.create("existing", body("goes-on"))
    before = stage.until("existing", runs).current
    stage.groups.start("existing", stop_first=False)
    after = stage.groups.get("existing")
    assert after is not None
    assert after.current == before


def test_under_always_an_end_is_no_end(stage: Stage) -> None:
    stage.groups.create("existing", body("ends", policy="Always"))
    view = stage.until("existing", lambda seen: seen.restarts >= 1)
    assert view.previous.exited or view.current.exited
    assert (view.restart_policy, view.state) == ("Always", "Running")


def bare(stamped: bytes) -> str:
    """Take the instants off, each of which must be one."""
    lines = [line.split(" ", 1) for line in stamped.decode().splitlines(keepends=True)]
    assert all(instant(stamp) for stamp, _ in lines), lines[:3]
    return "".join(text for _, text in lines)


def test_each_line_of_a_log_can_have_its_instant(stage: Stage) -> None:
    stage.groups.create("ct-a", body("ends", WHO="you"))
    view = stage.until("ct-a", ended)
    stamped = stage.groups.log("ct-a", "job", timestamps=True)
    assert bare(stamped) == "hello you\n"
    assert view.current.started
    assert view.current.finished
    printed = instant(stamped.split(b" ")[0].decode())
    assert printed
    assert abs(printed - view.current.started) <= timedelta(seconds=10)


def test_of_an_ended_container_a_thousand_lines_are_left(stage: Stage) -> None:
    stage.groups.create("ct-a", body("many-lines"))
    stage.until("ct-a", ended)
    assert stage.groups.log("ct-a", "job").decode() == "".join(LINES[-1_000:])
    assert bare(stage.groups.log("ct-a", "job", timestamps=True)) == "".join(LINES[-1_000:])


def test_or_sixteen_kilobytes(stage: Stage) -> None:
    stage.groups.create("ct-a", body("many-bytes"))
    stage.until("ct-a", ended)
    left = "".join(WIDE)[-16 * 1024 :]
    assert stage.groups.log("ct-a", "job").decode() == left
    assert bare(stage.groups.log("ct-a", "job", timestamps=True)) == left


def test_of_a_running_container_more_is_there_until_it_is_stopped(stage: Stage) -> None:
    stage.groups.create("ct-a", body("talks"))
    stage.until("ct-a", runs)
    whole = stage.until("ct-a", lambda _: stage.groups.log("ct-a", "job").endswith(WIDE[-1].encode()))
    assert whole.current.state == "Running"
    assert stage.groups.log("ct-a", "job").decode() == "".join(WIDE)
    assert bare(stage.groups.log("ct-a", "job", timestamps=True)) == "".join(WIDE)
    stage.groups.stop("ct-a")
    assert stage.groups.log("ct-a", "job").decode() == "".join(WIDE)[-16 * 1024 :]


def test_a_group_whose_container_was_never_started_has_no_log_yet(stage: Stage) -> None:
    stage.order("stuck", "create")
    stage.groups.create("ct-a", body("ends"))
    with pytest.raises(Unknown):
        stage.groups.log("ct-a", "job")


def test_a_secure_value_is_told_to_the_container(stage: Stage) -> None:
    asked = body("ends")
    asked["properties"]["containers"][0]["properties"]["environmentVariables"] = [
        {"name": "WHO", "secureValue": "hunter2"}
    ]
    stage.groups.create("ct-a", asked)
    stage.until("ct-a", ended)
    assert stage.groups.log("ct-a", "job").decode() == "hello hunter2\n"
