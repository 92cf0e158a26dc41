"""Which addresses may be a webhook, who listens there, and that none is ever shown whole."""

from datetime import timedelta

import pytest

from scheduler.alerts.address import address, masked, open_to, spoken
from scheduler.cell import Faults
from scheduler.columns import told
from scheduler.job import Faulty, Job
from scheduler.row import Row, Value
from scheduler.settings import Settings, SettingsError
from tests.world import World

SLACK = "https://hooks.slack.com/services/T0/B0/secret"
WORKFLOW = "https://prod-12.westeurope.logic.azure.com:443/workflows/0a/triggers/manual/paths/invoke?api-version=2016&sig=secret"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (SLACK, "slack"),
        (WORKFLOW, "teams"),
        ("https://default0a.0b.environment.api.powerplatform.com:443/powerautomate/secret", "teams"),
        ("https://contoso.webhook.office.com/webhookb2/secret", "teams"),
        ("https://hooks.slack.com.example.com/secret", "json"),
        ("https://example.com/hooks.slack.com/secret", "json"),
        ("https://[2001:db8::1]:8443/secret", "json"),
        ("http://127.0.0.1:9000/secret", "json"),
    ],
)
def test_the_host_tells_who_listens_and_only_the_host_is_shown(text: str, form: str) -> None:
    assert address(f" {text} ") == text
    assert spoken(text) == form
    assert "secret" not in masked(text)
    assert masked(text).endswith("/***")
    assert masked(f"{text}/secret?q=secret#secret").split("/")[2] == text.split("/")[2], "host and port"


@pytest.mark.parametrize(
    "text",
    [
        "me@example.com", "example.com/secret", "http://example.com/secret", "ftp://example.com/secret", "https://",
        "https:///secret", "https://user:secret@example.com/", "https://example.com/a secret", "https://exa mple.com/",
        "https://example.com/secret\nHost: evil", "https://example.com/ä", "https://example.com:http/secret",
        "https://example.com/***", "https://example.com/" + "secret" * 400, "https://-.example.com/secret?", "none ",
        "javascript:alert(1)", "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must be the https address") as refused:
        address(text)
    assert "secret" not in str(refused.value)
    assert "secret" not in masked(text)


def read(**cells: Value) -> Job | Faulty:
    return Job.from_row(Row("weather", "extract", {"Image": "loads", **cells}))


def test_a_row_may_name_its_own_webhook_or_that_nobody_is_told() -> None:
    one = read(AlertTo=SLACK, FreshFor="26h")
    assert isinstance(one, Job)
    assert (one.alert_to, one.fresh_for) == (SLACK, timedelta(hours=26))
    assert "secret" not in repr(one)
    assert told.read({"AlertTo": " None "}, Faults())["alert_to"] == "none"
    assert told.read({"AlertTo": " "}, Faults())["alert_to"] == ""


@pytest.mark.parametrize("typed", ["https://user:secret@example.com/", "secret", 5, True, b"secret"])
def test_a_wrong_address_makes_the_row_invalid_in_a_sentence_without_it(typed: Value) -> None:
    wrong = read(AlertTo=typed)
    assert isinstance(wrong, Faulty)
    if not isinstance(typed, bytes):
        allowed = "it must be the https address of a webhook, such as https://HOST/PATH, or none."
        assert wrong.faults == (f"AlertTo is refused: {allowed}",)
    assert "secret" not in str(wrong.faults)


def test_how_old_the_data_may_be_is_a_length_of_time() -> None:
    wrong = read(FreshFor="a while")
    assert isinstance(wrong, Faulty)
    assert wrong.faults[0].startswith("FreshFor is 'a while': it must be a length of time such as 90s, 15m or 1h30m")


def test_a_template_may_hold_the_address_for_many() -> None:
    world = World("08:55")
    world.add("weather/_team", AlertTo="none", FreshFor="1 day")
    world.add("weather/extract", Template="_team", Image="loads", Schedule="@daily")
    world.ticks("08:56", "08:57")
    assert world.row("weather/extract")["Status"] == "Scheduled"


LOCAL = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


@pytest.mark.parametrize("wrong", ["secret", "http://example.com/secret", "http://127.0.0.1/secret"])
def test_a_setting_that_is_no_address_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"^ALERT_WEBHOOK is refused: it must b") as refused:
        Settings.read({**LOCAL, "ALERT_WEBHOOK": wrong})
    assert "secret" not in str(refused.value)


def test_on_ones_own_machine_a_webhook_needs_no_tls() -> None:
    read = Settings.read({**LOCAL, "ALERT_WEBHOOK": "http://127.0.0.1/x", "ARM_ENDPOINT": "http://127.0.0.1:10010"})
    assert (read.webhook, read.emulated) == ("http://127.0.0.1/x", True)
    assert not open_to("http://127.0.0.1/x", emulated=False)


def test_a_secret_that_the_platform_could_not_read_tells_nobody_and_stops_nothing() -> None:
    read = Settings.read(
        {**LOCAL, "ALERT_WEBHOOK": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)"}
    )
    assert read.webhook == ""


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^ALERT_FORMAT is 'mail': it must be auto, teams, slack, json\.$"):
        Settings.read({**LOCAL, "ALERT_FORMAT": "mail"})
