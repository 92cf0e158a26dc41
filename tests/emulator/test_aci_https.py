"""The whole emulator over https, tokens required: an SDK with nothing changed but its endpoint, and containers."""

import json
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential
from azure.mgmt.containerinstance import ContainerInstanceManagementClient

from tests.emulator.driver import SUBSCRIPTION, Credential, Emulator, container, group, started, until, write_images
from tests.emulator.test_aci_tls import certificate

ASK = """
import os, time, urllib.request
url = os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/metadata/identity/oauth2/token"
request = urllib.request.Request(url + "?api-version=2018-02-01&resource=https://storage.azure.com/")
request.add_header("Metadata", "true")
print(urllib.request.urlopen(request).read().decode())
"""


@pytest.fixture(name="secure", scope="module")
def an_emulator_that_requires_tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    pem, key = certificate(folder)
    options = ("--speed", "0", "--cert", str(pem), "--key", str(key), "--require-token")
    with started(write_images(folder), *options) as emulator:
        yield emulator, pem


@pytest.fixture(name="client")
def an_unmodified_client(secure: tuple[Emulator, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    emulator, pem = secure
    url = f"https://localhost:{urlsplit(emulator.url).port}"
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    with (
        ManagedIdentityCredential() as credential,
        ContainerInstanceManagementClient(
            credential, SUBSCRIPTION, base_url=url, connection_verify=str(pem), polling_interval=0
        ) as client,
    ):
        yield client


def test_a_run_with_a_token_of_the_emulator_itself(client: Any) -> None:
    client.container_groups.begin_create_or_update("rg", "one", group(container("hello"))).result()
    found = until(lambda: client.container_groups.get("rg", "one"), lambda one: one.instance_view.state == "Succeeded")
    assert found.name == "one"
    assert client.containers.list_logs("rg", "one", "main").content == "hello\ntrouble\n"


def test_a_container_of_a_group_with_an_identity_gets_its_token_though_https_is_served(
    client: Any,
) -> None:
    body = group(container("nothing", sys.executable, "-c", ASK)) | {"identity": {"type": "SystemAssigned"}}
    made = client.container_groups.begin_create_or_update("rg", "two", body).result()
    until(lambda: client.container_groups.get("rg", "two"), lambda two: two.instance_view.state == "Succeeded")
    answer = json.loads(client.containers.list_logs("rg", "two", "main").content)
    claims = json.loads(urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
    assert (claims["aud"], claims["oid"]) == ("https://storage.azure.com/", made.identity.principal_id)
    assert int(answer["expires_on"]) > time.time()


def test_a_token_that_is_none_is_refused(secure: tuple[Emulator, Path]) -> None:
    emulator, pem = secure
    with (
        ContainerInstanceManagementClient(
            Credential(), SUBSCRIPTION, base_url=emulator.url, connection_verify=str(pem)
        ) as client,
        pytest.raises(ClientAuthenticationError) as refusal,
    ):
        client.container_groups.get("rg", "one")
    assert refusal.value.error is not None
    assert refusal.value.error.code == "InvalidAuthenticationToken"
