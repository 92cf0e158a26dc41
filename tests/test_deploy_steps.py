"""`make deploy` from an empty subscription to a tick, over what is there, and through what goes wrong on the way."""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deploy.after import ADD
from scheduler.job import Job
from scheduler.row import Row
from tests.deploy.stage import SUBSCRIPTION, Health, Stage, health, healthy, never, numbered

RG = ("--resource-group", "rg")
NEW = (*RG, "--location", "westeurope")
APP = "func-crontable-5a5000a3"
FORBIDDEN = (
    "Failed to upload because Azure Storage responded with Forbidden : Response status code does not indicate success: "
    "403 (This request is not authorized to perform this operation using this permission.)."
)
TOLD = "The deployment failed, Please check the printed logs."


@pytest.fixture
def app() -> Iterator[Health]:
    with health() as told:
        yield told


@pytest.fixture
def stage(tmp_path: Path, app: Health) -> Stage:
    built = Stage(tmp_path)
    built.world["url"] = app.url
    return built


@pytest.fixture
def there(stage: Stage) -> Stage:
    """What a deployment before left behind."""
    stage.world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    return stage


def refused(code: str, message: str, target: str = "") -> str:
    """A failed deployment as az 2.91 prints it: the envelope, then the reasons."""
    outer = {"code": "DeploymentFailed", "target": "/subscriptions/s/…", "message": "At least one operation failed."}
    inner = {"code": code, "message": message, "target": target}
    return f"ERROR: {json.dumps(outer)}\n\nInner Errors: \n{json.dumps(inner)}"


def test_from_nothing_to_the_first_tick(stage: Stage) -> None:
    ended = stage.run(*NEW)
    assert (ended.code, ended.err) == (0, "")
    assert [" ".join(call.split()[:4]) for call in stage.changes] == [
        "az group create --name",
        "az group create --name",
        "az deployment group create",
        "func azure functionapp publish",
    ]
    assert stage.world["groups"] == {"rg": "westeurope", "rg-jobs": "westeurope"}
    assert stage.world["deployed"] == ["infra/main.bicepparam", "deployerPrincipalId=ada-object-id"]
    assert f"func azure functionapp publish {APP} --python --subscription {SUBSCRIPTION}" in stage.calls
    assert "Crontable runs in rg." in ended.out
    read = "az keyvault secret show --vault-name kv-crontable-5a5000a3 --name web-key --query value --output tsv"
    assert read in ended.lines
    assert "export AzureWebJobsStorage__accountName=stcrontable5a5000a3" in ended.out


def test_func_finds_this_python_first_and_az_its_own(stage: Stage) -> None:
    stage.run(*NEW)
    ours, theirs = str(Path(sys.executable).parent), str(stage.folder / "bin")
    first = {" ".join([one["program"], *one["words"][:1]]): one["path"] for one in stage.journal}
    assert first["func azure"] == [ours, theirs]
    assert first["az deployment"] == [theirs]


def test_every_question_after_the_login_is_pinned_to_the_subscription_that_was_found(stage: Stage) -> None:
    stage.run(*NEW, "--subscription", "Data")
    asked = [call for call in stage.calls if call.startswith("az ")]
    alone = ("az version", "az bicep", "az account show", "az ad signed-in-user show")
    assert all(f"--subscription {SUBSCRIPTION}" in call or call.startswith(alone) for call in asked)
    assert "az account show --subscription Data --output json --only-show-errors" in asked


def test_the_names_of_new_groups_are_asked_for_before_anything_is_deployed(stage: Stage) -> None:
    stage.world["taken"] = {"st": "The storage account named stcrontable is already taken."}
    ended = stage.run(*NEW, "--name", "crontable")
    assert ended.code == 2
    assert "Only the resource groups were created" in ended.err
    assert "make deploy RESOURCE_GROUP=rg LOCATION=westeurope NAME=crontable2" in ended.lines
    assert [call.split()[1] for call in stage.changes] == ["group", "group"]


def test_a_second_time_creates_no_group_and_does_all_else_again(stage: Stage) -> None:
    stage.run(*NEW)
    stage.forget()
    ended = stage.run(*RG)
    assert ended.code == 0, ended.err
    assert [call.split()[1] for call in stage.changes] == ["deployment", "azure"]
    assert not any("check-name" in call for call in stage.calls), "what is ours already needs no free name"


def test_the_persons_own_parameters_go_to_the_template_and_into_every_line_to_type(there: Stage) -> None:
    there.world["taken"] = {"kv-": "taken"}
    words = (*RG, "--name", "abc", "--parameters", "tickSchedule=0 */2 * * * *", "jobsResourceGroup=rg-jobs")
    ended = there.run(*words)
    line = "make deploy RESOURCE_GROUP=rg NAME=abc2 PARAMETERS="
    typed = next(one for one in ended.lines if one.startswith(line))
    assert shlex.split(shlex.split(typed)[-1].removeprefix("PARAMETERS=")) == [words[-2], words[-1]]
    assert any("name=abc 'tick" in shlex.join(shlex.split(one)) or "name=abc tick" in one for one in there.calls)


