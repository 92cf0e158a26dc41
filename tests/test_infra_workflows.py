"""The workflows of GitHub: no stored secret, least rights, pinned actions, real commands, and the steps asked for."""

import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from scheduler import new_job
from tests.infra.policy import EVERYTHING, MAIN
from tests.infra.workflow import RULES, Workflow, workflows

ALL = workflows()


def commands(workflow: Workflow, job: str) -> str:
    return "\n".join(command for _, command in workflow.runs(job))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ALL)
def test_each_workflow_keeps_each_rule(name: str, rule: Callable[[Workflow], Iterator[str]]) -> None:
    assert list(rule(ALL[name])) == []


def test_the_three_workflows_are_there_and_no_other() -> None:
    assert set(ALL) == {"ci", "deploy", "weather"}


def test_ci_runs_for_each_push_and_pull_request_all_that_needs_no_azure() -> None:
    ci = ALL["ci"]
    assert {"pull_request", "workflow_call"} <= ci.read["on"].keys()
    assert commands(ci, "test") == ".ci/run"
    infra = commands(ci, "infra")
    for command in (
        "az bicep install",
        "az bicep build --file infra/main.bicep",
        "az bicep build-params --file infra/main.bicepparam",
        "az bicep lint --file infra/main.bicep",
        "make check-infra",
    ):
        assert command in infra
    images = commands(ci, "images")
    assert "make -C examples/weather build smoke-test" in images
    assert "docker build --file infra/loop/Dockerfile" in images
    assert not any("environment" in job for job in ci.jobs.values())


def test_a_pull_request_is_told_what_would_change_and_changes_nothing() -> None:
    deploy = ALL["deploy"]
    assert "ARGS=--what-if" in commands(deploy, "what-if")
    assert "github.event_name == 'pull_request'" in deploy.jobs["what-if"]["if"]
    assert "github.event_name != 'pull_request'" in deploy.jobs["deploy"]["if"]


def test_deploying_ends_with_a_look_at_the_health_from_outside() -> None:
    deploy = ALL["deploy"]
    assert deploy.jobs["deploy"]["needs"] == "tests"
    assert deploy.jobs["tests"]["uses"] == "./.github/workflows/ci.yml"
    *_, last = deploy.steps("deploy")
    assert "/api/health" in last["run"]
    assert {"--fail", "--retry", "--retry-all-errors"} <= set(last["run"].split())
    assert deploy.jobs["deploy"]["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    assert "what-if" not in commands(deploy, "deploy")


def test_the_workflow_deploys_what_its_identity_may_and_that_is_all_but_the_roles() -> None:
    assert ALL["deploy"].read["env"]["PARAMETERS"].startswith("assignRoles=false ")


def test_the_environment_is_the_one_that_azure_trusts() -> None:
    environment = re.search(r"^param githubEnvironment string = '(\w+)'", MAIN.read_text(), re.MULTILINE)
    assert environment
    assert environment[1] == "production"
    assert "githubRepository" in EVERYTHING


def test_the_same_action_is_the_same_commit_everywhere() -> None:
    pins = {line for each in ALL.values() for line in re.findall(r"uses: (\S+@\S+ # \S+)", each.text)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def test_python_is_the_one_that_the_app_runs_on() -> None:
    version = re.search(r"^param pythonVersion string = '([\d.]+)'", MAIN.read_text(), re.MULTILINE)
    assert version
    used = {v for each in ALL.values() for v in re.findall(r'python-version: "([\d.]+)"', each.text)}
    assert used == {version[1]}


def test_the_example_job_is_built_as_every_new_job_is() -> None:
    (template,) = (new_job.TEMPLATE / "dot-github/workflows").iterdir()
    theirs = Workflow("template", template.read_text().replace("job-name", "weather"))
    for job in theirs.jobs:
        wanted = [command for _, command in theirs.runs(job) if not command.startswith("python -m pip")]
        assert [c for _, c in ALL["weather"].runs(job) if not c.startswith("python -m pip")] == wanted


# Each rule, red and named.

BROKEN = [
    ("deploy", "client-id: ${{ vars.", "client-id: ${{ secrets.", "says secrets.AZURE_CLIENT_ID"),
    ("deploy", "persist-credentials: false", "persist-credentials: true", "the checkout keeps its credentials"),
    ("deploy", "permissions: {}", "permissions: write-all", "permissions is write-all"),
    ("ci", "permissions:\n  contents: read", "permissions:\n  contents: write", "permissions is {'contents': 'write'}"),
    (
        "deploy",
        "      id-token: write\n",
        "      id-token: write\n      packages: write\n",
        "what-if: its permissions are",
    ),
    ("deploy", "    environment: production\n", "", "what-if: it signs in outside of the environment"),
    ("deploy", " && vars.AZURE_CLIENT_ID != ''", "", "it would run, and fail"),
    ("ci", "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "@v5", "pin it as ACTION@COMMIT # vX.Y.Z"),
    ("ci", "ubuntu-24.04", "ubuntu-latest", "test: runs-on is ubuntu-latest"),
    ("ci", "    timeout-minutes: 60\n", "", "test: it needs a timeout-minutes"),
    (
        "ci",
        "    timeout-minutes: 60\n",
        "    timeout-minutes: 60\n    environment: production\n",
        "an environment is for signing in",
    ),
    ("deploy", "core-tools@4.15.1", "core-tools", "installs whatever is newest"),
    ("deploy", "  pull_request:", "  pull_request_target:", "a stranger's pull request would run with our rights"),
    ("deploy", '"$RESOURCE_GROUP" PARA', '"${{ vars.RESOURCE_GROUP }}" PARA', "puts an expression into a command"),
    (
        "deploy",
        "head.repo.full_name == github",
        "base.repo.full_name == github",
        "it signs in for any branch, or for a fork",
    ),
    ("deploy", "github.ref == 'refs/heads/main'", "github.ref != ''", "deploy: it signs in for any branch"),
    ("ci", "make check-infra", "make check-infras", "has no target check-infras"),
    ("ci", "build smoke-test", "build smoke-tests", "Makefile has no target smoke-tests"),
    ("deploy", "ARGS=--what-if", "ARG=--what-if", "Makefile does not use ARG"),
    ("ci", "--file infra/main.bicep --stdout", "--file infra/mein.bicep --stdout", "names infra/mein.bicep"),
    ("deploy", "PARAMETERS: assignRoles=", "PARAMETERS: assignRole=", "no parameter assignRole"),
    ("deploy", "the output deploymentClientId", "the output deployClientId", "no output deployClientId"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), BROKEN)
def test_each_broken_rule_is_named(name: str, old: str, new: str, says: str) -> None:
    text = ALL[name].text
    assert old in text
    broken = Workflow(name, text.replace(old, new, 1))
    assert yaml.safe_load(broken.text)
    said = [fault for rule in RULES for fault in rule(broken)]
    assert any(says in fault for fault in said), said
