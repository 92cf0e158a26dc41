"""What az writes when it refuses is read in all its forms; and every command that anybody is told to type is one."""

import json
import re
import shlex
from pathlib import Path

import pytest

from infra.deploy import mends, refusal
from infra.deploy.asked import Asked
from infra.deploy.azure import Az
from infra.deploy.checks import settings
from infra.deploy.checks.places import PROVIDERS
from infra.deploy.checks.rights import ASSIGN, allows
from infra.deploy.plan import Account, Group, Plan, Template
from infra.deploy.programs import Programs
from infra.deploy.refusal import Refusal
from infra.deploy.stop import Stop
from tests.deploy import grammar

ROOT = Path(__file__).parents[1]
INNER = '{"code": "ScopeLocked", "message": "The scope is locked.", "target": "/subscriptions/s/x"}'
#: What az 2.91 wrote, shortened, when a deployment was answered with 400.
TRACEBACK = """ERROR: The command failed with an unexpected error. Here is the traceback:
ERROR: The content for this response was already consumed
Traceback (most recent call last):
  File "site-packages/azure/mgmt/resource/deployments/operations/_deployments_operations.py", line 5304, in _create
    raise HttpResponseError(response=response, error_format=ARMErrorFormat)
azure.core.exceptions.HttpResponseError: (InvalidTemplateDeployment) wrapped
Code: InvalidTemplateDeployment
Message: wrapped
Exception Details:\t(ScopeLocked) The scope is locked.
\tCode: ScopeLocked
\tMessage: The scope is locked.
\tTarget: /x

During handling of the above exception, another exception occurred:
RuntimeError: The content for this response was already consumed
"""
#: Registered in every subscription.
ALWAYS = {"Microsoft.Authorization", "Microsoft.Consumption", "Microsoft.Resources"}


def plan() -> Plan:
    stop = Stop()
    asked = Asked("rg", name="abc")
    account = Account("s-id", "Data", "t-id", "ada@example.com", "user")
    az = Az(Programs(stop), "az", "s-id")
    return Plan(asked, az, account, Template(), Group("rg", "westeurope"), Group("rg-jobs"), "westeurope", "westeurope")


@pytest.mark.parametrize(
    "text",
    [
        f'ERROR: {{"code": "DeploymentFailed", "message": "At least one failed."}}\n\nInner Errors: \n{INNER}',
        f'Conflict({{"error": {INNER}}})',
        f'ERROR: {{"code": "DeploymentFailed", "message": "See details.", "details": [{INNER}]}}',
        f'ERROR: {{"error": {{"code": "DeploymentFailed", "message": {json.dumps(INNER)}}}}}',
        "ERROR: InvalidTemplateDeployment - The template is not valid.\nScopeLocked - The scope is locked.",
        "ERROR: (ScopeLocked) The scope is locked.\nCode: ScopeLocked\nMessage: The scope is locked.",
        f'ERROR: {{"status": "Failed", "error": {{"code": "DeploymentFailed", "message": "", "details": [{INNER}]}}}}',
        TRACEBACK,
    ],
)
def test_a_reason_is_found_in_each_form_that_az_has(text: str) -> None:
    (found,) = refusal.read(text)
    assert (found.code, found.message) == ("ScopeLocked", "The scope is locked.")


def test_each_reason_is_found_once_and_the_target_kept() -> None:
    text = f"ERROR: {INNER}\n\nInner Errors: \n{INNER}\n\nInner Errors: \n" + INNER.replace("ScopeLocked", "Other")
    assert [(one.code, one.target) for one in refusal.read(text)] == [
        ("ScopeLocked", "/subscriptions/s/x"),
        ("Other", "/subscriptions/s/x"),
    ]


def test_what_bicep_complains_of_is_found_with_its_line() -> None:
    text = "ERROR: /home/ada/infra/modules/app.bicep(12,3) : Error BCP037: No such property. [https://aka.ms/x]"
    assert refusal.read(text) == [Refusal("BCP037", "No such property. (app.bicep, line 12)")]


@pytest.mark.parametrize(
    ("text", "code"),
    [("AADSTS50076: Sign in again.", "LoginRequired"), ("Please run 'az login' to setup account.", "LoginRequired"),
     ("ERROR: Something odd\nmore", ""), ("", "")],
)  # fmt: skip
def test_any_other_text_is_one_reason(text: str, code: str) -> None:
    (found,) = refusal.read(text)
    assert found.code == code
    assert found.message


@pytest.mark.parametrize("code", [*mends._MENDS, "BCP037", "NobodyKnows", ""])
def test_every_command_of_a_mend_is_one_that_the_real_az_takes(code: str) -> None:
    said = "'Microsoft.Web' 'rg-jobs' over scope '/subscriptions/s/resourceGroups/rg/x' /vaults/kv-a"
    (fault,) = mends.faults([Refusal(code, said)], plan())
    assert fault.mend
    assert fault.found.startswith(f"{code}: " if code else said)
    for line in fault.mend:
        words = shlex.split(line)
        if words[0] == "az":
            grammar.parse(words[1:])
        else:
            assert words[:3] == ["make", "deploy", f"RESOURCE_GROUP={words[2].partition('=')[2]}"]


def test_the_table_refuses_what_az_refuses() -> None:
    for line in (
        "account list-locations --subscription x",
        "group show",
        "group show --name a --location b",
        "rest --url x --method fetch",
        "group create --name",
        "group show --name a b",
        "frob",
    ):
        with pytest.raises(grammar.Unreadable):
            grammar.parse(shlex.split(line))


def test_a_role_takes_away_from_itself_only_and_case_does_not_count() -> None:
    contributor = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}
    assert not allows([contributor], ASSIGN)
    assert allows([contributor, {"actions": ["microsoft.authorization/roleassignments/*"]}], ASSIGN)
    assert allows([contributor], "Microsoft.Web/sites/write")
    assert not allows([], ASSIGN)
    assert not allows([{"actions": ["Microsoft.Authorization/roleAssignments/read"]}], ASSIGN)


def test_every_provider_of_the_templates_is_looked_at() -> None:
    texts = [file.read_text() for file in (ROOT / "infra").rglob("*.bicep")]
    used = {name for text in texts for name in re.findall(r"'(Microsoft\.\w+)/[\w/]+@", text)}
    assert used
    assert used - ALWAYS <= PROVIDERS.keys()


def test_every_output_that_deploying_reads_is_one_of_the_template() -> None:
    outputs = set(re.findall(r"^output (\w+) ", (ROOT / "infra/main.bicep").read_text(), re.MULTILINE))
    read = {
        name
        for file in (ROOT / "infra/deploy").glob("*.py")
        for name in re.findall(r'outputs(?:\.get\(|\[)"(\w+)"', file.read_text())
    }
    assert read >= {"functionAppName", "functionAppUrl"}
    assert read <= outputs


def test_every_parameter_that_deploying_reads_is_one_of_the_template() -> None:
    declared = set(re.findall(r"^param (\w+) ", (ROOT / "infra/main.bicep").read_text(), re.MULTILINE))
    read = {
        name
        for file in (ROOT / "infra/deploy").rglob("*.py")
        for name in re.findall(r'(?:value|with_parameter)\("(\w+)"', file.read_text())
    }
    read |= {*settings._FROM.values(), *(only_with for _, only_with in PROVIDERS.values() if only_with)}
    assert read >= {"jobsResourceGroup", "pythonVersion", "vnet", "assignRoles"}
    assert read <= declared
