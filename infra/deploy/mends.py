"""What to do about each reason that ARM refuses a deployment for.

The codes are those of ARM and the resource providers, as their public documentation lists them for deployments.
A reason that is not here is told in ARM's words, with the command that shows the deployment's operations.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.deploy.finding import Fault
from infra.deploy.plan import Plan
from infra.deploy.refusal import Refusal

type Lines = Callable[[Plan, Refusal], tuple[str, ...]]


@dataclass(frozen=True)
class Mend:
    """What is needed, and the lines to type."""

    needed: str
    lines: Lines


#: Refusals that pass by themselves within minutes: an identity that was made a moment ago is not yet known to those
#: who assign roles; a service was busy.
PASSING = {
    *("PrincipalNotFound", "RetryableError", "ServerTimeout", "GatewayTimeout", "ServiceUnavailable"),
    *("TooManyRequests", "AnotherOperationInProgress", "InternalServerError", "PreconditionFailed"),
}

_ASSIGNMENT = re.compile(r"The ID of the (?:existing|conflicting) role assignment is '?(\w+)'?", re.IGNORECASE)


def faults(refusals: Sequence[Refusal], plan: Plan) -> Iterator[Fault]:
    """Tell each reason with its mend."""
    for refusal in refusals:
        mend = _MENDS.get(refusal.code, _bicep if refusal.code.startswith("BCP") else _OTHER)
        code = f"{refusal.code}: " if refusal.code else ""
        target = f" ({refusal.target})" if refusal.target and refusal.target not in refusal.message else ""
        yield Fault(f"{code}{refusal.message}{target}", mend.needed, mend.lines(plan, refusal))


def _again(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return (plan.asked.command(),)


def _region(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return (plan.asked.command(location="REGION", group=f"{plan.group.name}-2"),)


def _name(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return (plan.asked.command(name=f"{plan.name[:11]}2"),)


def _login(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return f"az login --tenant {plan.account.tenant}", plan.asked.command()


def _register(plan: Plan, refusal: Refusal) -> tuple[str, ...]:
    found = re.search(r"\b(Microsoft\.\w+)", refusal.message)
    namespace = found[1] if found else "NAMESPACE"
    sub = plan.account.subscription
    return f"az provider register --namespace {namespace} --wait --subscription {sub}", plan.asked.command()


def _role(plan: Plan, refusal: Refusal) -> tuple[str, ...]:
    found = re.search(r"over scope '([^']+)'", refusal.message)
    role = "Role Based Access Control Administrator" if "roleAssignments" in refusal.message else "Contributor"
    scope = found[1] if found else plan.scope(plan.group)
    line = f'az role assignment create --assignee {plan.account.user} --role "{role}" --scope {_group_of(scope)}'
    return line, plan.asked.command()


def _group_of(scope: str) -> str:
    """Tell the resource group of a resource: a right on one resource does not carry a deployment."""
    return re.sub(r"(/resourceGroups/[^/]+)/.*", r"\1", scope, flags=re.IGNORECASE)


def _assignment(plan: Plan, refusal: Refusal) -> tuple[str, ...]:
    found = _ASSIGNMENT.search(refusal.message)
    list_ = f"az role assignment list --all --subscription {plan.account.subscription} --output table"
    scope = plan.scope(plan.group)
    old = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{found[1]}" if found else "ID"
    return (list_, f"az role assignment delete --ids {old}", plan.asked.command())


def _jobs_group(plan: Plan, refusal: Refusal) -> tuple[str, ...]:
    found = re.search(r"'([^']+)'", refusal.message)
    name = found[1] if found else plan.jobs.name
    region = plan.jobs_region if name == plan.jobs.name else plan.region
    sub = plan.account.subscription
    return f"az group create --name {name} --location {region} --subscription {sub}", plan.asked.command()


def _vault(plan: Plan, refusal: Refusal) -> tuple[str, ...]:
    sub = plan.account.subscription
    found = re.search(r"/vaults/([\w-]+)", f"{refusal.target} {refusal.message}")
    recover = (
        f"az keyvault recover --name {found[1] if found else 'NAME'} --location {plan.region} --subscription {sub}"
    )
    return f"az keyvault list-deleted --resource-type vault --subscription {sub}", recover, plan.asked.command()


def _lock(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    sub = plan.account.subscription
    list_ = f"az lock list --resource-group {plan.group.name} --subscription {sub} --output table"
    return list_, "az lock delete --ids ID", plan.asked.command()


def _policy(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    sub = plan.account.subscription
    return (
        f"az policy assignment list --disable-scope-strict-match --subscription {sub} --output table",
        plan.asked.with_parameter("tags", '{"costCentre": "…"}'),
    )


def _wait(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    group, sub = plan.group.name, plan.account.subscription
    wait = f"az deployment group wait --created --resource-group {group} --name {plan.deployment} --subscription {sub}"
    return wait, plan.asked.command()


def _subscription(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return "az account list --output table", plan.asked.command(subscription="NAME_OR_ID")


def _compile(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    return "az bicep build --file infra/main.bicep --stdout", plan.asked.command()


def _operations(plan: Plan, _refusal: Refusal) -> tuple[str, ...]:
    group, sub = plan.group.name, plan.account.subscription
    words = f"--resource-group {group} --name {plan.deployment} --subscription {sub}"
    query = "--query \"[?properties.provisioningState=='Failed'].properties.statusMessage\""
    return f"az deployment operation group list {words} {query}", plan.asked.command()


def _table(*rows: tuple[str, str, Lines]) -> Mapping[str, Mend]:
    return {code: Mend(needed, lines) for codes, needed, lines in rows for code in codes.split()}


_OTHER = Mend("what the service asks for; the first command shows each operation that failed", _operations)
_bicep = Mend("a template that compiles", _compile)
_LOCATION = "LocationNotAvailableForResourceType LocationNotAvailableForResourceGroup SkuNotAvailable InvalidLocation"
_NAMES = (
    "StorageAccountAlreadyTaken StorageAccountInAnotherResourceGroup AlreadyInUse NameNotAvailable VaultAlreadyExists"
)
_PROVIDER = "MissingSubscriptionRegistration SubscriptionNotRegistered MissingRegistrationForLocation"
_QUOTA = "QuotaExceeded SubscriptionIsOverQuotaForSku ContainerGroupQuotaReached OperationNotAllowed"
_SUBSCRIPTION = "ReadOnlyDisabledSubscription SubscriptionNotFound DisallowedOperation"
_TOKEN = "LoginRequired InvalidAuthenticationToken ExpiredAuthenticationToken InvalidAuthenticationTokenTenant"  # noqa: S105  codes
_ROLE = "the role, which an owner gives by the first line; it takes minutes to be known"
_BY_HAND = "that what somebody gave by hand is taken away: the template gives roles under names of its own"
_ANEW = "that the role of an identity which is no more is taken away: one of its name was deleted and made anew"
_MOVE = "the region where it is: a deployment moves nothing (docs/operate.md has how)"
_TAGS = "what the policy wants, often a tag or a region; the first command lists the policies, the second gives tags"
_PATIENCE = "patience: it passes within minutes, and the same command goes on where it stopped"
_MENDS = _table(
    (_TOKEN, "a login that holds, in the subscription's own tenant", _login),
    (_SUBSCRIPTION, "a subscription that takes changes", _subscription),
    ("AuthorizationFailed LinkedAuthorizationFailed Forbidden", _ROLE, _role),
    ("RoleAssignmentExists", _BY_HAND, _assignment),
    ("RoleAssignmentUpdateNotPermitted", _ANEW, _assignment),
    (_PROVIDER, "the provider registered", _register),
    (_LOCATION, "a region that has it", _region),
    ("InvalidResourceLocation InvalidResourceGroupLocation", _MOVE, _region),
    (_NAMES, "another NAME, from which all names are made", _name),
    ("ConflictError SoftDeletedVaultAlreadyExists", "that the deleted one of this name is recovered", _vault),
    (_QUOTA, "a higher quota (docs/operate.md), or another region", _region),
    ("MaxStorageAccountsCountPerSubscriptionExceeded", "a storage account fewer, or elsewhere", _subscription),
    ("ResourceGroupNotFound", "both resource groups", _jobs_group),
    ("ResourceGroupBeingDeleted", "that the group is gone, or another one", _again),
    ("RequestDisallowedByPolicy", _TAGS, _policy),
    ("ScopeLocked", "no lock on the group while it is deployed into", _lock),
    ("DeploymentActive DeploymentBeingDeleted", "that the deployment which is under way ends first", _wait),
    ("DeploymentQuotaExceeded", "fewer than 800 deployments in the group's history", _operations),
    ("InvalidTemplate InvalidDeploymentParameterValue", "parameters and a template that fit each other", _compile),
    (" ".join(PASSING), _PATIENCE, _again),
)
