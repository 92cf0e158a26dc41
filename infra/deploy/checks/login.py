"""Logged in, into a subscription that takes changes."""

from collections.abc import Iterator

from infra.deploy.asked import Asked
from infra.deploy.azure import Az, AzError
from infra.deploy.finding import Fault, Finding, Note
from infra.deploy.plan import Account

_NEEDED = "a login that reaches the subscription to deploy into"
_CHOOSE = "az account list --output table"


def find(az: Az, asked: Asked) -> tuple[Account | None, list[Finding]]:
    """Find the account, and what is wrong with it."""
    try:
        account = _account(az, asked)
    except AzError as error:
        return None, [_no_account(error, asked)]
    try:
        findings = list(_state(az.on(account.subscription), account, asked))
    except AzError as error:
        return None, [_no_reach(error, account, asked)]
    return account, findings


def _account(az: Az, asked: Asked) -> Account:
    chosen = ["--subscription", asked.subscription] if asked.subscription else []
    told = az.ask("account", "show", *chosen)
    user = told.get("user") or {}
    return Account(told["id"], told["name"], told["tenantId"], str(user.get("name")), str(user.get("type")))


def _no_account(error: AzError, asked: Asked) -> Fault:
    if "az login" in error.text:
        return Fault("az is not logged in.", _NEEDED, ("az login",))
    if asked.subscription:
        mend = (_CHOOSE, asked.command(subscription="00000000-0000-0000-0000-000000000000"), "az login --tenant TENANT")
        found = f"SUBSCRIPTION is {asked.subscription!r}, and this login knows no such subscription."
        return Fault(found, "the name or id of one in the list of the first command", mend)
    return Fault(f"az account show failed: {error}", _NEEDED, ("az login",))


def _no_reach(error: AzError, account: Account, asked: Asked) -> Fault:
    name = f"{account.subscription_name} ({account.subscription})"
    if error.has("SubscriptionNotFound", "AuthorizationFailed", "NotFound"):
        mend = (_CHOOSE, asked.command(subscription="NAME_OR_ID"))
        return Fault(f"{account.user} may not see the subscription {name}: {error}", _NEEDED, mend)
    again = f"az login --tenant {account.tenant}"
    if any(word in error.text for word in ("AADSTS", "az login", "az logout", "Token", "Unauthorized")):
        return Fault(f"The login of {account.user} no longer holds: {error}", _NEEDED, (again,))
    return Fault(f"The subscription {name} could not be looked up: {error}", "an answer from Azure", (again,))


def _state(az: Az, account: Account, asked: Asked) -> Iterator[Finding]:
    """Ask ARM itself: what az keeps of a subscription's state is as old as the login."""
    state = az.get("", "2022-12-01").get("state", "Enabled")
    name = f"{account.subscription_name} ({account.subscription})"
    if state in {"Disabled", "Deleted", "Expired"}:
        reactivate = "In the portal: Subscriptions, choose it, Reactivate; or deploy into another one:"
        mend = (reactivate, _CHOOSE, asked.command(subscription="NAME_OR_ID"))
        yield Fault(f"The subscription {name} is {state}: it takes no changes.", "one that is Enabled", mend)
    elif state != "Enabled":
        yield Note(f"The subscription {name} is {state}: it works, and will be disabled unless its bill is paid.")
