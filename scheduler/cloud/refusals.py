"""ARM's errors told apart: refused for good, and with which remedy, or nothing known (aci.md, 4)."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from scheduler.ports import GroupRefused, Throttled, Unknown
from scheduler.run import Cause

#: Longest sentence of ARM's that is passed on; a Reason is read in a table's cell.
LONGEST = 600
#: The longest that ACI may ask to be left alone: the longest window of its limits (aci.md, 5).
LONGEST_WAIT = timedelta(hours=1)
#: The group is in the middle of another operation; nothing was done.
TRANSITIONING = "ContainerGroupTransitioning"
#: A group of the asked name is there and in the way: a refused PUT says so, and only a look can tell whose it is.
_THERE = frozenset({"InvalidContainerGroupUpdate", "InvalidResourceLocation"})
#: A 404 of these codes speaks of something else than what was asked for: of a wrong setting, or of no ARM at all.
_ELSEWHERE = frozenset({"", "ResourceGroupNotFound", "SubscriptionNotFound", "InvalidSubscriptionId"})
_NO_LOG = "ContainerLogNotAvailable"

#: What is refused for another reason than how the group is described.
_CAUSES: Mapping[str, Cause] = {
    "ContainerGroupQuotaReached": Cause.QUOTA,
    "InaccessibleImage": Cause.IMAGE,
    "RegistryErrorResponse": Cause.IMAGE,
    "MissingSubscriptionRegistration": Cause.DENIED,
    "ReadOnlyDisabledSubscription": Cause.DENIED,
    "ScopeLocked": Cause.DENIED,
}
_CONTRIBUTOR = "Azure Container Instances Contributor Role"
_OPERATOR = "Managed Identity Operator"
_NETWORK = "Network Contributor (or any role with the action subnets/join/action)"
_REMEDIES: Mapping[str, str] = {
    "AuthorizationFailed": f"Give the scheduler's identity the role {_CONTRIBUTOR} on the resource group.",
    "LinkedAuthorizationFailed": f"Give the scheduler's identity the role {_OPERATOR} on each identity that the job "
    f"uses, and {_NETWORK} on its subnet.",
    "RequestDisallowedByPolicy": "An Azure Policy forbids it; no role is missing.",
    "ContainerGroupQuotaReached": "Ask Azure for a higher quota of the region, or name more regions in Locations.",
    "InaccessibleImage": "Check its name and tag; from a private registry it is pulled with an identity that has the "
    "role AcrPull there (settings ACI_REGISTRY and ACI_PULL_IDENTITY, or the job's own).",
    "ResourceGroupNotFound": "Check the setting ACI_RESOURCE_GROUP.",
    "SubscriptionNotFound": "Check the setting AZURE_SUBSCRIPTION_ID.",
    "InvalidSubscriptionId": "Check the setting AZURE_SUBSCRIPTION_ID.",
}
_NOT_SIGNED_IN = (
    "ARM does not accept the scheduler's sign-in, so that no role can help: its managed identity was removed or made "
    "anew, or the setting AZURE_SUBSCRIPTION_ID names a subscription of another tenant."
)
_NOBODY = (
    "The scheduler could not sign in: switch its managed identity on (the setting AZURE_CLIENT_ID says which of "
    "several), or on a laptop run once: az login."
)
_LACKS = re.compile(
    r"does not have (?:authorization|permission) to perform action(?:\(s\))?\s+'(?P<actions>[^']+)'\s+"
    r"(?:over|on the linked) scope(?:\(s\))?\s+'(?P<scopes>[^']+?)'?\s+(?:or the |\(respectively\))"
)
_RESOURCE_GROUP = re.compile(r"^/subscriptions/[^/]+/resourceGroups/[^/]+", re.IGNORECASE)
_NAMESPACE = re.compile(r"namespace '([\w.]+)'")
_WAIT = re.compile(r"(?:after|in) '?(\d+)'? (second|minute)")
_MOST_ROLES = 3


class Gone(GroupRefused):
    """ARM says that the asked group, or its log, is not there."""


class Transitioning(Unknown):
    """The group is in the middle of another operation. Nothing was done: it may be asked again at once."""


def verdict(asked: str, error: HttpResponseError, *, creating: bool = False) -> GroupRefused | Unknown:
    """Tell a refusal (nothing was done, and asking again gives the same) from an answer that tells nothing.

    `asked` begins the sentence: "create ct-a". Throttled, only a create is a refusal: its run can wait and say
    why, while everything else is simply asked again by the next tick. A create that meets a group of its name
    is no refusal: it may be the run's own, from a PUT whose answer was lost.
    """
    status, (code, message) = error.status_code, _said(error)
    sentence = _sentence(asked, error, code, message)
    if isinstance(error, ClientAuthenticationError) or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return GroupRefused(Cause.DENIED, sentence)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return GroupRefused(Cause.THROTTLED, sentence, _after(error, message)) if creating else Throttled(sentence)
    if code == TRANSITIONING:
        return Transitioning(sentence)
    if code == _NO_LOG or (creating and code in _THERE):  # a log is written a moment after the container's end
        return Unknown(sentence)
    if status == HTTPStatus.NOT_FOUND and code not in _ELSEWHERE:
        return Gone(Cause.SPEC, sentence)
    return GroupRefused(_cause(code, message), sentence) if _definite(status) else Unknown(sentence)


def _definite(status: int | None) -> bool:
    tells_nothing = {None, HTTPStatus.REQUEST_TIMEOUT}
    return status not in tells_nothing and HTTPStatus.BAD_REQUEST <= (status or 0) < HTTPStatus.INTERNAL_SERVER_ERROR


def _cause(code: str, message: str) -> Cause:
    """ACI uses one code, ServiceUnavailable, for want of room and for quotas: the text tells them apart."""
    if code in _CAUSES:
        return _CAUSES[code]
    if "quota" in message.lower() and (code == "ServiceUnavailable" or "exceeded" in message.lower()):
        return Cause.QUOTA
    return Cause.CAPACITY if code == "ServiceUnavailable" else Cause.SPEC


def _sentence(asked: str, error: HttpResponseError, code: str, message: str) -> str:
    status = f"HTTP {error.status_code}" if error.status_code else "no answer"
    said = f"{asked}: {code or status}: {message}"
    if len(said) > LONGEST:
        said = said[: LONGEST - 3] + "..."
    return " ".join(filter(None, (said, _remedy(error, code, message))))


def _remedy(error: HttpResponseError, code: str, message: str) -> str:
    """Say what a person can do about it; '' where ARM's own words say it or nothing can be done."""
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return _NOT_SIGNED_IN
    if isinstance(error, ClientAuthenticationError) and error.status_code is None:
        return _NOBODY
    if code == "MissingSubscriptionRegistration":
        told = _NAMESPACE.search(message)
        return f"Run once: az provider register --namespace {told[1] if told else 'Microsoft.ContainerInstance'}."
    return _roles(message) or _REMEDIES.get(code, "")


