"""What runs: an app that Flex Consumption takes, settings that the scheduler reads, subnets that carry it."""

from collections.abc import Iterator
from typing import Any

from scheduler.settings import SETTINGS, Settings
from tests.infra import expected
from tests.infra.plan import Plan
from tests.infra.policy import Infra


def flexible(infra: Infra) -> Iterator[str]:
    """The app is one that Flex Consumption takes, on the Python that this code is written for."""
    for title, made in infra.plans.items():
        sites, plans = made.of("Microsoft.Web/sites"), made.of("Microsoft.Web/serverfarms")
        if len(sites) != 1 or len(plans) != 1:
            yield f"{title}: a Flex Consumption plan carries exactly one app"
            continue
        site, config = sites[0], sites[0].properties["siteConfig"]
        for name in sorted(config.keys() - expected.SITE_CONFIG):
            yield f"{site}: siteConfig.{name} is refused on Flex Consumption"
        for name in sorted(settings_of(made).keys() & expected.NOT_ON_FLEX):
            yield f"{site}: the app setting {name} may not be set on Flex Consumption"
        for name in sorted(n for n in settings_of(made) if n.startswith("WEBSITE_CONTENT")):
            yield f"{site}: the app setting {name} may not be set on Flex Consumption"
        if (site.body.get("kind"), plans[0].body.get("kind")) != ("functionapp,linux", "functionapp"):
            yield f"{site}: its kind is {site.body.get('kind')}, and the plan's {plans[0].body.get('kind')}"
        runtime = site.properties["functionAppConfig"]["runtime"]
        if runtime != {"name": "python", "version": "3.13"}:
            yield f"{site}: the runtime is {runtime}: it must be Python 3.13"
        if plans[0].body.get("sku") != {"name": "FC1", "tier": "FlexConsumption"}:
            yield f"{plans[0]}: its sku is {plans[0].body.get('sku')}: it must be FC1"
        way = site.properties["functionAppConfig"]["deployment"]["storage"]["authentication"]
        identity = way.get("userAssignedIdentityResourceId")
        if way.get("type") != "UserAssignedIdentity" or identity not in site.body["identity"]["userAssignedIdentities"]:
            yield f"{site}: its package is not fetched with an identity that it has"


def settings_of(made: Plan) -> dict[str, Any]:
    """Give the app settings; a name that stands twice is a fault of its own."""
    rows = made.of("Microsoft.Web/sites")[0].properties["siteConfig"]["appSettings"]
    names = [row["name"].lower() for row in rows]
    assert len(names) == len(set(names)), f"an app setting stands twice: {sorted(names)}"
    return {row["name"]: row["value"] for row in rows}


def settled(infra: Infra) -> Iterator[str]:
    """App settings are exactly those that the scheduler reads and the host needs, and the scheduler accepts them."""
    ours = set(SETTINGS.values()) - expected.NOT_IN_AZURE
    for title, made in infra.plans.items():
        given = settings_of(made)
        sign_in = expected.SIGN_IN_SETTINGS if made is infra.most else set()
        for name in sorted(given.keys() - ours - expected.HOST_SETTINGS - sign_in):
            yield f"{title}: the app setting {name} is read by nobody"
        needed = expected.HOST_SETTINGS | sign_in
        for name in sorted(needed - given.keys()):
            yield f"{title}: the app setting {name} is missing"
        read = Settings.read({name: str(value) for name, value in given.items()})
        read.need_azure()
        if not read.client_id or not read.pull_identity or not read.registry:
            yield f"{title}: the scheduler is not told its client id, or how images are pulled"
    for name in sorted(ours - settings_of(infra.most).keys()):
        yield f"the app setting {name} of scheduler/settings.py can be set by no parameter"


def networked(infra: Infra) -> Iterator[str]:
    """Each subnet belongs to those that stand in it, and reaches the internet."""
    for network in infra.most.of("Microsoft.Network/virtualNetworks"):
        subnets = {subnet["name"]: subnet["properties"] for subnet in network.properties["subnets"]}
        for name, owner in expected.DELEGATED.items():
            delegations = subnets.get(name, {}).get("delegations", [])
            if [each["properties"]["serviceName"] for each in delegations] != [owner]:
                yield f"{network}: the subnet {name} is not delegated to {owner}"
            services = {each["service"] for each in subnets.get(name, {}).get("serviceEndpoints", [])}
            if services != expected.ENDPOINTS:
                yield f"{network}: the subnet {name} has the service endpoints {sorted(services)}"
            if not subnets.get(name, {}).get("natGateway"):
                yield f"{network}: nothing in the subnet {name} reaches the internet"
