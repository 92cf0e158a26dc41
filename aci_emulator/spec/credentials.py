"""Identities of a group, and the credentials with which it pulls images (aci.md, 2, 4 and 7). Pure."""

import math
import re

from aci_emulator.runtime import Login
from aci_emulator.spec.model import Identities
from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible, invalid, missing, mistyped, refused, told
from aci_emulator.spec.terms import Terms

KINDS = {
    "none": (False, False),
    "systemassigned": (True, False),
    "systemassigned,userassigned": (True, True),
    "userassigned": (False, True),
    "userassigned,systemassigned": (True, True),
}
"""Identity type -> whether the group has one of its own, and ones that users made."""

USER_IDENTITY = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.managedidentity/userassignedidentities/[^/]+",
    re.IGNORECASE,
)
SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?")
PULL_BY_IDENTITY = "2021-07-01"
"""The first api-version in which a user-assigned identity may pull."""


def read_identities(body: Place) -> Identities:
    """Return the identities that the group has."""
    place = body.maybe_object("identity")
    if place is None:
        return Identities()
    kind = place.text("type")
    if kind.replace(" ", "").lower() not in KINDS:
        allowed = "'SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None'"
        raise invalid(place.at("type"), kind, allowed)
    system, user = KINDS[kind.replace(" ", "").lower()]
    named = place.maybe_object("userAssignedIdentities")
    users = tuple(named.value) if named else ()
    if bool(users) != user:
        raise impossible(
            f"Property '{place.at('type')}' is {told(kind)}, and {place.at('userAssignedIdentities')} names "
            f"{len(users)} identities. Allowed: identities with the type UserAssigned, and only with it."
        )
    if named:
        _check_ids(named)
    return Identities(system, users)


def read_logins(properties: Place, identities: Identities, terms: Terms) -> tuple[Login, ...]:
    """Return the credentials of registries."""
    places = properties.objects("imageRegistryCredentials", math.inf, "credentials")
    return tuple(_login(place, identities, terms) for place in places)


def _check_ids(named: Place) -> None:
    for name, value in named.value.items():
        if not USER_IDENTITY.fullmatch(name):
            raise impossible(
                f"Property '{named.path}' names {told(name)}. Allowed: '/subscriptions/{{subscriptionId}}/"
                "resourceGroups/{resourceGroupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
                "{identityName}'."
            )
        if not isinstance(value, dict):
            raise mistyped(f"{named.path}[{told(name)}]", value, "an object")


def _login(place: Place, identities: Identities, terms: Terms) -> Login:
    server = _server(place, terms)
    username, password = place.maybe_text("username"), place.maybe_text("password")
    identity = place.maybe_text("identity")
    place.maybe_text("identityUrl")
    if place.get("passwordReference") is not None:
        raise impossible(f"Property '{place.at('passwordReference')}' is not emulated.")
    if bool(username) == bool(identity) or (identity and password):
        raise refused(
            "AmbiguousImageResitryCredentialType",
            f"The registry credential type in the 'imageRegistryCredentials' of {terms.group} cannot be detected. "
            f"Please set exactly one of username or identity ({place.path})",
        )
    if identity:
        _check_pull(place, identity, identities, terms)
    elif not password:
        raise missing("password", place.path)
    return Login(server, username or "", password or "", identity or "")


def _server(place: Place, terms: Terms) -> str:
    server = place.text("server")
    if not SERVER.fullmatch(server):
        raise refused(
            "InvalidImageRegistryServer",
            f"The server {told(server)} in the 'imageRegistryCredentials' of {terms.group} is invalid. It should be a "
            f"valid host name without protocol. ({place.at('server')})",
        )
    return server


def _check_pull(place: Place, identity: str, identities: Identities, terms: Terms) -> None:
    """Refuse to pull with `identity` unless it is user-assigned and the group has it."""
    if terms.precede(PULL_BY_IDENTITY):
        raise refused(
            "InvalidImageRegistryCredentialType",
            f"Identity in 'imageRegistryCredentials' of {terms.group} is not supported. ({place.at('identity')} needs "
            f"api-version {PULL_BY_IDENTITY} or later, not {terms.version})",
        )
    if identity.lower() not in {user.lower() for user in identities.users}:
        raise refused(
            "InvalidImageRegistryIdentity",
            f"The identity in the 'imageRegistryCredentials' of {terms.group} not found in container group identity "
            f"list. ({place.at('identity')} is {told(identity)})",
        )
