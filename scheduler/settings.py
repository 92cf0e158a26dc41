"""The environment, read once into one frozen `Settings`; nothing else reads it.

In Azure the app settings are the environment. On a laptop they stand in `local.settings.json` (or the
example beside it), as the Functions tools have it; the environment beats the file.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

#: ARM's public address; another value is an emulator.
AZURE = "https://management.azure.com"
#: Table and container names as the services allow them.
_TABLE = re.compile(r"^[A-Za-z][A-Za-z0-9]{2,62}$")
_CONTAINER = re.compile(r"^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$")
_CONNECTION = "AzureWebJobsStorage"
_LOCAL = "UseDevelopmentStorage"
_ACCOUNT = "AzureWebJobsStorage__accountName"
_CLIENT = "AzureWebJobsStorage__clientId"


class SettingsError(ValueError):
    """A setting is missing or wrong; the sentence names it, its value and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """What the app settings say. `SETTINGS` maps each field to its setting's name."""

    connection: str = ""
    account: str = ""
    client_id: str = ""
    jobs_table: str = "Jobs"
    runs_table: str = "Runs"
    logs_container: str = "run-logs"
    tick_schedule: str = "0 * * * * *"
    subscription: str = ""
    resource_group: str = ""
    location: str = ""
    arm_endpoint: str = AZURE
    subnet: str = ""
    registry: str = ""
    pull_identity: str = ""
    allowed_images: str = ""
    allowed_identities: str = ""
    allowed_groups: str = ""
    installation: str = ""
    context_key: str = ""
    vault_endpoint: str = ""  # '' = each vault's own address
    max_active_runs: int = 90
    price_vcpu_hour: float | None = None  # both prices or none
    price_gb_hour: float | None = None
    price_spot_factor: float = 1.0

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Self:
        """Read the process's environment over the local settings file in `folder`; errors name the setting."""
        environ = os.environ if environ is None else environ
        local = {} if environ.get(_CONNECTION) or environ.get(_ACCOUNT) else _local(folder or Path())
        given = {**local, **environ}
        texts = {field: given[name].strip() for field, name in SETTINGS.items() if given.get(name, "").strip()}
        values: dict[str, Any] = texts | {field: _number(field, texts[field]) for field in _NUMBERS if field in texts}
        settings = cls(**values)
        settings._check()
        return settings if settings.installation else settings._named()

    def _check(self) -> None:
        if not self.connection and not self.account:
            raise SettingsError(
                f"{_CONNECTION} is not set: give a connection string (UseDevelopmentStorage=true for Azurite), "
                f"or {_ACCOUNT} with a managed identity.",
            )
        if self.connection and not {"AccountName", "TableEndpoint", _LOCAL} & set(dict(_pairs(self.connection))):
            raise SettingsError(
                f"{_CONNECTION} is no connection string: it must be {_LOCAL}=true, or name an AccountName or "
                "a TableEndpoint."
            )
        for name, value in (("JOBS_TABLE", self.jobs_table), ("RUNS_TABLE", self.runs_table)):
            if not _TABLE.match(value):
                raise SettingsError(
                    f"{name} is {value!r}: a table name has 3 to 63 letters and digits, a letter first."
                )
        if self.jobs_table.lower() == self.runs_table.lower():
            raise SettingsError(f"RUNS_TABLE is {self.runs_table!r}: it must differ from JOBS_TABLE.")
        if not _CONTAINER.match(self.logs_container):
            raise SettingsError(
                f"LOGS_CONTAINER is {self.logs_container!r}: a container name has 3 to 63 lower-case letters, "
                "digits and single hyphens.",
            )
        for name, value in (("ARM_ENDPOINT", self.arm_endpoint), ("VAULT_ENDPOINT", self.vault_endpoint)):
            if value and not value.startswith(("https://", "http://")):
                raise SettingsError(f"{name} is {value!r}: it must begin with https:// or http://.")
        if (self.price_vcpu_hour is None) != (self.price_gb_hour is None):
            missing = "PRICE_VCPU_HOUR" if self.price_vcpu_hour is None else "PRICE_GB_HOUR"
            raise SettingsError(f"{missing} is not set: a cost needs both prices; one of them may be 0.")

    def _named(self) -> Self:
        """Name the installation after its storage account and Jobs table, so that two never share groups."""
        pairs = dict(_pairs(self.connection))
        endpoint = (urlsplit(pairs.get("TableEndpoint", "")).hostname or "").partition(".")[0]
        account = self.account or pairs.get("AccountName") or endpoint or "devstoreaccount1"
        return type(self)(**{**vars(self), "installation": f"{account}/{self.jobs_table}"})

    def need_azure(self) -> None:
        """Refuse to start anything until it is said where container groups live."""
        for name, value in (
            ("AZURE_SUBSCRIPTION_ID", self.subscription),
            ("ACI_RESOURCE_GROUP", self.resource_group),
            ("ACI_LOCATION", self.location),
        ):
            if not value:
                raise SettingsError(f"{name} is not set: container groups are created there.")


#: Each field's app setting.
SETTINGS: dict[str, str] = {
    "connection": _CONNECTION,
    "account": _ACCOUNT,
    "client_id": _CLIENT,
    "subscription": "AZURE_SUBSCRIPTION_ID",
    "resource_group": "ACI_RESOURCE_GROUP",
    "location": "ACI_LOCATION",
    "subnet": "ACI_SUBNET_ID",
    "registry": "ACI_REGISTRY",
    "pull_identity": "ACI_PULL_IDENTITY",
}
SETTINGS |= {field.name: field.name.upper() for field in fields(Settings) if field.name not in SETTINGS}
#: Each number's least and most.
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "max_active_runs": (1, 10_000),
    "price_vcpu_hour": (0, 1_000_000),
    "price_gb_hour": (0, 1_000_000),
    "price_spot_factor": (0, 1),
}


def _number(field: str, text: str) -> float:
    """Read a number, a whole one where that is meant."""
    least, most = _NUMBERS[field]
    whole = field == "max_active_runs"
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1
    if not least <= value <= most:
        kind = "whole number" if whole else "number such as 0.5,"
        raise SettingsError(f"{SETTINGS[field]} is {text!r}: it must be a {kind} from {least:,} to {most:,}.")
    return value


def _pairs(connection: str) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (part.partition("=") for part in connection.split(";")) if value]


def _local(folder: Path) -> dict[str, str]:
    """Read the first of the two local settings files that is there; neither is an empty environment."""
    for name in ("local.settings.json", "local.settings.example.json"):
        file = folder / name
        if file.is_file():
            try:
                values = json.loads(file.read_text())["Values"]
                return {str(key): str(value) for key, value in values.items()}
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise SettingsError(f'{name} must be JSON with an object "Values": {error!r}.') from error
    return {}
