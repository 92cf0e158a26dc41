"""Settings: the environment, or else the local settings file; every error names the setting and what is allowed."""

import json
import logging
from pathlib import Path

import pytest

from scheduler import wiring
from scheduler.settings import AZURE, SETTINGS, Settings, SettingsError

LOCAL = "UseDevelopmentStorage=true"
MINIMAL = {"AzureWebJobsStorage": LOCAL}
NUMBERS = {"max_active_runs", "retention_days", "price_vcpu_hour", "price_gb_hour", "price_spot_factor"}
SPELLED = {name: field for field, name in SETTINGS.items()}
PRICES = ("PRICE_VCPU_HOUR", "PRICE_GB_HOUR")
WRONG = ("many", "-1", "0,04", "nan", "inf", "1 000", "9" * 5000)
ROOT = Path(__file__).parents[1]


def file(folder: Path, values: object, name: str = "local.settings.json") -> None:
    (folder / name).write_text(values if isinstance(values, str) else json.dumps({"Values": values}))


def test_one_setting_is_enough_and_the_rest_has_the_designs_defaults(tmp_path: Path) -> None:
    read = Settings.read(MINIMAL, tmp_path)
    assert (read.jobs_table, read.runs_table, read.logs_container) == ("Jobs", "Runs", "run-logs")
    assert (read.tick_schedule, read.arm_endpoint) == ("0 * * * * *", AZURE)
    assert (read.allowed_images, read.allowed_identities, read.allowed_groups) == ("", "", "")
    assert read.installation == "devstoreaccount1/Jobs"


@pytest.mark.parametrize("field", SETTINGS.keys() - NUMBERS)
def test_every_field_has_a_setting_and_takes_its_value(field: str, tmp_path: Path) -> None:
    value = {
        "arm_endpoint": "http://127.0.0.1:10010",
        "vault_endpoint": "http://127.0.0.1:10020",
        "jobs_table": "Jobs2",
        "logs_container": "logs",
        "connection": "AccountName=abc",
        "alert_webhook": "https://hooks.slack.com/services/T/B/x",
        "alert_format": "slack",
        "sign_in": "platform",
        "public_url": "https://jobs.example",
    }.get(field, "Abc")
    read = Settings.read({**MINIMAL, SETTINGS[field]: f" {value} "}, tmp_path)
    assert getattr(read, field) == value


@pytest.mark.parametrize(("typed", "days"), [("", 90), ("0", 0), (" 400 ", 400)])
def test_history_is_kept_for_ninety_days_or_as_long_as_one_says(typed: str, days: int, tmp_path: Path) -> None:
    assert Settings.read({**MINIMAL, "RETENTION_DAYS": typed}, tmp_path).retention_days == days