def test_a_secret_parameter_is_never_shown(there: Stage) -> None:
    there.play("deployment group create", err=refused("Strange", "not https://hooks.example.com/abc"), code=1)
    ended = there.run(*RG, "--parameters", "alertWebhook=https://hooks.example.com/abc")
    assert ended.code == 1
    assert "hooks.example.com" not in ended.text
    assert "alertWebhook=…" in ended.out


@pytest.mark.parametrize("group", ["rg", "rg-jobs"])
def test_a_budget_that_is_there_keeps_the_month_that_it_began_in(there: Stage, group: str) -> None:
    there.world["budgets"] = {group: {"of-somebody": "2025-01-01", "budget-crontable-5a5000a3": "2026-03-01"}}
    there.run("--resource-group", "rg", "--parameters", "budgetAmount=20")
    assert "budgetStart=2026-03-01" in there.world["deployed"]


def test_a_new_budget_begins_when_the_template_says_and_one_that_is_given_a_start_at_that(there: Stage) -> None:
    there.run("--resource-group", "rg", "--parameters", "budgetAmount=20")
    assert "budgetStart" not in " ".join(there.world["deployed"])
    there.world["budgets"] = {"rg": {"budget-crontable-5a5000a3": "2026-03-01"}}
    there.run("--resource-group", "rg", "--parameters", "budgetAmount=20", "budgetStart=2026-05-01")
    assert "budgetStart=2026-05-01" in there.world["deployed"]
    there.forget()
    there.run("--resource-group", "rg")
    assert not [call for call in there.calls if "budgets" in call]


def test_who_is_no_person_or_is_not_known_gets_no_role_on_the_tables(there: Stage) -> None:
    there.world["person"] = None
    ended = there.run(*RG)
    assert there.world["deployed"] == ["infra/main.bicepparam"]
    role = '--assignee ada@example.com --role "Storage Table Data Contributor"'
    assert any(line.startswith("az role assignment create") and role in line for line in ended.lines)
    there.world["account"]["user"] = {"name": "an-app-id", "type": "servicePrincipal"}
    there.forget()
    there.run(*RG)
    assert not any("signed-in-user" in call for call in there.calls)


def test_the_line_that_is_told_next_makes_a_row_that_is_valid() -> None:
    words = shlex.split(ADD.replace('"$(cat examples/weather/.pushed)"', "cr.azurecr.io/weather@sha256:1"))
    key, *cells = words[words.index("add") + 1 :]
    partition, name = key.split("/")
    assert isinstance(Job.from_row(Row(partition, name, dict(cell.split("=", 1) for cell in cells))), Job)


def test_what_if_shows_what_would_change_and_changes_nothing(there: Stage) -> None:
    ended = there.run(*RG, "--what-if")
    assert ended.code == 0, ended.err
    assert "  + Create" in ended.out
    assert there.changes == []


def test_what_if_of_groups_that_are_missing_says_so(stage: Stage) -> None:
    ended = stage.run(*NEW, "--what-if")
    assert ended.code == 0
    assert "rg and rg-jobs would be created" in ended.out
    assert stage.changes == []


