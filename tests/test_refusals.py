"""Every error that ACI and ARM are known for: whose fault it is, whether it is final, and what the row will say."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from scheduler.cloud.refusals import LONGEST, Gone, Transitioning, verdict
from scheduler.ports import GroupRefused, Throttled, Unknown
from scheduler.run import Cause

GROUP = "/subscriptions/s-1/resourceGroups/Jobs/providers/Microsoft.ContainerInstance/containerGroups/ct-a"
IDENTITY = "/subscriptions/s-1/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/etl"
SUBNET = "/subscriptions/s-1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/jobs"
WRITE = "Microsoft.ContainerInstance/containerGroups/write"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
CONTRIBUTOR = "Azure Container Instances Contributor Role"


def answered(status: int, code: str, message: str = "Because.", **headers: str) -> HttpResponseError:
    """Build the error that the SDK raises for this answer of ARM's."""
    body = json.dumps({"error": {"code": code, "message": message}})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Any = SimpleNamespace(
        status_code=status, reason="Because", headers=named, text=lambda *_: body, body=body.encode
    )
    return HttpResponseError(message=message, response=response)


def refused(status: int, code: str, message: str = "Because.", **headers: str) -> GroupRefused:
    said = verdict("create ct-a", answered(status, code, message, **headers), creating=True)
    assert isinstance(said, GroupRefused), said
    return said


def lacks(action: str, scope: str) -> str:
    return (
        f"The client 'c' with object id 'o' does not have authorization to perform action '{action}' over scope "
        f"'{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


def lacks_linked(actions: str, scopes: str, plural: str = "(s)", end: str = " (respectively)") -> str:
    return (
        f"The client 'c' with object id 'o' has permission to perform action '{WRITE}' on scope '{GROUP}'; however, it "
        f"does not have permission to perform action{plural} '{actions}' on the linked scope(s) '{scopes}'{end} or the "
        "linked scope(s) are invalid."
    )


# One row for each of aci.md, section 4, in its order.
@pytest.mark.parametrize(
    ("status", "code", "message", "cause", "told"),
    [
        (
            409, "ServiceUnavailable",
            ("The requested resource is not available in the location 'westeurope' at this moment. Please retry with a "
            "different resource request or in another location. Resource requested: '2' CPU '4' GB memory 'Linux' OS"),
            Cause.CAPACITY, "in another location",
        ),
        (
            400, "ContainerGroupQuotaReached",
            ("Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' "
            "exceeded in region 'eastus'. Limit: '10', Usage: '10' Requested: '1'."),
            Cause.QUOTA, "Ask Azure for a higher quota of the region, or name more regions in Locations.",
        ),
        (
            409, "ContainerGroupQuotaReached",
            ("Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardSpotCores' "
            "exceeded in region 'westus'. Limit: '10', Usage: '10' Requested: '1'."),
            Cause.QUOTA, "'StandardSpotCores' exceeded",
        ),
        (
            409, "ServiceUnavailable",
            ("Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'ContainerGroups' "
            "exceeded in region 'westus'. Limit: '0', Usage: '0' Requested: '1'."),
            Cause.QUOTA, "Limit: '0'",
        ),
        (
            400, "InaccessibleImage",
            ("The image 'x:1' in container group 'ct-a' is not accessible. Please check the image and registry "
            "credential."),
            Cause.IMAGE, "AcrPull",
        ),
        (409, "RegistryErrorResponse", "An error response is received from the docker registry 'index.docker.io'.",
         Cause.IMAGE, "index.docker.io"),
        (400, "InvalidImageRegistryCredentialType", "is not supported", Cause.SPEC, "is not supported"),
        (400, "AmbiguousImageResitryCredentialType", "both set", Cause.SPEC, "both set"),
        (400, "InvalidImageRegistryIdentity", "not in the list", Cause.SPEC, "not in the list"),
        (400, "InvalidContainerEnvironmentVariable", "the name must", Cause.SPEC, "the name must"),
        (400, "InvalidRequestContent", "Required property 'server' not found", Cause.SPEC, "Required property"),
        (400, "OsVersionNotSupported", "The OS version of image 'x' is not supported.", Cause.SPEC, "OS version"),
        (400, "SpotPriorityContainerGroupNotSupportedForInboundConnectivity", "ports", Cause.SPEC, "Spot"),
        (400, "SpotPriorityContainerGroupNotSupportedInSku", "sku", Cause.SPEC, "NotSupportedInSku"),
        (400, "PriorityNotSpecified", "priority", Cause.SPEC, "PriorityNotSpecified"),
        (400, "NoRegisteredProviderFound", "No registered resource provider found for location 'moon'.",
         Cause.SPEC, "'moon'"),
        (403, "AuthorizationFailed", lacks(WRITE, GROUP), Cause.DENIED,
         f"Give the scheduler's identity the role {CONTRIBUTOR} on /subscriptions/s-1/resourceGroups/Jobs."),
        (403, "LinkedAuthorizationFailed", lacks_linked(ASSIGN, IDENTITY), Cause.DENIED,
         f"Give the scheduler's identity the role Managed Identity Operator on {IDENTITY}."),
        (404, "ResourceGroupNotFound", "Resource group 'jobs' could not be found.", Cause.SPEC, "ACI_RESOURCE_GROUP"),
        (429, "SubscriptionRequestsThrottled", "Please try again after '7' seconds.", Cause.THROTTLED, "'7' seconds"),
        (429, "ResourceRequestsThrottled", "Please try again after '7' seconds.", Cause.THROTTLED, "'7' seconds"),
        (409, "MissingSubscriptionRegistration",
         "The subscription is not registered to use namespace 'Microsoft.ContainerInstance'.", Cause.DENIED,
         "Run once: az provider register --namespace Microsoft.ContainerInstance."),
    ],
)  # fmt: skip
def test_a_definite_refusal_has_its_cause_and_its_sentence(
    status: int, code: str, message: str, cause: Cause, told: str
) -> None:
    said = refused(status, code, message)
    assert (said.cause, type(said)) == (cause, GroupRefused)
    assert said.sentence.startswith(f"create ct-a: {code}: {message[:200]}")
    assert told in said.sentence


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "ContainerGroupTransitioning"),
        (400, "InvalidContainerGroupUpdate"),
        (409, "InvalidResourceLocation"),
    ],
)
def test_a_create_that_meets_a_group_of_its_name_tells_nothing(status: int, code: str) -> None:
    """It may be the run's own, from a PUT whose answer was lost: to call it refused would leave it running."""
    said = verdict("create ct-a", answered(status, code), creating=True)
    assert isinstance(said, Unknown)
    assert code in str(said)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
        (408, "RequestTimeout"),
        (404, "ContainerLogNotAvailable"),
        (202, ""),
        (301, ""),
    ],
)
@pytest.mark.parametrize("creating", [True, False])
def test_an_answer_that_tells_nothing_is_no_refusal(status: int, code: str, creating: bool) -> None:
    assert isinstance(verdict("create ct-a", answered(status, code), creating=creating), Unknown)


