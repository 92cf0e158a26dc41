"""Ctrl-C in the middle of `make deploy`: the children end, nothing is left running here, and what goes on is told."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deploy import stop
from tests.deploy.stage import SUBSCRIPTION, Health, Stage, health, never

RG = ("--resource-group", "rg")


@pytest.fixture
def app() -> Iterator[Health]:
    with health() as told:
        yield told


@pytest.fixture
def stage(tmp_path: Path, app: Health) -> Stage:
    built = Stage(tmp_path)
    built.world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    built.world["url"] = app.url
    return built


def test_ctrl_c_while_checking_changed_nothing(stage: Stage) -> None:
    ended = stage.stopped(*RG, at="az provider list")
    assert ended.code == 128 + signal.SIGINT
    assert "Stopped. Nothing was changed." in ended.err
    assert stage.changes == []


def test_ctrl_c_while_groups_are_created_keeps_them(stage: Stage) -> None:
    stage.world["groups"] = {"rg": "westeurope"}
    ended = stage.stopped(*RG, at="az group create")
    assert ended.code == 130
    assert "Stopped. The resource groups that were created stay." in ended.err
    assert "To go on: make deploy RESOURCE_GROUP=rg" in ended.err


def test_ctrl_c_while_deploying_reaches_az_and_tells_what_goes_on_in_azure(stage: Stage) -> None:
    ended = stage.stopped(*RG, at="deployment group create")
    assert ended.code == 130
    heard = [entry for entry in stage.journal if "signal" in entry]
    assert [entry["signal"] for entry in heard] == [signal.SIGINT], "az heard it too, and once"
    assert "Stopped. The deployment goes on in Azure." in ended.err
    words = f"--resource-group rg --name crontable-crontable --subscription {SUBSCRIPTION}"
    assert f"az deployment group show {words} --query properties.provisioningState" in ended.lines
    assert f"az deployment group cancel {words}" in ended.lines


def test_the_same_command_goes_on_where_ctrl_c_stopped_it(stage: Stage) -> None:
    stage.stopped(*RG, at="deployment group create")
    stage.world["deploying"] = ["Running", "Succeeded"]
    stage.forget()
    ended = stage.run(*RG)
    assert ended.code == 0, ended.err
    assert "is under way (Running); this one waits for it." in ended.out
    assert [call.split()[1] for call in stage.changes] == ["deployment", "azure"]


def test_ctrl_c_while_publishing_says_that_the_code_may_be_the_old_one(stage: Stage) -> None:
    ended = stage.stopped(*RG, at="func azure")
    assert ended.code == 130
    assert "Stopped. Everything is there but perhaps the code" in ended.err


def test_ctrl_c_while_waiting_for_a_role_is_heard_at_once(stage: Stage) -> None:
    stage.play("func azure", err='Can\'t find app with name "x"', code=1, times=-1)
    child = stage.start(*RG, "--pause", "60")
    assert child.stdout
    while "Once more in 60 s." not in child.stdout.readline():
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert stage.finish(child).code == 130


def test_ctrl_c_while_waiting_for_the_first_tick_leaves_a_whole_deployment(stage: Stage, app: Health) -> None:
    app.answers = [(503, never())]
    child = stage.start(*RG)
    app.heard.wait(30)
    child.send_signal(signal.SIGINT)
    ended = stage.finish(child)
    assert ended.code == 130
    assert "Stopped. Everything is there, the code too" in ended.err


def test_a_termination_is_handed_on_likewise(stage: Stage) -> None:
    ended = stage.stopped(*RG, at="deployment group create", by=signal.SIGTERM)
    assert ended.code == 128 + signal.SIGTERM
    assert "The deployment goes on in Azure." in ended.err


def test_a_child_that_does_not_listen_is_killed_after_its_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop, "FAREWELL", 0.05)
    deaf = "import signal; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    told = stop.Stop()
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True, process_group=0) as child:
        assert child.stdout
        assert child.stdout.readline() == "deaf\n"
        told.enter(child)
        told._take(signal.SIGTERM)
        assert child.wait(30) == -signal.SIGKILL
    with pytest.raises(stop.Stopped, match="SIGTERM"):
        told.leave(child)