def test_numbers_are_numbers(tmp_path: Path) -> None:
    usual = Settings.read(MINIMAL, tmp_path)
    assert (usual.max_active_runs, usual.price_vcpu_hour, usual.price_gb_hour, usual.price_spot_factor) == (
        90, None, None, 1.0,
    )  # fmt: skip
    typed = {"MAX_ACTIVE_RUNS": " 10000 ", "PRICE_VCPU_HOUR": "0.0405", "PRICE_GB_HOUR": "0", "PRICE_SPOT_FACTOR": ".3"}
    read = Settings.read({**MINIMAL, **typed}, tmp_path)
    assert [getattr(read, SPELLED[name]) for name in typed] == [10_000, 0.0405, 0.0, 0.3]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *(("MAX_ACTIVE_RUNS", value, "it must be a whole number from 1 to 10,000.") for value in WRONG),
        *(("RETENTION_DAYS", value, "it must be a whole number from 0 to 36,500.") for value in WRONG),
        ("MAX_ACTIVE_RUNS", "2.5", "it must be a whole number from 1 to 10,000."),
        ("MAX_ACTIVE_RUNS", "10001", "it must be a whole number from 1 to 10,000."),
        ("MAX_ACTIVE_RUNS", "0", "it must be a whole number from 1 to 10,000."),
        *(("PRICE_VCPU_HOUR", value, "it must be a number such as 0.5, from 0 to 1,000,000.") for value in WRONG),
        ("PRICE_GB_HOUR", "1e9", "it must be a number such as 0.5, from 0 to 1,000,000."),
        ("PRICE_SPOT_FACTOR", "30", "it must be a number such as 0.5, from 0 to 1."),
    ],
)
def test_a_number_that_is_none_or_out_of_bounds_is_named(name: str, value: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read({**MINIMAL, "PRICE_VCPU_HOUR": "1", "PRICE_GB_HOUR": "1", name: value}, tmp_path)
    assert str(refused.value) == f"{name} is {value!r}: {sentence}"


@pytest.mark.parametrize(("given", "missing"), [PRICES, PRICES[::-1]])
def test_one_price_alone_is_no_price(given: str, missing: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^{missing} is not set: a cost needs both prices; one of them may be 0"):
        Settings.read({**MINIMAL, given: "0.04"}, tmp_path)


@pytest.mark.parametrize(
    ("typed", "client"),
    [
        ("ClientId=the-client;Authorization=AAD", "the-client"),
        ("Authorization=AAD;ClientId=the-client", "the-client"),
        ("Authorization=AAD", "mine"),
        ("nonsense", "mine"),
        ("", "mine"),
    ],
)
def test_telemetry_is_sent_as_the_hosts_own_identity_or_as_that_of_the_storage(typed: str, client: str) -> None:
    assert Settings(client_id="mine", telemetry_identity=typed).telemetry_client == client


def test_no_field_is_without_its_setting() -> None:
    assert set(SETTINGS) | {"wrong"} == set(Settings.__dataclass_fields__)


def test_an_account_with_a_managed_identity_needs_no_connection_string(tmp_path: Path) -> None:
    read = Settings.read({"AzureWebJobsStorage__accountName": "acct", "JOBS_TABLE": "Nightly"}, tmp_path)
    assert (read.account, read.connection, read.installation) == ("acct", "", "acct/Nightly")


def test_the_installation_is_named_after_the_account_of_the_connection_string(tmp_path: Path) -> None:
    string = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=YWI=;EndpointSuffix=core.windows.net"
    assert Settings.read({"AzureWebJobsStorage": string}, tmp_path).installation == "acct/Jobs"
    assert Settings.read({**MINIMAL, "INSTALLATION": "mine"}, tmp_path).installation == "mine"


def test_the_installation_is_named_after_the_endpoint_when_the_string_has_no_account(tmp_path: Path) -> None:
    string = "TableEndpoint=https://acct.table.core.windows.net;SharedAccessSignature=sv=1&sig=2"
    assert Settings.read({"AzureWebJobsStorage": string}, tmp_path).installation == "acct/Jobs"


# a laptop


def test_a_laptops_file_stands_in_for_an_environment_without_storage(tmp_path: Path) -> None:
    file(tmp_path, {**MINIMAL, "ACI_LOCATION": "local", "INSTALLATION": "laptop"})
    read = Settings.read({}, tmp_path)
    assert (read.connection, read.location, read.installation) == (LOCAL, "local", "laptop")


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    file(tmp_path, {**MINIMAL, "ACI_LOCATION": "local", "JOBS_TABLE": "Local"})
    read = Settings.read({"ACI_LOCATION": "westeurope"}, tmp_path)
    assert (read.location, read.jobs_table) == ("westeurope", "Local")


@pytest.mark.parametrize("name", ["AzureWebJobsStorage", "AzureWebJobsStorage__accountName"])
def test_where_storage_is_set_a_file_that_was_deployed_by_mistake_is_not_read(name: str, tmp_path: Path) -> None:
    file(tmp_path, {**MINIMAL, "JOBS_TABLE": "Local", "ARM_ENDPOINT": "http://127.0.0.1:10010"})
    read = Settings.read({name: "AccountName=acct"}, tmp_path)
    assert (read.jobs_table, read.arm_endpoint) == ("Jobs", AZURE)


def test_the_example_serves_until_there_is_a_file_of_ones_own(tmp_path: Path) -> None:
    file(tmp_path, {**MINIMAL, "JOBS_TABLE": "Example"}, "local.settings.example.json")
    assert Settings.read({}, tmp_path).jobs_table == "Example"
    file(tmp_path, {**MINIMAL, "JOBS_TABLE": "Mine"})
    assert Settings.read({}, tmp_path).jobs_table == "Mine"


def test_the_example_of_this_repository_is_whole() -> None:
    read = Settings.read({}, ROOT)
    read.need_azure()
    assert json.loads((ROOT / "local.settings.example.json").read_text())["Values"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"Values": []}', '{"Values": null}', "\ufeff\x00"])
def test_a_file_that_cannot_be_read_is_named(content: str, tmp_path: Path) -> None:
    file(tmp_path, content)
    with pytest.raises(SettingsError, match=r'^local\.settings\.json must be JSON with an object "Values": '):
        Settings.read({}, tmp_path)


def test_a_file_of_numbers_and_flags_is_read_as_text(tmp_path: Path) -> None:
    file(tmp_path, {**MINIMAL, "CONTEXT_KEY": 5})
    assert Settings.read({}, tmp_path).context_key == "5"


def test_no_key_is_shown_where_the_settings_are(tmp_path: Path) -> None:
    keys = {name: f"hunter2-{name}" for name in ("WEB_KEY", "VIEWER_KEY", "CONTEXT_KEY")}
    read = Settings.read({**MINIMAL, **keys}, tmp_path)
    assert (read.web_key, read.viewer_key) == ("hunter2-WEB_KEY", "hunter2-VIEWER_KEY")
    assert "hunter2" not in repr(read)


# errors


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "AzureWebJobsStorage is not set: give a connection string"),
        ({"AzureWebJobsStorage": "garbage"}, "AzureWebJobsStorage is no connection string"),
        ({"AzureWebJobsStorage": " "}, "or AzureWebJobsStorage__accountName with a managed identity."),
        ({**MINIMAL, "JOBS_TABLE": "my-jobs"}, "JOBS_TABLE is 'my-jobs': a table name has 3 to 63 letters and digits"),
        ({**MINIMAL, "JOBS_TABLE": "ab"}, "JOBS_TABLE is 'ab'"),
        ({**MINIMAL, "RUNS_TABLE": "1runs"}, "RUNS_TABLE is '1runs'"),
        ({**MINIMAL, "RUNS_TABLE": "JOBS"}, "RUNS_TABLE is 'JOBS': it must differ from JOBS_TABLE."),
        ({**MINIMAL, "LOGS_CONTAINER": "Logs"}, "LOGS_CONTAINER is 'Logs': a container name has 3 to 63 lower-case"),
        ({**MINIMAL, "LOGS_CONTAINER": "a--b"}, "LOGS_CONTAINER is 'a--b'"),
        ({**MINIMAL, "ARM_ENDPOINT": "127.0.0.1:10010"}, "ARM_ENDPOINT is '127.0.0.1:10010': it must begin with"),
        ({**MINIMAL, "AUDIT_TABLE": "a-b"}, "AUDIT_TABLE is 'a-b'"),
        ({**MINIMAL, "AUDIT_TABLE": "runs"}, "AUDIT_TABLE is 'runs': it must differ from RUNS_TABLE."),
        ({**MINIMAL, "SIGN_IN": "entra"}, "SIGN_IN is 'entra': it must be off or platform."),
        ({**MINIMAL, "PUBLIC_URL": "jobs.example"}, "PUBLIC_URL is 'jobs.example': it must begin with"),
        ({**MINIMAL, "VAULT_ENDPOINT": "vault"}, "VAULT_ENDPOINT is 'vault': it must begin with https:// or http://."),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(
    given: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read(given, tmp_path)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("missing", ["AZURE_SUBSCRIPTION_ID", "ACI_RESOURCE_GROUP", "ACI_LOCATION"])
def test_nothing_starts_until_it_is_said_where(missing: str, tmp_path: Path) -> None:
    where = {"AZURE_SUBSCRIPTION_ID": "1", "ACI_RESOURCE_GROUP": "rg", "ACI_LOCATION": "westeurope"}
    Settings.read({**MINIMAL, **where}, tmp_path).need_azure()
    del where[missing]
    with pytest.raises(SettingsError, match=f"^{missing} is not set"):
        Settings.read({**MINIMAL, **where}, tmp_path).need_azure()


# what no schedule rests on


ASIDE = [
    ("ALERT_WEBHOOK", "http://example.com/secret", "ALERT_WEBHOOK is refused: it must b", "no alert goes there"),
    ("ALERT_FORMAT", "mail", "ALERT_FORMAT is 'mail': it must be auto", "it counts as auto"),
    ("SIGN_IN", "entra", "SIGN_IN is 'entra': it must be off or platform.", "it counts as off"),
    ("PUBLIC_URL", "jobs.example", "PUBLIC_URL is 'jobs.example': it must begin with", "alerts hold no link"),
    ("RETENTION_DAYS", "-1", "RETENTION_DAYS is '-1': it must be a whole number", "nothing is removed"),
]


@pytest.mark.parametrize(("name", "value", "why", "meanwhile"), ASIDE)
def test_a_schedule_goes_on_without_what_it_does_not_rest_on(
    name: str, value: str, why: str, meanwhile: str, tmp_path: Path
) -> None:
    read = Settings.forgiving({**MINIMAL, name: value, "JOBS_TABLE": "Nightly"}, tmp_path)
    assert getattr(read, SPELLED[name]) == (0 if name == "RETENTION_DAYS" else getattr(Settings(), SPELLED[name]))
    assert (read.jobs_table, read.installation) == ("Nightly", "devstoreaccount1/Nightly")
    (told,) = read.wrong
    assert told.startswith(why)
    assert told.endswith(f"Ticks go on; until it is mended {meanwhile}.")
    assert "secret" not in told


def test_all_that_is_wrong_beside_the_schedule_is_told_at_once(tmp_path: Path) -> None:
    read = Settings.forgiving({**MINIMAL, **{name: value for name, value, _, _ in ASIDE}}, tmp_path)
    assert sorted(told.split()[0] for told in read.wrong) == sorted(name for name, *_ in ASIDE)
    assert Settings.forgiving(MINIMAL, tmp_path).wrong == ()


@pytest.mark.parametrize("name", ["JOBS_TABLE", "MAX_ACTIVE_RUNS", "ARM_ENDPOINT", "PRICE_VCPU_HOUR"])
def test_what_a_schedule_rests_on_is_not_forgiven(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is "):
        Settings.forgiving({**MINIMAL, "SIGN_IN": "entra", name: "-"}, tmp_path)


def test_a_process_tells_once_what_is_wrong_and_has_a_world_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {**MINIMAL, "ALERT_WEBHOOK": "hunter2", "RETENTION_DAYS": "never"}.items():
        monkeypatch.setenv(name, value)
    wiring.world.cache_clear()
    with caplog.at_level(logging.INFO):
        assert wiring.world().settings.webhook == ""
        assert wiring.world().settings.retention_days == 0
    wiring.world.cache_clear()
    told = [(one.levelname, one.getMessage().split()[0]) for one in caplog.records if "Ticks go on" in one.getMessage()]
    assert sorted(told) == [("ERROR", "ALERT_WEBHOOK"), ("ERROR", "RETENTION_DAYS")]
    assert "hunter2" not in caplog.text