def test_what_is_not_there_is_gone_and_what_transitions_may_be_asked_again() -> None:
    assert isinstance(verdict("get ct-a", answered(404, "ResourceNotFound")), Gone)
    assert isinstance(verdict("delete ct-a", answered(409, "ContainerGroupTransitioning")), Transitioning)


def test_a_look_that_is_throttled_is_asked_again_by_the_next_tick() -> None:
    assert isinstance(verdict("get ct-a", answered(429, "SubscriptionRequestsThrottled")), Throttled)


@pytest.mark.parametrize(
    ("action", "scope", "needed"),
    [
        (WRITE, GROUP, f"the role {CONTRIBUTOR} on /subscriptions/s-1/resourceGroups/Jobs."),
        (WRITE.replace("write", "start/action"), GROUP, f"{CONTRIBUTOR} on /subscriptions/s-1/resourceGroups/Jobs."),
        (WRITE, "odd", f"the role {CONTRIBUTOR} on odd."),
        (ASSIGN, IDENTITY, f"the role Managed Identity Operator on {IDENTITY}."),
        (JOIN, SUBNET, f"the role Network Contributor (or any role with the action subnets/join/action) on {SUBNET}."),
        ("Microsoft.Moon/land", "/subscriptions/s-1", "a role with the action Microsoft.Moon/land on /subscr"),
    ],
)
@pytest.mark.parametrize("linked", [True, False])
def test_a_denial_names_the_missing_role_and_its_scope(action: str, scope: str, needed: str, linked: bool) -> None:
    if linked:
        said = refused(403, "LinkedAuthorizationFailed", lacks_linked(action, scope))
    else:
        said = refused(403, "AuthorizationFailed", lacks(action, scope))
    assert said.cause is Cause.DENIED
    assert needed in said.sentence


def test_each_of_several_linked_scopes_gets_its_role() -> None:
    said = refused(403, "LinkedAuthorizationFailed", lacks_linked(f"{ASSIGN},{JOIN}", f"{IDENTITY}, {SUBNET}"))
    assert f"Managed Identity Operator on {IDENTITY}, the role Network Contributor" in said.sentence
    said = refused(403, "LinkedAuthorizationFailed", lacks_linked(f"{JOIN},{JOIN}", f"{SUBNET},{SUBNET}"))
    assert said.sentence.count("Network Contributor") == 1
    ids = [f"{IDENTITY}-{number}" for number in range(5)]
    said = refused(403, "LinkedAuthorizationFailed", lacks_linked(ASSIGN, ",".join(ids), plural="", end=""))
    assert f"Operator on {ids[0]}" in said.sentence
    assert said.sentence.endswith(f"Operator on {ids[2]}, and 2 more.")


