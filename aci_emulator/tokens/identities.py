"""The endpoint where containers get the tokens of their managed identities (aci.md, 1.5 and 7). No clock, no I/O."""

import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aci_emulator.arm import Json
from aci_emulator.spec import model
from aci_emulator.tokens import jwt

LIFETIME = timedelta(hours=24)
"""How long a token holds, as in Azure."""

_NAMING = ("client_id", "object_id", "msi_res_id", "mi_res_id")
_SEVERAL = (
    "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the "
    "token request"
)


def client_id(resource_id: str) -> str:
    """Return the client id of a managed identity: the same for the same resource id, in whichever case."""
    return _guid(resource_id, "client")


def principal_id(resource_id: str) -> str:
    """Return the object id of a managed identity: the same for the same resource id, in whichever case."""
    return _guid(resource_id, "principal")


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts).lower()))


TENANT = _guid("tenant")
"""The one tenant that every subscription and identity belongs to."""


class Refused(Exception):
    """No token is given; the sentence says why, `code` says it for IMDS's clients."""

    def __init__(self, sentence: str, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Identity:
    """One managed identity, named by its resource id; `host` is the id of the resource that it works for."""

    resource_id: str
    host: str

    def token(self, resource: str, at: datetime) -> Json:
        """Return what the endpoint answers: a token for `resource`, issued at `at`. Numbers are texts, as there."""
        begin, end = int(at.timestamp()), int((at + LIFETIME).timestamp())
        return {
            "access_token": jwt.unsigned(self._claims(resource, begin, end)),
            "client_id": client_id(self.resource_id),
            "expires_in": str(end - begin),
            "expires_on": str(end),
            "ext_expires_in": str(end - begin),
            "not_before": str(begin),
            "resource": resource,
            "token_type": "Bearer",
        }

    def answers_to(self, key: str, value: str) -> bool:
        """Return whether `key` of a query, such as client_id, with `value` means this identity."""
        own = {"client_id": client_id(self.resource_id), "object_id": principal_id(self.resource_id)}
        return own.get(key, self.resource_id).lower() == value.lower()

    def _claims(self, resource: str, begin: int, end: int) -> Json:
        issuer = f"https://sts.windows.net/{TENANT}/"
        return {
            "aud": resource,
            "iss": issuer,
            "iat": begin,
            "nbf": begin,
            "exp": end,
            "appid": client_id(self.resource_id),
            "appidacr": "2",
            "idp": issuer,
            "idtyp": "app",
            "oid": principal_id(self.resource_id),
            "sub": principal_id(self.resource_id),
            "tid": TENANT,
            "ver": "1.0",
            "xms_az_rid": self.host,
            "xms_mirid": self.resource_id,
        }


LAPTOP = Identity("/subscriptions/laptop", "/subscriptions/laptop")
"""Whom a program outside every container is taken for, whichever identity it asks for."""


@dataclass(frozen=True)
class Door:
    """The endpoint of one group: its identities, and since when it is open."""

    system: Identity | None
    users: tuple[Identity, ...]
    opened: datetime

    def choose(self, query: Mapping[str, str]) -> Identity:
        """Return the identity that `query` names, else the group's own, else the only one; Refused when none is."""
        named = [(key, query[key]) for key in _NAMING if query.get(key)]
        if len(named) > 1:
            raise Refused(f"Only one of {', '.join(key for key, _ in named)} may name the identity")
        if self.system is not None and not named:
            return self.system
        every = self.users if self.system is None else (self.system, *self.users)
        found = [each for each in every if all(each.answers_to(*name) for name in named)]
        if not found:
            raise Refused("Identity not found")
        if len(found) > 1:
            raise Refused(_SEVERAL)
        return found[0]


class Identities:
    """The endpoints of all groups, each found by a key that nobody can guess."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}

    def open(self, group_id: str, assigned: model.Identities, at: datetime) -> str:
        """Give the containers of a group an endpoint from `at` on, and return its key; `group_id` is a resource id."""
        key = secrets.token_urlsafe(24)
        system = Identity(group_id, group_id) if assigned.system else None
        self._doors[key] = Door(system, tuple(Identity(user, group_id) for user in assigned.users), at)
        return key

    def close(self, key: str) -> None:
        """Take an endpoint away; one that is gone already is no fault."""
        self._doors.pop(key, None)

    def answer(
        self, key: str | None, query: Mapping[str, str], headers: Mapping[str, str], at: datetime, delay: float = 0.0
    ) -> tuple[int, Json]:
        """Answer `GET /metadata/identity/oauth2/token` as the Azure Instance Metadata Service (IMDS) does.

        `key` None: a program outside every container. `headers`: their names in lower case. Within `delay` seconds
        after the endpoint opened it is 404, which clients take for an endpoint to come, and try again.
        """

        def ask() -> Json:
            door = None if key is None else self._door(key, at, delay)
            if headers.get("metadata", "").lower() != "true":
                raise Refused("Required metadata header not specified")
            if "x-forwarded-for" in headers:
                raise Refused("A request with the header X-Forwarded-For is not served")
            resource = _resource(query, since="2018-02-01")
            return (LAPTOP if door is None else door.choose(query)).token(resource, at)

        return _shaped(ask, lambda refused: {"error": refused.code, "error_description": str(refused)})

    def answer_web_app(
        self, key: str, query: Mapping[str, str], headers: Mapping[str, str], at: datetime, delay: float = 0.0
    ) -> tuple[int, Json]:
        """Answer IDENTITY_ENDPOINT as Azure App Service does: the header X-IDENTITY-HEADER must hold `key`."""

        def ask() -> Json:
            door = self._door(key, at, delay)
            if headers.get("x-identity-header") != key:
                raise Refused("The header X-IDENTITY-HEADER is missing or wrong", 401)
            resource = _resource(query, since="2019-08-01")
            return door.choose(query).token(resource, at)

        return _shaped(ask, lambda refused: {"statusCode": refused.status, "message": str(refused)})

    def _door(self, key: str, at: datetime, delay: float) -> Door:
        door = self._doors.get(key)
        if door is None:
            raise Refused("Identity not found")
        if (at - door.opened).total_seconds() < delay:
            raise Refused("The identity endpoint is not ready yet, please try again", 404, "not_found")
        return door


def _resource(query: Mapping[str, str], since: str) -> str:
    """Return what the token shall be for; Refused when `query` does not say it, or in an unknown version."""
    version = query.get("api-version", "")
    if not version:
        raise Refused("Required query variable 'api-version' is missing")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", version) or version < since:
        raise Refused(f"The api-version '{version}' is not supported; {since} is, and later ones")
    if not query.get("resource"):
        raise Refused("Required query variable 'resource' is missing")
    return query["resource"]


def _shaped(ask: Callable[[], Json], shape: Callable[[Refused], Json]) -> tuple[int, Json]:
    try:
        return 200, ask()
    except Refused as refused:
        return refused.status, shape(refused)
