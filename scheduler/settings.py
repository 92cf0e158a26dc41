"""The environment, read once into one frozen `Settings`; nothing else reads it.

In Azure the app settings are the environment. On a laptop they stand in `local.settings.json` (or the
example beside it), as the Functions tools have it; the environment beats the file.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from scheduler.alerts.address import Format, address, open_to

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
    """A setting is missing or wrong; the sentence begins with its name, and tells its value and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """What the app settings say. `SETTINGS` maps each field to its setting's name."""

    connection: str = ""
    account: str = ""
    client_id: str = ""
    jobs_table: str = "Jobs"
    runs_table: str = "Runs"
    audit_table: str = "Audit"
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
    context_key: str = field(default="", repr=False)
    web_key: str = field(default="", repr=False)
    viewer_key: str = field(default="", repr=False)
    sign_in: str = "off"  # or platform
    platform_signs_in: str = ""  # App Service itself says True while its sign-in is on
    public_url: str = ""
    alert_webhook: str = field(default="", repr=False)
    alert_format: str = "auto"
    telemetry: str = field(default="", repr=False)  # a connection string of Application Insights
    telemetry_identity: str = ""  # as the Functions host reads it: ClientId=...;Authorization=AAD
    telemetry_off: str = ""  # true = off, though a connection string is set
    vault_endpoint: str = ""  # '' = each vault's own address
    max_active_runs: int = 90
    retention_days: int = 90  # 0 = for ever
    price_vcpu_hour: float | None = None  # both prices or none
    price_gb_hour: float | None = None
    price_spot_factor: float = 1.0
    wrong: tuple[str, ...] = ()  # no setting: what `forgiving` counted as not set, in sentences

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Self:
        """Read the process's environment over the local settings file in `folder`; errors name the setting."""
        return cls._of(_given(environ, folder))

    @classmethod
    def forgiving(cls, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Self:
        """Read as `read` does, and count what no schedule rests on as not set where it is wrong.

        Scenario: somebody mistypes SIGN_IN on a Friday, and no job runs until Monday.
        """
        given, wrong = _given(environ, folder), list[str]()
        while True:
            try:
                return replace(cls._of(given), wrong=tuple(wrong))
            except SettingsError as error:
                name = str(error).partition(" ")[0]
                if name not in _FORGIVEN:
                    raise
                given[name], meanwhile = _FORGIVEN[name]
                wrong.append(f"{error} Ticks go on; until it is mended {meanwhile}.")

    @classmethod
    def _of(cls, given: Mapping[str, str]) -> Self:
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
        self._check_tables()
        self._check_web()
        self._check_alerts()
        if not _CONTAINER.match(self.logs_container):
            raise SettingsError(
                f"LOGS_CONTAINER is {self.logs_container!r}: a container name has 3 to 63 lower-case letters, "
                "digits and single hyphens.",
            )
        for name, value in (
            ("ARM_ENDPOINT", self.arm_endpoint),
            ("VAULT_ENDPOINT", self.vault_endpoint),
            ("PUBLIC_URL", self.public_url),
        ):
            if value and not value.startswith(("https://", "http://")):
                raise SettingsError(f"{name} is {value!r}: it must begin with https:// or http://.")
        if (self.price_vcpu_hour is None) != (self.price_gb_hour is None):
            missing = "PRICE_VCPU_HOUR" if self.price_vcpu_hour is None else "PRICE_GB_HOUR"
            raise SettingsError(f"{missing} is not set: a cost needs both prices; one of them may be 0.")

    def _check_tables(self) -> None:
        names = {"JOBS_TABLE": self.jobs_table, "RUNS_TABLE": self.runs_table, "AUDIT_TABLE": self.audit_table}
        taken: dict[str, str] = {}
        for name, value in names.items():
            if not _TABLE.match(value):
                raise SettingsError(
                    f"{name} is {value!r}: a table name has 3 to 63 letters and digits, a letter first."
                )
            if other := taken.get(value.lower()):
                raise SettingsError(f"{name} is {value!r}: it must differ from {other}.")
            taken[value.lower()] = name

    def _check_alerts(self) -> None:
        """An address of a webhook is a secret: no sentence repeats it."""
        if self.webhook:
            try:
                allowed = open_to(address(self.webhook), emulated=self.emulated)
            except ValueError as wrong:
                raise SettingsError(f"ALERT_WEBHOOK is refused: {wrong}") from None
            if not allowed:
                raise SettingsError("ALERT_WEBHOOK is refused: it must begin with https:// where ACI is no emulator.")
        formats = ("auto", *map(str, Format))
        if self.alert_format not in formats:
            raise SettingsError(f"ALERT_FORMAT is {self.alert_format!r}: it must be {', '.join(formats)}.")

    @property
    def webhook(self) -> str:
        """Give where alerts go; '' where nobody is told, or the platform could not read the secret."""
        return "" if self.alert_webhook.startswith("@Microsoft.KeyVault(") else self.alert_webhook

    @property
    def telemetry_client(self) -> str:
        """Give the identity that telemetry is sent as: the host's own, as `ClientId=...;Authorization=AAD` names it."""
        return dict(_pairs(self.telemetry_identity)).get("ClientId", "").strip() or self.client_id

    @property
    def emulated(self) -> bool:
        """Say whether ACI is an emulator: then all of this is on a person's own machine."""
        return self.arm_endpoint.startswith("http://")

    @property
    def platform_vouches(self) -> bool:
        """Whether App Service tells who asks: SIGN_IN wants it, and the platform says that its sign-in is on."""
        return self.sign_in == "platform" and self.platform_signs_in.lower() == "true"

    def _check_web(self) -> None:
        if self.sign_in not in ("off", "platform"):
            raise SettingsError(f"SIGN_IN is {self.sign_in!r}: it must be off or platform.")

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
    "platform_signs_in": "WEBSITE_AUTH_ENABLED",
    "telemetry": "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "telemetry_identity": "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "telemetry_off": "OTEL_SDK_DISABLED",
}
SETTINGS |= {field.name: field.name.upper() for field in fields(Settings) if field.name not in {*SETTINGS, "wrong"}}
#: What ticks do not rest on: the text that counts where another is wrong, and what that means.
_FORGIVEN: Mapping[str, tuple[str, str]] = {
    "ALERT_WEBHOOK": ("", "no alert goes there"),
    "ALERT_FORMAT": ("", "it counts as auto"),
    "SIGN_IN": ("", "it counts as off"),
    "PUBLIC_URL": ("", "alerts hold no link"),
    "RETENTION_DAYS": ("0", "nothing is removed"),
}
_WHOLE = frozenset({"max_active_runs", "retention_days"})
#: Each number's least and most.
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "max_active_runs": (1, 10_000),
    "retention_days": (0, 36_500),
    "price_vcpu_hour": (0, 1_000_000),
    "price_gb_hour": (0, 1_000_000),
    "price_spot_factor": (0, 1),
}


def _number(field: str, text: str) -> float:
    """Read a number, a whole one where that is meant."""
    least, most = _NUMBERS[field]
    whole = field in _WHOLE
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


def _given(environ: Mapping[str, str] | None, folder: Path | None) -> dict[str, str]:
    """Lay the environment over the local settings file; where it names a storage, there is no file."""
    environ = os.environ if environ is None else environ
    local = {} if environ.get(_CONNECTION) or environ.get(_ACCOUNT) else _local(folder or Path())
    return {**local, **environ}


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
