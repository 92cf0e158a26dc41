"""The body of a PUT made trustworthy, or ARM's refusal of it. Pure."""

import re

from aci_emulator.arm import Json
from aci_emulator.limits import Limits
from aci_emulator.spec.casing import GROUP, canonical
from aci_emulator.spec.containers import read_containers
from aci_emulator.spec.credentials import read_identities, read_logins
from aci_emulator.spec.model import GroupSpec
from aci_emulator.spec.network import read_address, read_subnets
from aci_emulator.spec.priority import read_spot
from aci_emulator.spec.reading import Place, check_depth
from aci_emulator.spec.refusals import impossible, refused, told
from aci_emulator.spec.resources import check_sums
from aci_emulator.spec.shapes import check_shapes
from aci_emulator.spec.tags import check_tags
from aci_emulator.spec.terms import Terms
from aci_emulator.spec.volumes import read_volumes
from aci_emulator.states import ALWAYS, NEVER, ON_FAILURE

LOCATION = re.compile(r"[a-z0-9]{1,64}")


def read_spec(
    body: Json,
    limits: Limits = Limits(),
    version: str = "2023-05-01",
    *,
    name: str = "",
) -> GroupSpec:
    """Return what `body` asks for under the request's api-version; ArmError 400 names the first property that is wrong.

    `name` is the group's, for the sentences of refusals.
    """
    check_depth(body)
    terms = Terms(limits, version.lower(), name)
    whole = Place(canonical(body, GROUP))
    terms.check_known(whole)
    location = _location(whole)
    check_tags(whole.value, limits)
    properties = whole.object("properties")
    terms.check_known(properties)
    return _read(whole, properties, location, terms)


def _read(whole: Place, properties: Place, location: str, terms: Terms) -> GroupSpec:
    os_type = _os_type(properties, terms)
    policy = properties.choice("restartPolicy", (ALWAYS, ON_FAILURE, NEVER)) or ALWAYS
    volumes = read_volumes(properties, terms)
    containers, init_containers = read_containers(properties, volumes, terms)
    spot = read_spot(properties, terms)
    check_sums(containers, terms, spot=spot)
    subnets = read_subnets(properties)
    address = read_address(properties, containers, subnets, terms)
    identities = read_identities(whole)
    logins = read_logins(properties, identities, terms)
    check_shapes(properties)
    return GroupSpec(
        location=location,
        os_type=os_type,
        restart_policy=policy,
        containers=containers,
        init_containers=init_containers,
        body=whole.value,
        volumes=volumes,
        logins=logins,
        identities=identities,
        spot=spot,
        address=address,
        subnets=subnets,
        zones=whole.texts("zones"),
    )


def _location(whole: Place) -> str:
    """Return the location as ARM compares it: without spaces, in lower case."""
    location = whole.maybe_text("location")
    if not location:
        raise refused("LocationRequired", "The location property is required for this definition.")
    normal = location.replace(" ", "").lower()
    if not LOCATION.fullmatch(normal):
        raise refused(
            "LocationNotAvailableForResourceType",
            f"The provided location {told(location)} is not available for resource type 'containerGroups'. (location: "
            "letters, digits and spaces)",
        )
    return normal


def _os_type(properties: Place, terms: Terms) -> str:
    given = properties.maybe_text("osType")
    if given is None or given.lower() not in {"linux", "windows"}:
        raise refused(
            "InvalidOsType",
            f"The 'osType' for {terms.group} is invalid. The value must be one of 'Windows,Linux'. "
            f"({properties.at('osType')} is {told(given)})",
        )
    if given.lower() == "windows":
        raise impossible(f"Property '{properties.at('osType')}' is {told(given)}: only Linux is emulated.")
    return "Linux"