def test_a_scope_whose_quote_was_left_open_is_read_all_the_same() -> None:
    said = refused(403, "LinkedAuthorizationFailed", lacks_linked(ASSIGN, IDENTITY).replace(f"{IDENTITY}'", IDENTITY))
    assert f"Managed Identity Operator on {IDENTITY}." in said.sentence


def test_a_role_is_named_though_arms_sentence_is_too_long_to_pass_on() -> None:
    said = refused(403, "LinkedAuthorizationFailed", "x" * 2 * LONGEST + lacks_linked(ASSIGN, IDENTITY))
    assert said.sentence.endswith(f"Managed Identity Operator on {IDENTITY}.")
    assert len(said.sentence) < LONGEST + len(IDENTITY) + 100


@pytest.mark.parametrize(
    ("code", "role"),
    [("AuthorizationFailed", CONTRIBUTOR), ("LinkedAuthorizationFailed", "Managed Identity Operator")],
)
def test_a_denial_in_other_words_names_the_likely_role(code: str, role: str) -> None:
    said = refused(403, code, "The client is not authorized to access linked subscription 's'.")
    assert said.cause is Cause.DENIED
    assert role in said.sentence


def test_a_policy_is_no_missing_role() -> None:
    said = refused(403, "RequestDisallowedByPolicy", "Resource 'ct-a' was disallowed by policy.")
    assert said.cause is Cause.DENIED
    assert said.sentence.endswith("An Azure Policy forbids it; no role is missing.")


def test_a_sign_in_that_arm_does_not_accept_says_what_it_means() -> None:
    said = refused(401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer.")
    assert said.cause is Cause.DENIED
    assert "another tenant" in said.sentence
    assert "no role can help" in said.sentence


def test_nobody_to_sign_in_as_says_what_to_switch_on() -> None:
    said = verdict("get ct-a", ClientAuthenticationError(message="ManagedIdentityCredential is not available"))
    assert isinstance(said, GroupRefused)
    assert said.cause is Cause.DENIED
    assert said.sentence.startswith("get ct-a: no answer: ManagedIdentityCredential is not available")
    assert "managed identity" in said.sentence


def test_the_namespace_to_register_is_arms_own_word() -> None:
    said = refused(409, "MissingSubscriptionRegistration", "not registered to use namespace 'Microsoft.Network'. See.")
    assert said.sentence.endswith("az provider register --namespace Microsoft.Network.")
    said = refused(409, "MissingSubscriptionRegistration", "is not registered")
    assert said.sentence.endswith("az provider register --namespace Microsoft.ContainerInstance.")


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"Retry_After": "17"}, "Please try again after '60' seconds.", 17),
        ({"Retry_After": "1.5"}, "", 1.5),
        ({"Retry_After": "0"}, "", 0),
        ({"Retry_After": "-3"}, "", 0),
        ({"Retry_After": "99999999"}, "", 3_600),
        ({"Retry_After": "inf"}, "", 3_600),
        ({"Retry_After": "nan"}, "", None),
        ({"Retry_After": "soon"}, "", None),
        ({"Retry_After": "soon"}, "Please try again after '60' seconds.", 60),
        ({}, "Please try again after 5 minutes.", 300),
        ({}, "Try in 30 seconds.", 30),
        ({}, "Too many.", None),
        ({"Retry_After": "Sun, 22 Nov 2026 09:02:05 GMT", "Date": "Sun, 22 Nov 2026 09:00:00 GMT"}, "", 125),
        ({"Retry_After": "Sun, 22 Nov 2026 09:02:05 GMT"}, "", None),
        ({"Retry_After": "Sun, 22 Nov 2026 09:02:05 -0000", "Date": "Sun, 22 Nov 2026 09:00:00 GMT"}, "", None),
    ],
)
def test_a_throttled_create_says_how_long_to_leave_it(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    after = refused(429, "ResourceRequestsThrottled", message, **headers).after
    assert (after.total_seconds() if after is not None else None) == seconds


def test_an_answer_that_is_not_arms_is_passed_on_in_the_sdks_words() -> None:
    error = answered(418, "")
    error.response = None
    said = verdict("create ct-a", error, creating=True)
    assert isinstance(said, GroupRefused)
    assert said.sentence.startswith("create ct-a: HTTP 418: ")
