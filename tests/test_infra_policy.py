"""infra/ held against the checker and the policy, and each planned deployment against what was decided."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.check.bicep import Variable
from infra.check.check import Check
from infra.check.tree import Text
from scheduler.alerts.news import news
from scheduler.facts.ticks import Ticked
from scheduler.facts.troubles import LooksMissed
from scheduler.outcome import Outcome
from scheduler.run import State
from scheduler.settings import Settings
from tests.calendars import at, run
from tests.infra import policy
from tests.infra.expected import GRANTS_ALL, ROLES
from tests.infra.later import GROUP
from tests.infra.plan import plan
from tests.infra.policy import INFRA, MAIN, Infra
from tests.infra.rules import RULES
from tests.infra.running import settings_of


@pytest.fixture(scope="module")
def infra() -> Infra:
    return Infra(policy.texts())


def test_the_checker_finds_no_problem_in_any_file_of_infra() -> None:
    check = Check()
    files = [path for path in policy.texts() if path.parent == INFRA]
    assert [f"{p.path.name}:{p.line}: {p.code}: {p.sentence}" for p in check.problems(files)] == []
    assert set(check.files) == set(policy.texts())
    assert check.resources() > 40


@pytest.mark.parametrize("rule", RULES)
def test_infra_keeps_its_rules(rule: Callable[[Infra], Iterator[str]], infra: Infra) -> None:
    assert list(rule(infra)) == []


def test_the_example_parameters_deploy_what_the_defaults_deploy(infra: Infra) -> None:
    (given,) = [file for file in infra.files.values() if file.path.suffix == ".bicepparam"]
    values = {name: each.value.literal for name, each in given.of(Variable).items() if isinstance(each.value, Text)}
    assert sorted(map(str, plan(MAIN, values).made)) == sorted(map(str, infra.least.made))


def test_a_workflow_that_may_assign_no_roles_deploys_all_but_the_roles(infra: Infra) -> None:
    told = plan(MAIN, {**policy.EVERYTHING, "assignRoles": False})
    left_out = {str(r) for r in infra.most.made} - {str(r) for r in told.made}
    assert left_out == {str(r) for r in infra.most.of("Microsoft.Authorization/roleAssignments")}


def test_one_resource_group_for_all_is_deployed_without_doing_anything_twice() -> None:
    made = plan(MAIN, {**policy.EVERYTHING, "jobsResourceGroup": GROUP})
    ids = [resource.id.lower() for resource in made.made]
    assert sorted({each for each in ids if ids.count(each) > 1}) == []


def test_a_deployment_makes_no_resource_twice(infra: Infra) -> None:
    for made in infra.plans.values():
        ids = [resource.id.lower() for resource in made.made]
        assert sorted({each for each in ids if ids.count(each) > 1}) == []


def test_the_scheduler_reads_back_what_infra_tells_it(infra: Infra) -> None:
    read = Settings.read({name: str(value) for name, value in settings_of(infra.most).items()})
    assert read.account == infra.most.outputs["storageAccountName"]
    assert (read.jobs_table, read.runs_table, read.logs_container) == ("Jobs", "Runs", "run-logs")
    assert (read.resource_group, read.location) == (f"{GROUP}-jobs", "northeurope")
    assert read.pull_identity == infra.most.outputs["jobsIdentityId"]
    assert read.subnet.endswith("/subnets/groups")
    assert read.registry == str(infra.most.outputs["registryLoginServer"])
    assert read.tick_schedule == "0 * * * * *"
    assert (read.price_vcpu_hour, read.price_gb_hour) == (0.05, 0.005)
    assert read.installation == Settings(**{**vars(read), "installation": ""})._named().installation


def test_alerts_and_logs_look_for_what_the_code_really_writes() -> None:
    text = (INFRA / "modules/alerts.bicep").read_text()
    found = re.findall(r"query: (?:'''(.*?)'''|'([^'\n]+)')", text, re.DOTALL)
    assert len(found) == text.count(" query:")
    queries = " ".join("".join(either) for either in found)
    named = set(re.findall(r'(?:name|operation_Name) == "(\w+)"', queries))
    assert named == {"tick"}
    failed, throttled = re.findall(r'message contains "([^"]+)"', queries), re.findall(r'message has "(\w+)"', queries)
    told = news(0, run(at("10:00")), Outcome(State.FAILED, why="it broke"))
    assert told
    assert failed
    assert all(words in told.sentence for words in failed)
    assert throttled[0] in str(Ticked(1, 0, 0, 0, throttled=1, seconds=0.1))
    assert "def tick(timer" in (INFRA.parent / "function_app.py").read_text()


def test_whoever_is_told_of_429_is_told_what_to_do_for_starts_and_for_looks() -> None:
    (described,) = re.findall(r"description: '(.*with 429\..*)'", (INFRA / "modules/alerts.bicep").read_text())
    starts, looks = described.partition("If groups could not be looked at: ")[::2]
    assert "spread the schedules" in starts
    assert {"MAX_ACTIVE_RUNS", "installation"} <= set(re.findall(r"\w+", looks))
    assert "running groups could not be looked at" in LooksMissed(2, "x", throttled=True).sentence


def test_the_retention_of_logs_reaches_the_blobs_that_the_scheduler_writes(infra: Infra) -> None:
    (policies,) = infra.most.of("Microsoft.Storage/storageAccounts/managementPolicies")
    (rule,) = policies.properties["policy"]["rules"]
    container = settings_of(infra.most)["LOGS_CONTAINER"]
    assert rule["definition"]["filters"]["prefixMatch"] == [f"{container}/"]
    assert rule["definition"]["filters"]["blobTypes"] == ["blockBlob"]  # what is made of parts
    assert rule["definition"]["actions"]["baseBlob"]["delete"] == {"daysAfterModificationGreaterThan": 90}


@pytest.mark.parametrize(("kept", "days"), [(0, 36_500), (30, 30), (365, 365)])
def test_logs_are_not_forgotten_before_their_runs(kept: int, days: int) -> None:
    (policies,) = plan(MAIN, {"retentionDays": kept}).of("Microsoft.Storage/storageAccounts/managementPolicies")
    actions = policies.properties["policy"]["rules"][0]["definition"]["actions"]
    assert actions["baseBlob"]["delete"] == {"daysAfterModificationGreaterThan": days}


def test_what_guards_and_names_the_pages_reaches_the_app(infra: Infra) -> None:
    least, most = settings_of(infra.least), settings_of(infra.most)
    for name in ("WEB_KEY", "VIEWER_KEY"):
        assert str(least[name]).startswith("@Microsoft.KeyVault(SecretUri=")
    made = {secret.name: secret for secret in infra.least.of("Microsoft.KeyVault/vaults/secrets")}
    assert made.keys() == {"web-key", "viewer-key"}
    values = {str(secret.properties["value"]) for secret in made.values()}
    assert not values & {str(value) for value in (*infra.least.outputs.values(), *least.values())}
    assert (least["SIGN_IN"], most["SIGN_IN"]) == ("off", "platform")
    assert "ALERT_WEBHOOK" not in least
    assert str(most["ALERT_WEBHOOK"]).endswith("secrets/news-address)")
    assert least["PUBLIC_URL"] == f"https://{infra.least.outputs['functionAppName']}.azurewebsites.net"
    assert least["OTEL_SERVICE_NAME"] == infra.least.outputs["functionAppName"]
    assert "Audit" in {table.name for table in infra.least.of("Microsoft.Storage/storageAccounts/tableServices/tables")}
    assert settings_of(plan(MAIN, {"telemetry": False}))["OTEL_SDK_DISABLED"] == "true"


def test_the_page_about_operating_names_the_roles_that_are_assigned_and_no_other() -> None:
    def plain(who: str, role: str) -> tuple[str, str]:
        squeezed = role.lower().replace(" ", "").removeprefix("azure").removesuffix("role")
        return {"you": "deployer"}.get(who, who), squeezed

    page = (INFRA.parent / "docs/operate.md").read_text().partition("## What each role is for")[2].partition("\n## ")[0]
    told = {plain(*row) for row in re.findall(r"^\| (scheduler|jobs|workflow|you) \| ([^|]+?) \|", page, re.MULTILINE)}
    assert told == {plain(who, role) for who, role, _ in GRANTS_ALL}


def test_the_role_ids_are_distinct_and_have_the_form_of_ids() -> None:
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identity) for identity in ROLES)


def test_the_facts_about_azure_carry_their_licence_and_stay_small() -> None:
    facts = INFRA / "check/types.json"
    assert facts.stat().st_size < 400_000
    assert "Microsoft Corporation, MIT licence" in (INFRA / "check/NOTICE").read_text()
    assert json.loads(facts.read_text()).keys() == {"resources", "shapes"}


def test_nothing_of_infra_is_packed_into_the_function_app() -> None:
    assert "infra" in Path(INFRA.parent, ".funcignore").read_text().splitlines()
