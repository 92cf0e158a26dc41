"""What every `ports.Secrets` promises, and what only Key Vault's own client must do: tokens, repetitions, silence."""

import logging
import ssl
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

import pytest
import urllib3
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import NetworkTraceLoggingPolicy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scheduler.cloud import secrets as cloud
from scheduler.cloud.secrets import AzureSecrets
from scheduler.ports import GroupRefused, Secret, Secrets, Unknown
from scheduler.run import Cause
from scheduler.settings import Settings
from tests.keyvault import Answer, KeyVault, keyvault
from tests.world.clock import Journal
from tests.world.secrets import MemorySecrets

VALUE = "hunter2-\N{EURO SIGN}-s3cret"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PW = "https://kv-1.vault.azure.net/secrets/db-pw"
V = "0123456789abcdef0123456789abcdef"


def settings(endpoint: str = "") -> Settings:
    return Settings(vault_endpoint=endpoint)


class Stage(Protocol):
    """Secrets, and who may change them."""

    @property
    def secrets(self) -> Secrets:
        """What reads them."""

    def put(self, value: str) -> str:
        """Make a value the current version of `PW`; gives the id of the version."""

    def expire(self) -> None:
        """Let the current version expire."""

    def disable(self) -> None:
        """Disable the current version."""

    def remove(self) -> None:
        """Remove the secret."""

    def deny(self) -> None:
        """Refuse whoever asks from now on."""

    def fall_silent(self) -> None:
        """Let the next read have no answer."""


