"""The endpoints of this cloud, which command-line tools read before they log in. Pure."""

from typing import Any

from aci_emulator.arm import Answer, Json
from aci_emulator.lookups.versions import check_date_version
from aci_emulator.tokens import AUDIENCES

NAME = "AciEmulator"
PATH = "/metadata/endpoints"

FIRST, LIST_FROM, ONE_FROM = "1.0", "2019-05-01", "2022-09-01"
"""The api-versions from which on the answer is a flat object, a list of clouds, and one cloud."""


def is_asked(path: str) -> bool:
    """Return whether `path` is that of the endpoints: the one address of ARM that asks nobody for a token."""
    return path.rstrip("/").lower() == PATH


def check(version: str | None) -> None:
    """Refuse an api-version that is neither FIRST nor a date."""
    if version != FIRST:
        check_date_version(version)


def endpoints(version: str, address: str) -> Answer:
    """Return the endpoints of the cloud that is this emulator, found at `address`, such as https://localhost:10010.

    Who logs in elsewhere than at the identity endpoint is sent to `address` too: never to Azure.
    """
    if version < LIST_FROM:
        return Answer(200, _flat(address))
    cloud = _cloud(address)
    body: Any = [cloud] if version < ONE_FROM else cloud
    return Answer(200, body)


def _authentication(address: str) -> Json:
    return {
        "loginEndpoint": address,
        "audiences": list(AUDIENCES[::2]),
        "tenant": "common",
        "identityProvider": "AAD",
    }


def _flat(address: str) -> Json:
    return {
        "galleryEndpoint": address,
        "graphEndpoint": address,
        "portalEndpoint": address,
        "authentication": _authentication(address),
    }


def _cloud(address: str) -> Json:
    return {
        "name": NAME,
        "resourceManager": address,
        "portal": address,
        "authentication": _authentication(address),
        "graph": address,
        "graphAudience": address,
        "microsoftGraphResourceId": address,
        "suffixes": {"acrLoginServer": "azurecr.io", "keyVaultDns": "vault.azure.net", "storage": "core.windows.net"},
    }
