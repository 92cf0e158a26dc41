"""The resource groups and the deployment: `az group create`, `az deployment group create`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.deploy.azure import AzError
from infra.deploy.mends import PASSING
from infra.deploy.plan import Group, Plan
from infra.deploy.screen import Screen
from infra.deploy.stop import Stop

#: States of a deployment in which another one of its name would be refused.
_GOING = {"accepted", "running", "creating", "updating"}
#: How often a deployment is tried that was refused for a reason which passes.
TRIES = 3
#: ARM's version of budgets, as in modules/budget.bicep.
_BUDGETS = "2024-08-01"

type Outputs = Mapping[str, str]


def groups(plan: Plan, screen: Screen) -> Plan:
    """Create the groups that are missing. Raises AzError."""
    made = [_group(plan, group, screen) for group in plan.groups]
    return replace(plan, group=made[0], jobs=made[1])


def _group(plan: Plan, group: Group, screen: Screen) -> Group:
    if group.exists:
        screen.say(f"{group.name} is there, in {group.region}.")
        return group
    region = plan.jobs_region if group is plan.jobs else plan.region
    words = ("group", "create", "--name", group.name, "--location", region, "--tags", "app=crontable")
    screen.command(plan.az.command(*words))
    plan.az.ask(*words)
    return Group(group.name, region)


def deployer(plan: Plan) -> dict[str, str]:
    """Find who deploys, for the role with which a person edits the tables; nothing where that cannot be known.

    Only a person gets it: a workflow's identity deploys and edits no rows.
    """
    name = "deployerPrincipalId"
    if plan.account.kind != "user" or name not in plan.template.declared or plan.value(name):
        return {}
    try:
        told = plan.az.on("").ask("ad", "signed-in-user", "show")
    except AzError:
        return {}
    return {name: str(told["id"])} if told and told.get("id") else {}


def budget(plan: Plan) -> dict[str, str]:
    """Find out since when the budget is there, for the parameter that says when it begins; nothing where there is none.

    Scenario: it was made in November, and in December `make deploy` comes again. The parameter's default is the month
    that it is, and Azure refuses another beginning for a budget that is there. No fixed month would do as a default:
    a new budget may not begin in a month that is over.
    """
    name, amount = "budgetStart", plan.value("budgetAmount", "0")
    if amount == "0" or name not in plan.template.declared or plan.value(name):
        return {}
    for group in plan.groups:
        try:
            found = plan.az.get(f"/resourceGroups/{group.name}/providers/Microsoft.Consumption/budgets", _BUDGETS)
        except AzError:
            continue
        for one in (found or {}).get("value", ()):
            if str(one.get("name", "")).startswith(f"budget-{plan.name}-"):
                return {name: str(one["properties"]["timePeriod"]["startDate"])[:10]}
    return {}


def deployment(plan: Plan, more: Mapping[str, str], screen: Screen, stop: Stop) -> Outputs:
    """Deploy, after one that is under way has ended; what passes by itself is tried again. Raises AzError."""
    _await_other(plan, screen, stop)
    words = ["deployment", "group", "create", "--resource-group", plan.group.name, "--name", plan.deployment]
    words += [*plan.template_words(**more), "--query", "properties.outputs"]
    screen.command(plan.az.command(*words))
    for left in reversed(range(TRIES)):
        try:
            with screen.working(
                "Deploying: about five minutes the first time. It goes on in Azure if this is stopped."
            ):
                return _outputs(plan.az.ask(*words))
        except AzError as error:
            if not left or not all(one.code in PASSING for one in error.refusals):
                raise
            screen.say(f"{error} That passes by itself; once more in a moment.")
            stop.wait(plan.asked.pause)
    raise AssertionError("unreachable")


def _await_other(plan: Plan, screen: Screen, stop: Stop) -> None:
    """Wait for a deployment of our name.

    Scenario: Ctrl-C, and the same command again. The first deployment goes on in Azure, and ARM would refuse
    the second one.
    """
    words = ("--resource-group", plan.group.name, "--name", plan.deployment, "--query", "properties.provisioningState")
    told = False
    while True:
        try:
            state = str(plan.az.ask("deployment", "group", "show", *words))
        except AzError:
            return
        if state.lower() not in _GOING:
            return
        if not told:
            screen.say(f"The deployment {plan.deployment} is under way ({state}); this one waits for it.")
        told = True
        stop.wait(plan.asked.pause)


def _outputs(told: Any) -> Outputs:  # noqa: ANN401  it is any JSON
    return {name: str(output.get("value")) for name, output in (told or {}).items()}