def _roles(message: str) -> str:
    """Name the missing roles and their scopes, out of ARM's sentence; '' when it speaks of none."""
    if not (lacks := _LACKS.search(message)):
        return ""
    actions, scopes = ([one.strip() for one in lacks[name].split(",")] for name in ("actions", "scopes"))
    pairs = zip(actions if len(actions) == len(scopes) else actions[:1] * len(scopes), scopes, strict=True)
    needed = list(dict.fromkeys(_needed(action, scope) for action, scope in pairs))
    more = f", and {len(needed) - _MOST_ROLES} more" if len(needed) > _MOST_ROLES else ""
    return f"Give the scheduler's identity {', '.join(needed[:_MOST_ROLES])}{more}."


def _needed(action: str, scope: str) -> str:
    asked = action.lower()
    if asked.startswith("microsoft.containerinstance/containergroups/"):
        group = _RESOURCE_GROUP.match(scope)
        return f"the role {_CONTRIBUTOR} on {group[0] if group else scope}"
    if asked.endswith("/userassignedidentities/assign/action"):
        return f"the role {_OPERATOR} on {scope}"
    if asked.endswith("/subnets/join/action"):
        return f"the role {_NETWORK} on {scope}"
    return f"a role with the action {action} on {scope}"


def _after(error: HttpResponseError, message: str) -> timedelta | None:
    """Read how long ACI wants to be left alone, from its header or else from its words."""
    headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
    wait = _header(headers.get("Retry-After", ""), headers.get("Date", ""))
    if wait is None and (told := _WAIT.search(message)):
        wait = float(told[1]) * (60 if told[2] == "minute" else 1)
    return None if wait is None else timedelta(seconds=min(max(wait, 0.0), LONGEST_WAIT.total_seconds()))


def _header(after: str, date: str) -> float | None:
    """Read Retry-After in seconds: a number, or an instant, which counts from the answer's own Date."""
    try:
        seconds = float(after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(after) - parsedate_to_datetime(date)).total_seconds()
        except (ValueError, TypeError):
            return None
    return seconds if seconds == seconds else None  # noqa: PLR0124 - that is how one knows a NaN


def _said(error: HttpResponseError) -> tuple[str, str]:
    """Read code and message of ARM's body, or take the SDK's own words."""
    answer: Any = error.response
    try:
        said = json.loads(answer.text())["error"]
        return str(said.get("code") or ""), str(said.get("message") or "")
    except (AttributeError, ValueError, KeyError, TypeError):
        return "", str(error.message)
