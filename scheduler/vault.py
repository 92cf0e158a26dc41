"""References to Key Vault's secrets, as people write them in `SecureEnv` and in app settings.

Only Key Vault's own hosts are accepted: whoever is asked for a secret is sent a token first.
No error repeats a text that is no reference at all: it may be the secret itself, typed into the wrong cell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.cell import shown

#: The domains of Key Vault: Azure's public cloud, its Chinese and its US government's.
DOMAINS = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net")
#: What a reference looks like, for sentences.
ALLOWED = (
    "https://VAULT.vault.azure.net/secrets/NAME, with or without /VERSION, "
    "or @Microsoft.KeyVault(SecretUri=...) or @Microsoft.KeyVault(VaultName=...;SecretName=...)"
)

# ASCII throughout: without it, IGNORECASE would take the long s and the Kelvin sign for letters of a host.
_FLAGS = re.ASCII | re.IGNORECASE
_WRAPPED = re.compile(r"@Microsoft\.KeyVault\((.*)\)", _FLAGS)
_URI = re.compile(r"https://([a-z0-9.-]+)(?::443)?/secrets/([^/?#]*)(?:/([^/?#]*))?/?", _FLAGS)
_HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[:/].*)?", _FLAGS)
_VAULT = re.compile(r"(?=.{3,24}$)[a-z](?:-?[a-z0-9])+", _FLAGS)
_NAME = re.compile(r"[a-z0-9-]{1,127}", _FLAGS)
_VERSION = re.compile(r"[0-9a-f]{32}", _FLAGS)


@dataclass(frozen=True)
class Reference:
    """A secret: its vault's host (`NAME.vault.azure.net`), its name, and its version, '' for the current one.

    `str` gives the canonical https address.
    """

    vault: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"https://{self.vault}/secrets/{self.name}" + (f"/{self.version}" if self.version else "")


def likely(text: str) -> bool:
    """Say whether a text may be a reference: all forms hold this word, and hardly any other text of a row does."""
    return "vault" in text or "vault" in text.lower()


def reference(text: str) -> Reference:
    """Read a reference in any of the forms that Azure knows; `ValueError` with a sentence for anything else."""
    text = text.strip()
    wrapped = _WRAPPED.fullmatch(text)
    if not wrapped:
        return _from_uri(text)
    parts = _parts(wrapped[1])
    if parts.keys() == {"secreturi"}:
        return _from_uri(parts["secreturi"])
    if {"vaultname", "secretname"} <= parts.keys() <= {"vaultname", "secretname", "secretversion"}:
        return _checked(f"{parts['vaultname']}.{DOMAINS[0]}", parts["secretname"], parts.get("secretversion", ""))
    raise ValueError(
        "in @Microsoft.KeyVault(...) there must be either SecretUri alone, or VaultName and SecretName and, "
        "if wanted, SecretVersion, with ; between them."
    )


def _parts(inside: str) -> Mapping[str, str]:
    """Take `Name=value;Name=value` apart; a name given twice, or without a value's sign, is no reference."""
    pairs = [part.partition("=") for part in inside.split(";") if part.strip()]
    parts = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return parts if len(parts) == len(pairs) else {}


def _from_uri(text: str) -> Reference:
    uri = _URI.fullmatch(text)
    if uri:
        return _checked(uri[1], uri[2], uri[3] or "")
    host = _HOST.fullmatch(text)
    where = f" of the host {shown(host[1].lower())}" if host else ""
    raise ValueError(f"this text{where} is no reference to a secret in Key Vault: it must be {ALLOWED}.")


def _checked(host: str, name: str, version: str) -> Reference:
    """Hold the three parts against Key Vault's rules for them."""
    host = host.lower()
    vault, _, domain = host.partition(".")
    if domain not in DOMAINS:
        raise ValueError(f"the host {shown(host)} is not Key Vault: it must be VAULT.{', VAULT.'.join(DOMAINS)}.")
    if not _VAULT.fullmatch(vault):
        raise ValueError(
            f"the vault's name {shown(vault)} must have 3 to 24 letters, digits and single hyphens, a letter first "
            "and no hyphen last."
        )
    if not _NAME.fullmatch(name):
        raise ValueError(f"the secret's name {shown(name)} must have 1 to 127 letters, digits and hyphens.")
    if version and not _VERSION.fullmatch(version):
        raise ValueError(
            f"the secret's version {shown(version)} must have 32 hex digits, or be left out for the newest."
        )
    return Reference(host, name, version.lower())
