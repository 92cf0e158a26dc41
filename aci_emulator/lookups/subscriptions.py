"""Subscriptions, tenants, and the regions of a subscription. Any subscription exists. Pure."""

from collections.abc import Iterable

from aci_emulator.arm import Answer, Json
from aci_emulator.lookups.regions import REGIONS
from aci_emulator.tokens import TENANT

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""The subscription that is listed before any was used: command-line tools take none for no access."""


def subscriptions(used: Iterable[str]) -> Answer:
    """Return the list of those that were `used`, each once and as it was first written, and SUBSCRIPTION."""
    known: dict[str, str] = {SUBSCRIPTION: SUBSCRIPTION}
    for name in used:
        known.setdefault(name.lower(), name)
    return Answer(200, {"value": [_body(name) for name in known.values()], "count": _count(len(known))})


def subscription(name: str) -> Answer:
    """Return one subscription; any exists."""
    return Answer(200, _body(name))


def locations(name: str) -> Answer:
    """Return the regions of a subscription."""
    return Answer(200, {"value": [region.body(name) for region in REGIONS]})


def tenants() -> Answer:
    """Return the one tenant."""
    tenant = {
        "id": f"/tenants/{TENANT}",
        "tenantId": TENANT,
        "countryCode": "US",
        "displayName": "Emulator",
        "domains": ["emulator.onmicrosoft.com"],
        "defaultDomain": "emulator.onmicrosoft.com",
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }
    return Answer(200, {"value": [tenant]})


def _body(name: str) -> Json:
    return {
        "id": f"/subscriptions/{name}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": name,
        "tenantId": TENANT,
        "displayName": f"Emulated subscription {name}",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _count(total: int) -> Json:
    return {"type": "Total", "value": total}
