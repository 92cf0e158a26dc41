"""What the person who deploys is allowed to do: to create, and to assign roles, in both groups."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.deploy.azure import AzError
from infra.deploy.finding import Fault, Finding, Note
from infra.deploy.plan import Group, Plan

#: For creating a resource group that is missing, on the subscription.
CREATE_GROUP = "Microsoft.Resources/subscriptions/resourceGroups/write"
#: For a deployment, on each group that it reaches into.
DEPLOY = "Microsoft.Resources/deployments/write"
#: One of the resources, to stand for all of them: a role that holds this one and no others is nobody's.
CREATE = "Microsoft.Web/sites/write"
#: For giving the identities their roles, on each group. Contributor does not have it.
ASSIGN = "Microsoft.Authorization/roleAssignments/write"


def find(plan: Plan) -> Iterator[Finding]:
    """Find each right that is missing. A group that is missing inherits what the subscription grants."""
    missing = [group for group in plan.groups if not group.exists]
    if missing:
        yield from _on_subscription(plan, missing)
    for group in plan.groups:
        if group.exists:
            wanted = _wanted(plan, DEPLOY, CREATE) if group is plan.group else _wanted(plan, DEPLOY)
            yield from _on(plan, plan.scope(group), f"/resourcegroups/{group.name}", f"group {group.name}", wanted)


def _wanted(plan: Plan, *rights: str) -> tuple[str, ...]:
    """Add the right to assign roles, unless the template is told to assign none."""
    return rights if plan.value("assignRoles", "true").lower() == "false" else (*rights, ASSIGN)


def _on_subscription(plan: Plan, missing: Sequence[Group]) -> Iterator[Finding]:
    try:
        granted = list(plan.az.all("/providers/Microsoft.Authorization/permissions", "2022-04-01"))
    except AzError as error:
        yield _unknown(plan, "the subscription", error)
        return
    names = " and ".join(group.name for group in missing)
    if not allows(granted, CREATE_GROUP):
        lines = [f"az group create --name {group.name} --location {_region(plan, group)}" for group in missing]
        yield Fault(
            f"{plan.account.user} may not create resource groups, and there is no {names} yet.",
            f"{CREATE_GROUP} on the subscription; or somebody who has it types this",
            tuple(f"{line} --subscription {plan.account.subscription}" for line in lines),
        )
    for right in _wanted(plan, CREATE):
        if not allows(granted, right):
            yield _fault(plan, right, plan.scope(), "the subscription")


def _region(plan: Plan, group: Group) -> str:
    return plan.jobs_region if group is plan.jobs else plan.region


def _on(plan: Plan, scope: str, path: str, what: str, wanted: Sequence[str]) -> Iterator[Finding]:
    try:
        granted = list(plan.az.all(f"{path}/providers/Microsoft.Authorization/permissions", "2022-04-01"))
    except AzError as error:
        yield _unknown(plan, f"the resource {what}", error)
        return
    for right in wanted:
        if not allows(granted, right):
            yield _fault(plan, right, scope, f"the resource {what}")


def _fault(plan: Plan, right: str, scope: str, what: str) -> Fault:
    role = "Role Based Access Control Administrator" if right == ASSIGN else "Contributor"
    verb = "assign roles" if right == ASSIGN else "create resources"
    return Fault(
        f"{plan.account.user} may not {verb} in {what}: {right} is not granted.",
        f"{role}, or Owner, there; an owner types this",
        (f'az role assignment create --assignee {plan.account.user} --role "{role}" --scope {scope}',),
    )


def _unknown(plan: Plan, what: str, error: AzError) -> Note:
    return Note(f"What {plan.account.user} may do in {what} could not be looked up, and shows when deploying: {error}")


def allows(granted: Sequence[Mapping[str, Any]], action: str) -> bool:
    """Tell whether any of the roles allows an action; `notActions` take away from their own role only."""
    return any(_in(one.get("actions"), action) and not _in(one.get("notActions"), action) for one in granted)


def _in(patterns: Sequence[str] | None, action: str) -> bool:
    return any(_regex(pattern).fullmatch(action) for pattern in patterns or ())


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
