"""The protocol over TLS: an SDK with nothing changed but its endpoint, and drops (aci.md, 1.5)."""

import datetime as dt
import http.client
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from azure.core.exceptions import ServiceResponseError
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.emulator.driver import PATIENCE, SUBSCRIPTION, Credential
from tests.emulator.tiny_server import DROPS, Served, ask, no_fault_logged, started


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with no_fault_logged(caplog):
        yield


@pytest.fixture(name="secure", scope="module")
def a_running_https_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    pem, private = certificate(tmp_path_factory.mktemp("tls"))
    with started(ssl_certfile=pem, ssl_keyfile=private) as served:
        yield served, pem


def test_an_unmodified_sdk_speaks_https_to_it(secure: tuple[Served, Path]) -> None:
    served, pem = secure
    with ContainerInstanceManagementClient(
        Credential(), SUBSCRIPTION, base_url=served.url, connection_verify=str(pem)
    ) as client:
        assert list(client.container_groups.list()) == []


def test_an_sdk_that_may_not_try_again_sees_the_drop_over_https(secure: tuple[Served, Path]) -> None:
    served, pem = secure
    with (
        ContainerInstanceManagementClient(
            Credential(), SUBSCRIPTION, base_url=served.url, connection_verify=str(pem), retry_total=0
        ) as client,
        pytest.raises(ServiceResponseError),
    ):
        client.container_groups.get("rg", "drop-after")


@pytest.mark.parametrize(("path", "effect"), DROPS)
def test_a_tls_connection_drops_without_a_farewell(secure: tuple[Served, Path], path: str, effect: bool) -> None:
    served, pem = secure
    served.app.seen.clear()
    context = ssl.create_default_context(cafile=str(pem))
    connection = http.client.HTTPSConnection("localhost", served.port, timeout=PATIENCE, context=context)
    assert b"/first" in ask(connection, "/first")
    with pytest.raises((ConnectionError, ssl.SSLEOFError)):
        ask(connection, path)
    connection.close()
    assert served.app.seen == (["/first", path] if effect else ["/first"])


def test_plain_http_to_an_https_port_is_no_fault(secure: tuple[Served, Path]) -> None:
    served, pem = secure
    served.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    with httpx.Client(verify=ssl.create_default_context(cafile=str(pem))) as client:
        assert client.get(f"{served.url}/alive").status_code == 200
