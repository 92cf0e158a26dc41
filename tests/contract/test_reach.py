"""A place that does not answer becomes a sentence: which host and port, why, and what to do."""

import logging
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    AzureError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from local.needs import any_free
from scheduler.cloud.containers import AzureGroups
from scheduler.cloud.logs import AzureLogs
from scheduler.cloud.reach import sentence
from scheduler.cloud.secrets import AzureSecrets
from scheduler.cloud.tables import AzureTable
from scheduler.cloud.wire import storage, transport
from scheduler.ports import Unknown
from scheduler.settings import Settings
from tests.contract.canned import Answer, canned
from tests.servers import KEY


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK repeat what it repeats, without its pauses."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def port() -> int:
    """Give a port on which nobody listens."""
    return any_free()


@pytest.fixture
def settings(port: int) -> Settings:
    """Point everything to where nobody listens."""
    place = f"http://127.0.0.1:{port}"
    account = f"AccountName=a;AccountKey={KEY};TableEndpoint={place}/a;BlobEndpoint={place}/a"
    where: dict[str, Any] = {"subscription": "s", "resource_group": "r", "location": "l", "arm_endpoint": place}
    return Settings(connection=account, vault_endpoint=place, **where)


@pytest.fixture
def cut() -> Iterator[str]:
    """Serve an answer that ends before it is whole; gives its address."""
    with canned(Answer(dropped=True)) as server:
        yield server.url


def refused(port: int, setting: str) -> str:
    return (
        f"127.0.0.1:{port} cannot be reached (connection refused). "
        f"Start what should listen there (on a laptop: make run), or mend {setting}."
    )


def test_tables_out_of_reach_are_told_without_the_sdks_words(settings: Settings, port: int) -> None:
    with pytest.raises(ServiceRequestError) as error:
        AzureTable.open(settings, "Jobs").query(())
    assert str(error.value) == refused(port, "AzureWebJobsStorage")


def test_logs_and_groups_tell_it_after_what_was_asked(settings: Settings, port: int) -> None:
    with pytest.raises(Unknown) as told:
        AzureLogs(settings).note("x")
    assert str(told.value) == f"the blob x cannot be looked at: {refused(port, 'AzureWebJobsStorage')}"
    with pytest.raises(Unknown) as told:
        AzureGroups(settings).get("a")
    assert str(told.value) == f"get a: {refused(port, 'ARM_ENDPOINT')}"


def test_a_vault_out_of_reach_repeats_nothing_of_the_sdk(settings: Settings) -> None:
    with pytest.raises(Unknown) as told:
        AzureSecrets(settings).read("https://kv-1.vault.azure.net/secrets/s")
    assert "HTTPConnectionPool" not in str(told.value)


def test_the_raw_words_stay_in_the_log_at_debug_level(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "crontable"), pytest.raises(ServiceRequestError) as error:
        AzureTable.open(settings, "Jobs").query(())
    raw = [record for record in caplog.records if "Max retries exceeded" in record.getMessage()]
    assert {record.levelno for record in raw} == {logging.DEBUG}
    assert "Max retries exceeded" not in "".join(traceback.format_exception(error.value))


def test_the_sdk_still_tries_again_what_got_no_answer() -> None:
    with canned(Answer(dropped=True), Answer(200, {"value": []})) as server:
        account = f"AccountName=a;AccountKey={KEY};TableEndpoint={server.url}/a"
        assert AzureTable.open(Settings(connection=account), "Jobs").query(()).rows == []
        assert len(server.requests) == 2


def test_an_answer_that_broke_off_keeps_its_class_and_is_no_unreachable_place(cut: str) -> None:
    with transport("X") as line, pytest.raises(ServiceResponseError) as error:
        line.send(HttpRequest("GET", f"{cut}/x?sig=secret"))
    place = cut.removeprefix("http://")
    assert str(error.value) == (
        f"{place} gave no whole answer (the connection broke off). "
        "If that goes on, look at the network and at what runs there."
    )


def test_a_server_that_is_silent_is_told_as_such() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with transport("X") as line, pytest.raises(ServiceResponseTimeoutError, match=r"\(no answer in time\)"):
            line.send(HttpRequest("GET", f"http://127.0.0.1:{server.getsockname()[1]}/"), read_timeout=0.05)


def test_a_name_that_is_not_known_is_told_with_the_setting() -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch, transport("AzureWebJobsStorage__accountName") as line:
        patch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(ServiceRequestError) as error:
            line.send(HttpRequest("GET", "https://acme.table.core.windows.net/Jobs"))
    assert str(error.value) == (
        "acme.table.core.windows.net:443 cannot be reached (its name is not known). "
        "Check AzureWebJobsStorage__accountName, the network's DNS and the firewalls on the way."
    )


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (requests.exceptions.SSLError(ssl.SSLError("CERTIFICATE_VERIFY_FAILED")), "its certificate is refused"),
        (requests.exceptions.ProxyError("407"), "the proxy does not let it through"),
        (requests.exceptions.ConnectTimeout("slow"), "no answer in time"),
        (requests.exceptions.ConnectionError(), "the connection broke off"),
        (None, "the connection broke off"),
    ],
)
def test_every_cause_has_its_words(cause: Exception | None, why: str) -> None:
    said = sentence("https://[::2]/x", ServiceRequestError("raw", error=cause), "X")
    assert said.startswith(f"[::2]:443 cannot be reached ({why}). ")


def test_the_raw_words_are_logged_without_a_signature(port: int, caplog: pytest.LogCaptureFixture) -> None:
    url = f"http://127.0.0.1:{port}/a?sv=1&sig=secret"
    with (
        caplog.at_level(logging.DEBUG, "crontable"),
        transport("X") as line,
        pytest.raises(ServiceRequestError),
    ):
        line.send(HttpRequest("GET", url))
    assert "sig=***" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("kind", [ServiceResponseError, IncompleteReadError])
def test_nothing_of_an_address_but_host_and_port_is_repeated(kind: Callable[..., AzureError]) -> None:
    said = sentence("https://user:pw@acme.example:8443/c?sig=secret", kind("raw"), "X")
    assert said.startswith("acme.example:8443 gave no whole answer")
    assert not {word for word in ("user", "pw", "secret", "raw") if word in said}


def test_the_setting_named_is_the_one_that_is_set() -> None:
    assert storage(Settings(connection="UseDevelopmentStorage=true")) == "AzureWebJobsStorage"
    assert storage(Settings(account="acme")) == "AzureWebJobsStorage__accountName"
