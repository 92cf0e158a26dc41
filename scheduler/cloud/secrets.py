"""`ports.Secrets` on Azure Key Vault, or on a stand-in for it.

What Key Vault says is told by its status and the name of its fault alone, and no error of the SDK is passed on or
kept as a cause: an answer that could not be read may hold the secret.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.policies import (
    AzureKeyCredentialPolicy,
    ContentDecodePolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
)

from scheduler.cloud.wire import OnRequest, Tap, identity, transport
from scheduler.ports import GroupRefused, Secret, Unknown
from scheduler.run import Cause
from scheduler.settings import Settings
from scheduler.vault import Reference, reference

if TYPE_CHECKING:  # slow to load, and most ticks need no secret
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient

#: Seconds to get a connection, and to wait for an answer: a tick that starts jobs waits for them.
CONNECT, PATIENCE = 5, 10
#: Spoken by every cloud's Key Vault; the SDK's own choice is its newest, which some have later than others.
API_VERSION = "7.4"
#: The most values, and clients, that a process keeps.
MOST_KEPT, MOST_VAULTS = 1000, 64
#: The role that reading needs.
ROLE = "Key Vault Secrets User"


class AzureSecrets:
    """Key Vault's secrets, read as the settings' identity, or from the settings' vault endpoint as nobody.

    A version never changes, so its value is kept for as long as the process lives.
    """

    def __init__(
        self,
        settings: Settings,
        on_request: OnRequest | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._on_request = on_request
        self._clock = clock or partial(datetime.now, UTC)
        self._transport = transport("VAULT_ENDPOINT")
        self._kept: OrderedDict[str, Secret] = OrderedDict()
        self._keeping = Lock()
        self._client = lru_cache(MOST_VAULTS)(self._built)

    def read(self, reference: str) -> Secret:
        """Read a secret; one that is past its expiry date or before its start is refused unless its version is named.

        Key Vault itself gives both. Who names a version knows which one it is, and the end of a run, which names
        them all, must be able to mask a log even when a secret has expired since the run began.
        """
        asked = _parsed(reference)
        kept = self._kept_version(asked)
        if kept:
            return kept
        answer = self._answer(asked)
        if not isinstance(answer, Secret):
            raise answer  # not where it was caught: so it carries nothing of the SDK's error along
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _kept_version(self, asked: Reference) -> Secret | None:
        with self._keeping:
            return self._kept.get(str(asked))

    def _keep(self, secret: Secret) -> Secret:
        with self._keeping:
            self._kept[secret.id] = secret
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return secret

    def _answer(self, asked: Reference) -> Secret | GroupRefused | Unknown:
        try:
            found = self._client(asked.vault).get_secret(
                asked.name, asked.version or None, connection_timeout=CONNECT, read_timeout=PATIENCE
            )
            return self._out_of_time(asked, found) or self._keep(_secret(asked, found))
        except HttpResponseError as error:
            return _verdict(asked, error)
        except (AzureError, ValueError, TypeError, AttributeError, LookupError) as error:
            return Unknown(f"{asked}: Key Vault gave no answer ({type(error).__name__}): check its name.")

    def _out_of_time(self, asked: Reference, found: "KeyVaultSecret") -> GroupRefused | None:
        expires, begins, now = found.properties.expires_on, found.properties.not_before, self._clock()
        if asked.version:
            return None
        if expires and expires <= now:
            return GroupRefused(Cause.SPEC, f"{asked}: the secret expired at {expires:%Y-%m-%dT%H:%MZ}.")
        if begins and begins > now:
            return GroupRefused(Cause.SPEC, f"{asked}: the secret is not valid before {begins:%Y-%m-%dT%H:%MZ}.")
        return None

    def _built(self, vault: str) -> "SecretClient":
        """Build the client of a vault; all share their connections."""
        from azure.keyvault.secrets import SecretClient  # noqa: PLC0415  slow to load, and most ticks need no secret

        # A 429 is for the next tick: the SDK would sleep through its Retry-After here.
        retry = RetryPolicy(retry_total=1, retry_connect=1, retry_read=1, retry_status=0)
        how: dict[str, Any] = {
            "api_version": API_VERSION,
            "transport": self._transport,
            "per_retry_policies": [Tap(self._on_request)],
        }
        if endpoint := self._settings.vault_endpoint:
            nobody: Any = AzureKeyCredential("local")
            signed = AzureKeyCredentialPolicy(nobody, "Authorization", prefix="Bearer")
            how["policies"] = [RequestIdPolicy(), ContentDecodePolicy(), retry, signed]
            return SecretClient(endpoint, nobody, verify_challenge_resource=False, **how)
        # In the place of the SDK's own policy for tracing, which can be told to log whole answers.
        how["logging_policy"] = SansIOHTTPPolicy()
        credential = identity(self._settings.client_id)
        return SecretClient(f"https://{vault}", credential, retry_policy=retry, permit_redirects=False, **how)


def _parsed(text: str) -> Reference:
    try:
        return reference(text)
    except ValueError as error:
        raise GroupRefused(Cause.SPEC, str(error)) from None


def _secret(asked: Reference, found: "KeyVaultSecret") -> Secret:
    """Take the value and name its version; an answer without either is a `ValueError`."""
    version = reference(f"{Reference(asked.vault, asked.name)}/{found.properties.version}")
    if asked.version not in {"", version.version} or not isinstance(found.value, str):
        raise ValueError("another version, or no value")
    return Secret(str(version), found.value)


def _verdict(asked: Reference, error: HttpResponseError) -> GroupRefused | Unknown:
    status, said = error.status_code, _said(error)
    if isinstance(error, ClientAuthenticationError) and not status:
        return GroupRefused(Cause.DENIED, f"{asked}: the scheduler's identity got no token for Key Vault.")
    if said == "SecretDisabled":
        return GroupRefused(Cause.SPEC, f"{asked}: the secret is disabled.")
    if said == "ForbiddenByFirewall":
        return GroupRefused(Cause.DENIED, f"{asked}: the vault's firewall keeps the scheduler out: allow its network.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return GroupRefused(
            Cause.DENIED,
            f"{asked}: {said or status}: give the scheduler's identity the role {ROLE} on the vault {asked.vault} "
            "or, where that has access policies, the permission Get for secrets.",
        )
    if status == HTTPStatus.NOT_FOUND:
        what = f"version {asked.version} of the secret" if asked.version else "such secret"
        return GroupRefused(Cause.SPEC, f"{asked}: there is no {what} in this vault.")
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or not _clients_fault(status):
        return Unknown(f"{asked}: Key Vault answered HTTP {status}.")
    return GroupRefused(Cause.SPEC, f"{asked}: Key Vault refused it: HTTP {status} {said}".strip() + ".")


def _clients_fault(status: int | None) -> bool:
    return HTTPStatus.BAD_REQUEST <= (status or 0) < HTTPStatus.INTERNAL_SERVER_ERROR


def _said(error: HttpResponseError) -> str:
    """Read the name of the fault, the inner one where there is one; '' for anything that is no plain name."""
    answer: Any = error.response
    try:
        fault = json.loads(answer.text())["error"]
        name = str((fault.get("innererror") or {}).get("code") or fault.get("code") or "")
    except (AttributeError, ValueError, KeyError, TypeError):
        return ""
    return name if re.fullmatch(r"[A-Za-z]{1,64}", name) else ""
