"""ARM's errors told apart: refused for good, and with which remedy, or nothing known (aci.md, 4)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Cause

#: Longest sentence of ARM's that is passed on; a Reason is read in a table's cell.
LONGEST = 600
#: The group is in the middle of another operation; nothing was done.
TRANSITIONING = "ContainerGroupTransitioning"
#: A 404 of these codes speaks of something else than what was asked for: of a wrong setting, or of no ARM at all.
_ELSEWHERE = frozenset({"", "ResourceGroupNotFound", "SubscriptionNotFound", "InvalidSubscriptionId"})
_NO_LOG = "ContainerLogNotAvailable"

_CAUSES: Mapping[str, Cause] = {
    "ContainerGroupQuotaReached": Cause.QUOTA,
    "InaccessibleImage": Cause.IMAGE,
    "RegistryErrorResponse": Cause.IMAGE,
    "InvalidImageRegistryCredentialType": Cause.IMAGE,
    "AmbiguousImageResitryCredentialType": Cause.IMAGE,
    "InvalidImageRegistryIdentity": Cause.IMAGE,
    "MissingSubscriptionRegistration": Cause.DENIED,
    TRANSITIONING: Cause.PLATFORM,
}
_REMEDIES: Mapping[str, str] = {
    "AuthorizationFailed": "Give the scheduler's identity the role Azure Container Instances Contributor on the "
    "resource group.",
    "LinkedAuthorizationFailed": "Give the scheduler's identity the role Managed Identity Operator on each identity "
    "that a job uses, and subnets/join/action on the subnet.",
    "MissingSubscriptionRegistration": "Run once: az provider register --namespace Microsoft.ContainerInstance.",
}


class Gone(GroupRefused):
    """ARM says that the asked group, or its log, is not there."""


class Transitioning(Unknown):
    """The group is in the middle of another operation. Nothing was done: it may be asked again at once."""


def verdict(asked: str, error: HttpResponseError, *, creating: bool = False) -> GroupRefused | Unknown:
    """Tell a refusal (nothing was done, and asking again gives the same) from an answer that tells nothing.

    `asked` begins the sentence: "create ct-a". Throttled or transitioning, only a create is a refusal: its run
    can wait and say why, while everything else is simply asked again by the next tick.
    """
    status, code, sentence = error.status_code, _said(error)[0], _sentence(asked, error)
    if isinstance(error, ClientAuthenticationError) or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return GroupRefused(Cause.DENIED, sentence)
    if status == HTTPStatus.TOO_MANY_REQUESTS and creating:
        return GroupRefused(Cause.THROTTLED, sentence)
    if code == TRANSITIONING and not creating:
        return Transitioning(sentence)
    if code == _NO_LOG:  # not yet: it is written a moment after the container's end
        return Unknown(sentence)
    if status == HTTPStatus.NOT_FOUND and code not in _ELSEWHERE:
        return Gone(Cause.SPEC, sentence)
    return GroupRefused(_cause(error), sentence) if _definite(status) else Unknown(sentence)


def _definite(status: int | None) -> bool:
    tells_nothing = {None, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    return status not in tells_nothing and HTTPStatus.BAD_REQUEST <= (status or 0) < HTTPStatus.INTERNAL_SERVER_ERROR


def _cause(error: HttpResponseError) -> Cause:
    name, message = _said(error)
    if name == "ServiceUnavailable":
        return Cause.QUOTA if "quota" in message else Cause.CAPACITY
    return _CAUSES.get(name, Cause.SPEC)


def _sentence(asked: str, error: HttpResponseError) -> str:
    name, message = _said(error)
    status = f"HTTP {error.status_code}" if error.status_code else "no answer"
    said = f"{asked}: {name or status}: {message}"
    if len(said) > LONGEST:
        said = said[: LONGEST - 3] + "..."
    return " ".join(filter(None, (said, _REMEDIES.get(name))))


def _said(error: HttpResponseError) -> tuple[str, str]:
    """Read code and message of ARM's body, or take the SDK's own words."""
    answer: Any = error.response
    try:
        said = json.loads(answer.text())["error"]
        return str(said.get("code") or ""), str(said.get("message") or "")
    except (AttributeError, ValueError, KeyError, TypeError):
        return "", str(error.message)
