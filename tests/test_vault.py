"""How Key Vault references are written, and what is refused before a token is sent anywhere."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.vault import Reference, reference

V = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("https://kv-1.vault.azure.net/secrets/db-pw", "https://kv-1.vault.azure.net/secrets/db-pw"),
        (f"https://kv-1.vault.azure.net/secrets/db-pw/{V}", f"https://kv-1.vault.azure.net/secrets/db-pw/{V}"),
        ("https://kv-1.vault.azure.net/secrets/db-pw/", "https://kv-1.vault.azure.net/secrets/db-pw"),
        (f"  https://kv1.vault.azure.net/secrets/S/{V}/\n", f"https://kv1.vault.azure.net/secrets/S/{V}"),
        ("HTTPS://KV-1.Vault.Azure.NET:443/Secrets/DbPw", "https://kv-1.vault.azure.net/secrets/DbPw"),
        (f"https://kv1.vault.azure.net/secrets/S/{V.upper()}", f"https://kv1.vault.azure.net/secrets/S/{V}"),
        ("https://kv1.vault.azure.cn/secrets/S", "https://kv1.vault.azure.cn/secrets/S"),
        ("https://kv1.vault.usgovcloudapi.net/secrets/S", "https://kv1.vault.usgovcloudapi.net/secrets/S"),
        (
            "@Microsoft.KeyVault(SecretUri=https://kv1.vault.azure.cn/secrets/S/)",
            "https://kv1.vault.azure.cn/secrets/S",
        ),
        (
            f"@Microsoft.KeyVault(SecretUri=https://kv1.vault.azure.net/secrets/S/{V})",
            f"https://kv1.vault.azure.net/secrets/S/{V}",
        ),
        ("@Microsoft.KeyVault(VaultName=KV1;SecretName=S)", "https://kv1.vault.azure.net/secrets/S"),
        (
            f"@microsoft.keyvault( SecretName = S ; SecretVersion = {V} ; vaultname = kv1 ; )",
            f"https://kv1.vault.azure.net/secrets/S/{V}",
        ),
        ("@Microsoft.KeyVault(VaultName=kv1;SecretName=S;SecretVersion=)", "https://kv1.vault.azure.net/secrets/S"),
    ],
)
def test_every_form_that_azure_knows_is_read(text: str, canonical: str) -> None:
    read = reference(text)
    assert str(read) == canonical
    assert reference(str(read)) == read


def test_the_parts_of_a_reference_are_told_apart() -> None:
    read = reference(f"https://kv1.vault.azure.cn/secrets/S/{V}")
    assert read == Reference("kv1.vault.azure.cn", "S", V)
    assert reference("https://kv1.vault.azure.cn/secrets/S").version == ""


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/secrets/S",
        "https://kv1.vault.azure.net.evil.example/secrets/S",
        "https://evil.example/kv1.vault.azure.net/secrets/S",
        "https://evilvault.azure.net/secrets/S",
        "https://vault.azure.net/secrets/S",
        "https://a.kv1.vault.azure.net/secrets/S",
        "https://kv1.vault.azure.net@evil.example/secrets/S",
        "https://me@kv1.vault.azure.net/secrets/S",
        "https://kv1.vault.azure.net:8443/secrets/S",
        "https://kv1.vault.azure.net./secrets/S",
        "https://kv1.vault.azure.net\\.evil.example/secrets/S",
        "https://kv1.managedhsm.azure.net/secrets/S",
        "https://\N{LATIN SMALL LETTER LONG S}ecret.vault.azure.net/secrets/S",
        "https://\N{KELVIN SIGN}v1.vault.azure.net/secrets/S",
        "http://kv1.vault.azure.net/secrets/S",
        "@Microsoft.KeyVault(SecretUri=http://kv1.vault.azure.net/secrets/S)",
        "@Microsoft.KeyVault(VaultName=evil.example/;SecretName=S)",
        "@Microsoft.KeyVault(VaultName=evil.example#;SecretName=S)",
        "//kv1.vault.azure.net/secrets/S",
    ],
)
def test_nothing_but_key_vault_over_https_is_ever_asked(text: str) -> None:
    with pytest.raises(ValueError, match="Key Vault"):
        reference(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("https://kv.vault.azure.net/secrets/S", "the vault's name 'kv' must have 3 to 24"),
        ("https://1kv.vault.azure.net/secrets/S", "the vault's name '1kv' must"),
        ("https://kv--1.vault.azure.net/secrets/S", "the vault's name 'kv--1' must"),
        ("https://kv1-.vault.azure.net/secrets/S", "the vault's name 'kv1-' must"),
        (f"https://{'k' * 25}.vault.azure.net/secrets/S", "must have 3 to 24"),
        ("https://kv1.vault.azure.net/secrets/", "the secret's name '' must have 1 to 127"),
        ("https://kv1.vault.azure.net/secrets/db_pw", "the secret's name 'db_pw' must"),
        ("https://kv1.vault.azure.net/secrets/db%2Dpw", "the secret's name 'db%2Dpw' must"),
        (f"https://kv1.vault.azure.net/secrets/{'s' * 128}", "must have 1 to 127"),
        ("https://kv1.vault.azure.net/secrets/S/latest", "the secret's version 'latest' must have 32 hex digits"),
        (f"https://kv1.vault.azure.net/secrets/S/{V}0", "must have 32 hex digits"),
        (f"https://kv1.vault.azure.net/secrets/S/{V}/x", "of the host 'kv1.vault.azure.net' is no reference"),
        ("https://kv1.vault.azure.net/keys/S", "of the host 'kv1.vault.azure.net' is no reference"),
        ("https://kv1.vault.azure.net/secrets/S?api-version=7.4", "of the host 'kv1.vault.azure.net' is no reference"),
        ("https://kv1.vault.azure.net/secrets/S#x", "of the host 'kv1.vault.azure.net' is no reference"),
        ("@Microsoft.KeyVault()", "either SecretUri alone, or VaultName and SecretName"),
        ("@Microsoft.KeyVault(VaultName=kv1)", "either SecretUri alone"),
        ("@Microsoft.KeyVault(VaultName=kv1;SecretName=S;SecretName=T)", "either SecretUri alone"),
        ("@Microsoft.KeyVault(VaultName=kv1;SecretName=S;Other=T)", "either SecretUri alone"),
        ("@Microsoft.KeyVault(SecretUri=https://kv1.vault.azure.net/secrets/S;SecretName=T)", "either SecretUri alone"),
        ("@Microsoft.KeyVault(SecretUri)", "this text is no reference"),
        ("@Microsoft.KeyVault(VaultName=kv1;SecretName=S", "this text is no reference"),
        ("", "this text is no reference"),
    ],
)
def test_what_is_wrong_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        reference(text)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "text", ["hunter2", "postgres://me:hunter2@db/x", "https://hooks.example/T0/hunter2", "@hunter2"]
)
def test_a_secret_in_the_place_of_a_reference_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="https://VAULT") as refused:
        reference(text)
    assert "hunter2" not in str(refused.value)


def test_a_huge_cell_gives_a_short_sentence() -> None:
    for text in (
        "x" * 60_000,
        f"https://{'x' * 60_000}/secrets/S",
        f"https://kv1.vault.azure.net/secrets/{'s' * 60_000}",
        f"@Microsoft.KeyVault(VaultName={'k' * 60_000};SecretName=S)",
        f"@Microsoft.KeyVault({'VaultName=kv1;' * 5_000})",
    ):
        with pytest.raises(ValueError, match="must") as refused:
            reference(text)
        assert len(str(refused.value)) < 400


@given(
    st.text(alphabet="@Microsoft.KeyVault(SecretUri=https://kv1.vault.azure.net/secrets/S;Name)\n\\:#?%é", max_size=90)
)
def test_any_text_gives_a_reference_to_key_vault_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        read = reference(text)
        assert read.vault.endswith((".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net"))
        assert reference(str(read)) == read