#: What ARM says, and words of the line that mends it.
REFUSED = {
    "RoleAssignmentUpdateNotPermitted": (
        "Tenant ID and principal ID may not be updated.",
        "role assignment delete --ids",
    ),
    "RequestDisallowedByPolicy": ("Resource 'st' was disallowed by policy.", "az policy assignment list"),
    "SubscriptionIsOverQuotaForSku": ("This needs additional quota.", "LOCATION=REGION"),
    "ScopeLocked": ("The scope 'rg' cannot be written: it is locked.", "az lock list"),
    "ConflictError": ("A vault with the same name already exists in deleted state.", "az keyvault recover --name"),
    "NobodyKnows": ("Something new.", "az deployment operation group list"),
    "MissingSubscriptionRegistration": (
        "The subscription is not registered to use namespace 'Microsoft.Web'.",
        "az provider register --namespace Microsoft.Web --wait",
    ),
    "AuthorizationFailed": (
        "'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s/resourceGroups/rg-jobs/x'",
        '--role "Role Based Access Control Administrator" --scope /subscriptions/s/resourceGroups/rg-jobs',
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_deployment_is_named_with_its_mend(there: Stage, code: str) -> None:
    message, mend = REFUSED[code]
    there.play("deployment group create", err=refused(code, message), code=1)
    ended = there.run(*RG)
    assert ended.code == 1
    assert numbered(ended) == [f"1. {code}: {message}"]
    assert any(mend in line for line in ended.lines), ended.err
    assert "It stopped at the step `create`." in ended.err
    assert ended.lines.count("make deploy RESOURCE_GROUP=rg") <= 1


def test_a_principal_that_is_not_known_yet_is_waited_for(there: Stage) -> None:
    there.play(
        "deployment group create", err=refused("PrincipalNotFound", "Principal abc does not exist."), code=1, times=2
    )
    ended = there.run(*RG)
    assert ended.code == 0, ended.err
    assert sum(call.startswith("az deployment group create") for call in there.calls) == 3


def test_a_deployment_that_is_under_way_is_waited_for(there: Stage) -> None:
    there.world["deploying"] = ["Running", "Accepted", "Succeeded"]
    ended = there.run(*RG)
    assert ended.code == 0, ended.err
    assert "The deployment crontable-crontable is under way (Running); this one waits for it." in ended.out
    order = [call.split()[3] for call in there.calls if call.startswith("az deployment group")]
    assert order == ["what-if", "show", "show", "show", "create"]


@pytest.mark.parametrize(
    "said",
    [f"{FORBIDDEN}\n{TOLD}", f'Can\'t find app with name "{APP}"', "Error Uploading archive... (NotFound).",
     "Deployment was cancelled, another deployment in progress.", "Name or service not known (func.scm)"],
)  # fmt: skip
def test_a_publish_that_is_refused_for_a_while_is_tried_until_it_goes_through(there: Stage, said: str) -> None:
    there.play("func azure", err=said, code=1, times=2)
    ended = there.run(*RG, patience=20)
    assert ended.code == 0, ended.err
    assert sum(call.startswith("func azure") for call in there.calls) == 3
    assert ended.out.count("this passes within minutes. Once more in 0.05 s.") == 2


def test_a_role_that_never_arrives_ends_the_patience(there: Stage) -> None:
    there.play("func azure", err=f"{FORBIDDEN}\n{TOLD}", code=1, times=-1)
    ended = there.run(*RG, patience=0.3)
    assert ended.code == 1
    assert "403 from the storage account: the role of the app's identity is not known everywhere yet" in ended.err
    assert "It stopped at the step `publish`." in ended.err
    assert f"func azure functionapp publish {APP} --python --subscription {SUBSCRIPTION}" in ended.lines


def test_a_publish_that_fails_for_good_is_not_tried_again(there: Stage) -> None:
    there.play("func azure", err="Function Apps on Flex Consumption do not support 'WEBSITE_RUN_FROM_PACKAGE'.", code=1)
    ended = there.run(*RG)
    assert ended.code == 1
    assert "func failed: Function Apps on Flex Consumption do not support" in ended.err
    assert sum(call.startswith("func azure") for call in there.calls) == 1


def test_an_app_that_func_thinks_unhealthy_is_judged_by_its_own_health(there: Stage) -> None:
    said = "Deployment was successful but the app appears to be unhealthy, please check the app logs."
    there.play("func azure", err=said, code=1)
    ended = there.run(*RG)
    assert ended.code == 0, ended.err
    assert "func says that the app is not healthy yet." in ended.out


def test_503_is_waited_through_until_the_first_tick(there: Stage, app: Health) -> None:
    app.answers = [(404, "not here"), (503, never()), (503, never()), (200, healthy())]
    ended = there.run(*RG, patience=20)
    assert ended.code == 0, ended.err
    assert app.asked == 4
    assert "404: the code is not loaded yet" in ended.out
    assert ended.out.count("503: it is up, and waits for its first tick") == 1, "a word is said once"


def test_a_tick_of_the_code_before_is_no_news(there: Stage, app: Health) -> None:
    app.answers = [(200, healthy(55.0)), (200, healthy(56.0)), (200, healthy(0.0))]
    ended = there.run(*RG, patience=20)
    assert ended.code == 0, ended.err
    assert app.asked == 3


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (503, never(), "503: it is up, and waits for its first tick"),
        (503, json.dumps({"status": "late", "age_seconds": 400.5}), "503: it is up; its last tick was 400.5 s ago"),
        (200, "<html>Sign in</html>", "200, but a page that is not Crontable's"),
        (401, "", "401: somebody asks for a sign-in"),
        (418, "", "418, and not from Crontable"),
    ],
)
def test_a_tick_that_never_comes_ends_the_patience_and_tells_what_was_seen(
    there: Stage, app: Health, status: int, body: str, word: str
) -> None:
    app.answers = [(status, body)]
    ended = there.run(*RG, patience=0.2)
    assert ended.code == 1
    assert f"Last: {word}" in ended.err
    assert "It stopped at the step `health`." in ended.err
    assert any(line.startswith("az functionapp function list") for line in ended.lines)


def test_an_app_that_nobody_reaches_is_told(there: Stage) -> None:
    there.world["url"] = "http://127.0.0.1:1"
    ended = there.run(*RG, patience=0.2)
    assert ended.code == 1
    assert "Last: not reachable yet" in ended.err