class Virtual:
    """The in-memory vault."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.secrets = MemorySecrets(self.journal)
        self.put = lambda value: self.secrets.put(PW, value)
        self.expire = lambda: self.secrets.expire(PW)
        self.disable = lambda: self.secrets.disable(PW)
        self.remove = lambda: self.secrets.remove(PW)
        self.deny = lambda: self.secrets.deny(PW)
        self.fall_silent = self.secrets.fail


class Real:
    """The SDK, and a stand-in for Key Vault over HTTP."""

    def __init__(self, vault: KeyVault) -> None:
        self.now = NOW
        self.vault = vault
        self.secrets = AzureSecrets(settings(vault.url), clock=lambda: self.now)
        self.disable = lambda: vault.disable("db-pw")
        self.remove = lambda: vault.remove("db-pw")

    def put(self, value: str) -> str:
        return f"{PW}/{self.vault.put('db-pw', value, expires=NOW + timedelta(days=1))}"

    def expire(self) -> None:
        self.now = NOW + timedelta(days=1)

    def deny(self) -> None:
        self.vault.order(*[Answer(403, "Forbidden", "ForbiddenByRbac")] * 5)

    def fall_silent(self) -> None:
        self.vault.order(Answer(503, "ServiceUnavailable"))


@pytest.fixture
def vault() -> Iterator[KeyVault]:
    with keyvault() as running:
        yield running


@pytest.fixture(params=["world", "key vault"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "world":
        yield Virtual()
        return
    real = Real(request.getfixturevalue("vault"))
    yield real
    real.secrets.close()


def refused(secrets: Secrets, reference: str = PW) -> GroupRefused:
    with pytest.raises(GroupRefused) as caught:
        secrets.read(reference)
    return caught.value


def test_the_current_version_is_read_and_named(stage: Stage) -> None:
    first = stage.put("one")
    assert stage.secrets.read(PW) == Secret(first, "one")
    second = stage.put("two")
    assert first != second
    assert stage.secrets.read(PW) == Secret(second, "two")


def test_a_version_that_is_named_stays_what_it_is(stage: Stage) -> None:
    first = stage.put(VALUE)
    stage.put("two")
    for _ in range(2):
        assert stage.secrets.read(first) == Secret(first, VALUE)


@pytest.mark.parametrize(
    "reference",
    [
        f"{PW}/",
        "@Microsoft.KeyVault(VaultName=kv-1;SecretName=db-pw)",
        f"@Microsoft.KeyVault(SecretUri={PW})",
        "HTTPS://KV-1.vault.azure.net/secrets/db-pw",
    ],
)
def test_every_form_of_a_reference_gives_the_same_secret(stage: Stage, reference: str) -> None:
    made = stage.put(VALUE)
    assert stage.secrets.read(reference) == Secret(made, VALUE)


def test_a_text_that_is_no_reference_is_refused_and_not_repeated(stage: Stage) -> None:
    error = refused(stage.secrets, VALUE)
    assert error.cause == Cause.SPEC
    assert VALUE not in error.sentence


def test_a_secret_that_is_not_there_is_named(stage: Stage) -> None:
    for reference in (PW, f"{PW}/{V}"):
        error = refused(stage.secrets, reference)
        assert (error.cause, reference in error.sentence) == (Cause.SPEC, True)
    stage.put(VALUE)
    assert refused(stage.secrets, f"{PW}/{V}").cause == Cause.SPEC
    stage.remove()
    assert refused(stage.secrets).cause == Cause.SPEC


def test_a_disabled_secret_is_refused(stage: Stage) -> None:
    made = stage.put(VALUE)
    stage.disable()
    for reference in (PW, made):
        error = refused(stage.secrets, reference)
        assert error.cause == Cause.SPEC
        assert f"{reference}: the secret is disabled" in error.sentence


def test_an_expired_secret_is_refused_unless_its_version_is_named(stage: Stage) -> None:
    made = stage.put(VALUE)
    stage.expire()
    error = refused(stage.secrets)
    assert error.cause == Cause.SPEC
    assert f"{PW}: the secret expired at 2026-11-2" in error.sentence
    assert stage.secrets.read(made) == Secret(made, VALUE), "the end of a run needs it for the mask"


def test_who_lacks_the_role_hears_which_and_where(stage: Stage) -> None:
    stage.put(VALUE)
    stage.deny()
    error = refused(stage.secrets)
    assert error.cause == Cause.DENIED
    assert "Key Vault Secrets User" in error.sentence
    assert "kv-1.vault.azure.net" in error.sentence


def test_silence_is_unknown_and_the_next_read_is_a_new_one(stage: Stage) -> None:
    made = stage.put(VALUE)
    stage.fall_silent()
    with pytest.raises(Unknown):
        stage.secrets.read(PW)
    assert stage.secrets.read(PW) == Secret(made, VALUE)


# What only the client of Key Vault must do.


@pytest.fixture
def real(vault: KeyVault) -> Iterator[Real]:
    stage = Real(vault)
    yield stage
    stage.secrets.close()


def test_a_named_version_is_asked_for_once_in_a_process(real: Real) -> None:
    made = real.put(VALUE)
    for _ in range(3):
        real.secrets.read(made)
    assert real.vault.asked == [f"/secrets/db-pw/{made.rpartition('/')[2]}"]


def test_a_secret_without_a_version_is_asked_for_each_time_and_its_version_is_then_known(real: Real) -> None:
    made = real.put(VALUE)
    for _ in range(2):
        real.secrets.read(PW)
    real.secrets.read(made)
    assert real.vault.asked == ["/secrets/db-pw/"] * 2


def test_what_a_process_keeps_is_bounded(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "MOST_KEPT", 2)
    ids = [real.put(f"value {number}") for number in range(3)]
    for made in [*ids, *ids]:
        real.secrets.read(made)
    assert len(real.vault.asked) == 6
    assert len(real.secrets._kept) == 2


def test_threads_may_read_at_once(real: Real) -> None:
    ids = [real.put(f"value {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(real.secrets.read, ids * 4))
    assert read == [Secret(made, f"value {number}") for number, made in enumerate(ids)] * 4


@pytest.mark.parametrize(
    ("answer", "cause", "sentence"),
    [
        (Answer(401, "Unauthorized"), Cause.DENIED, "Unauthorized: give the scheduler's identity the role"),
        (Answer(403, "Forbidden", "ForbiddenByPolicy"), Cause.DENIED, "the permission Get for secrets"),
        (Answer(403, raw=b"<html>proxy"), Cause.DENIED, "403: give the scheduler's identity the role"),
        (Answer(403, "Forbidden", "ForbiddenByFirewall"), Cause.DENIED, "the vault's firewall keeps the scheduler out"),
        (Answer(404, "SecretNotFound"), Cause.SPEC, "there is no such secret in this vault"),
        (Answer(400, "BadParameter"), Cause.SPEC, "Key Vault refused it: HTTP 400 BadParameter."),
        (Answer(400, VALUE), Cause.SPEC, "Key Vault refused it: HTTP 400."),
    ],
)
def test_a_refusal_says_what_to_do(real: Real, answer: Answer, cause: Cause, sentence: str) -> None:
    real.vault.order(answer)
    error = refused(real.secrets)
    assert error.cause == cause
    assert error.sentence.startswith(f"{PW}: ")
    assert sentence in error.sentence
    assert VALUE not in error.sentence


def test_a_version_that_is_not_there_is_called_so(real: Real) -> None:
    real.put(VALUE)
    assert f"there is no version {V} of the secret" in refused(real.secrets, f"{PW}/{V}").sentence


def test_a_secret_that_is_not_valid_yet_is_refused(real: Real) -> None:
    version = real.vault.put("db-pw", VALUE, begins=NOW + timedelta(hours=1))
    assert "is not valid before 2026-11-22T10:00Z" in refused(real.secrets).sentence
    assert real.secrets.read(f"{PW}/{version}").value == VALUE


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, "Throttled", headers={"Retry-After": "600"}),
        Answer(500, "InternalError"),
        Answer(503, raw=b""),
        Answer(302, headers={"Location": "https://elsewhere.example/"}),
        Answer(200, raw=f'{{"value": "{VALUE}"'.encode()),
        Answer(200, raw=f'["{VALUE}"]'.encode()),
        Answer(200, raw=f'"{VALUE}"'.encode()),
        Answer(200, raw=f'{{"value": "{VALUE}", "id": "https://kv-1.vault.azure.net/secrets/db-pw"}}'.encode()),
        Answer(200, raw=f'{{"id": "{PW}/{V}"}}'.encode()),
        Answer(200, raw=f'{{"value": "{VALUE}", "id": 5, "attributes": "{VALUE}"}}'.encode()),
        Answer(200, raw=b"\xff" + VALUE.encode()),
    ],
)
def test_what_tells_nothing_is_unknown_and_asked_once(real: Real, answer: Answer) -> None:
    real.vault.order(answer)
    with pytest.raises(Unknown) as unknown:
        real.secrets.read(PW)
    assert len(real.vault.asked) == 1, "a 429 or a 5xx is for the next tick"
    assert VALUE not in told(unknown.value)


def test_another_version_than_the_one_asked_for_is_not_taken(real: Real) -> None:
    version = real.vault.put("db-pw", VALUE)
    answer = f'{{"value": "{VALUE}", "id": "{PW}/{version}"}}'.encode()
    real.vault.order(Answer(200, raw=answer))
    with pytest.raises(Unknown):
        real.secrets.read(f"{PW}/{V}")


def told(error: BaseException | None) -> str:
    """All that an error says or carries, its causes with their bodies included."""
    said = []
    while error:
        said += [*traceback.format_exception(error), repr(error), str(vars(error)), str(error.args)]
        answer = getattr(error, "response", None)
        said.append(answer.text() if answer is not None else getattr(error, "doc", ""))
        error = error.__cause__ or error.__context__
    return "\n".join(said)


def test_no_answer_is_unknown_after_one_repetition() -> None:
    sent: list[str] = []
    secrets = AzureSecrets(settings("http://127.0.0.1:1"), on_request=lambda *request: sent.append(" ".join(request)))
    with pytest.raises(Unknown, match="check its name"):
        secrets.read(PW)
    secrets.close()
    assert sent == ["GET /secrets/db-pw/"] * 2


def test_a_value_is_in_no_log_and_in_no_repr(real: Real, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = real.put(VALUE)
    secret = real.secrets.read(PW)
    real.vault.order(Answer(200, raw=f"oops {VALUE}".encode()))
    with pytest.raises(Unknown):
        real.secrets.read(PW)
    assert caplog.records, "the libraries do tell of their requests"
    assert VALUE not in caplog.text
    assert f"{secret}" == f"Secret(id='{made}')"
    assert VALUE not in f"{vars(real.secrets)}{real.secrets!r}"


# The real way: https, a challenge, and a token for Key Vault alone.


class Identity:
    """Who is signed in."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        self.asked.append((scopes[0], options.get("tenant_id")))
        return AccessToken("made-for-this", 2**31)


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KeyVault]:
    """A vault over https that takes the name of every host for its own."""
    certificate, key = _certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "*")
    connect = urllib3.util.connection.create_connection
    with keyvault(tls) as vault:
        port = int(vault.url.rpartition(":")[2])
        monkeypatch.setattr(
            urllib3.util.connection,
            "create_connection",
            lambda _address, *args, **options: connect(("127.0.0.1", port), *args, **options),
        )
        yield vault


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vaults")])
    hosts = [x509.DNSName("*.vault.azure.net"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Identity:
    who = Identity()
    monkeypatch.setattr(cloud, "identity", lambda _client_id: who)
    return who


def test_key_vault_is_asked_with_a_token_for_it_alone(
    azure: KeyVault, identity: Identity, fresh: Callable[[str], str]
) -> None:
    at = f"https://{fresh('kv')}.vault.azure.net/secrets/db-pw"
    version = azure.put("db-pw", VALUE)
    secrets = AzureSecrets(settings())
    assert [secrets.read(at).value for _ in range(2)] == [VALUE] * 2
    assert secrets.read(at).id == f"{at}/{version}"
    secrets.close()
    assert (azure.challenges, azure.tokens) == (1, {"made-for-this"})
    assert set(identity.asked) == {("https://vault.azure.net/.default", "tenant")}


def test_a_vault_that_asks_for_a_token_of_another_place_gets_none(
    azure: KeyVault, identity: Identity, fresh: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.keyvault.CHALLENGE", 'Bearer authorization="https://x/t", resource="https://evil.example"'
    )
    secrets = AzureSecrets(settings())
    with pytest.raises(Unknown):
        secrets.read(f"https://{fresh('kv')}.vault.azure.net/secrets/db-pw")
    secrets.close()
    assert (azure.tokens, identity.asked) == (set(), [])


def test_who_has_no_identity_hears_so(
    azure: KeyVault, identity: Identity, fresh: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_scopes: str, **_options: object) -> AccessToken:
        raise ClientAuthenticationError("no managed identity")

    monkeypatch.setattr(identity, "get_token", nobody)
    secrets = AzureSecrets(settings())
    error = refused(secrets, f"https://{fresh('kv')}.vault.azure.net/secrets/db-pw")
    secrets.close()
    assert error.cause == Cause.DENIED
    assert "got no token" in error.sentence
    assert azure.tokens == set()


def test_a_refusal_in_azure_is_told_like_one_of_the_stand_in(
    azure: KeyVault, identity: Identity, fresh: Callable[[str], str]
) -> None:
    at = f"https://{fresh('kv')}.vault.azure.net/secrets/db-pw"
    secrets = AzureSecrets(settings())
    azure.order(Answer(403, "Forbidden", "ForbiddenByRbac"), Answer(429, headers={"Retry-After": "600"}))
    assert "Key Vault Secrets User" in refused(secrets, at).sentence
    with pytest.raises(Unknown, match="HTTP 429"):
        secrets.read(at)
    secrets.close()
    assert len(azure.asked) == 2
    assert identity.asked


def test_no_redirect_is_followed(azure: KeyVault, identity: Identity, fresh: Callable[[str], str]) -> None:
    at = f"https://{fresh('kv')}.vault.azure.net/secrets/"
    azure.put("db-pw", VALUE)
    azure.order(Answer(302, headers={"Location": f"{at}db-pw/?api-version=7.4"}))
    secrets = AzureSecrets(settings())
    with pytest.raises(Unknown, match="HTTP 302"):
        secrets.read(f"{at}elsewhere")
    secrets.close()
    assert len(azure.asked) == 1
    assert identity.asked


def test_nothing_in_the_way_to_azure_can_log_an_answer(
    azure: KeyVault,
    identity: Identity,
    fresh: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(NetworkTraceLoggingPolicy, "on_response", lambda *_: pytest.fail("it may print bodies"))
    azure.put("db-pw", VALUE)
    secrets = AzureSecrets(settings())
    secrets.read(f"https://{fresh('kv')}.vault.azure.net/secrets/db-pw")
    secrets.close()
    assert "secrets/db-pw" in caplog.text
    assert VALUE not in caplog.text
    assert "made-for-this" not in caplog.text
    assert identity.asked


def test_times_are_compared_as_instants_and_not_as_texts(vault: KeyVault) -> None:
    """A clock in another zone, as a laptop has it."""
    vault.put("db-pw", VALUE, expires=NOW + timedelta(minutes=1))
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    secrets = AzureSecrets(settings(vault.url), clock=lambda: east)
    assert secrets.read(PW).value == VALUE
    secrets.close()


# What only the world of stories can do.


def test_the_world_tells_what_was_asked_and_never_a_value() -> None:
    journal = Journal()
    secrets = MemorySecrets(journal)
    made = secrets.put(PW, VALUE)
    secrets.read("@Microsoft.KeyVault(VaultName=kv-1;SecretName=db-pw)")
    secrets.read(made)
    assert journal.lines == [f"secrets.read {PW}", f"secrets.read {made}"]
    assert secrets.values == {made: VALUE}


def test_the_world_fails_on_order_by_name_and_number() -> None:
    secrets = MemorySecrets(Journal())
    for name in ("a", "b"):
        secrets.put(f"https://kv-1.vault.azure.net/secrets/{name}", VALUE)
    secrets.fail(GroupRefused(Cause.DENIED, "no"), name="*/a", times=2)
    secrets.fail()
    with pytest.raises(Unknown):
        secrets.read("https://kv-1.vault.azure.net/secrets/b")
    for _ in range(2):
        assert refused(secrets, "https://kv-1.vault.azure.net/secrets/a").sentence == "no"
    assert secrets.read("https://kv-1.vault.azure.net/secrets/a").value == VALUE
