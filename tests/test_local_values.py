"""The settings of `make run`: a file, the environment over it, and what a second terminal is told."""

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local import values
from local.children import Children
from local.needs import ROOT, RefusalError
from local.options import Options
from local.stack import Stack
from scheduler.settings import SETTINGS, Settings

FIRST = Options(port=20020, azurite_port=20000, emulator_port=20010)
SECOND = Options(port=21020, azurite_port=21000, emulator_port=21010)


def shell(*lines: str) -> dict[str, str]:
    """What a terminal's environment holds after these lines were typed."""
    typed = "\n".join((*lines, "env"))
    said = subprocess.run(["sh", "-c", typed], env={}, capture_output=True, text=True, check=True).stdout
    return dict(pair.split("=", 1) for pair in said.splitlines())


def line(chosen: Options, **outside: str) -> str:
    return values.export_line(chosen, values.environment(chosen, values.from_file(), outside))


def test_a_persons_own_settings_beat_the_example_and_the_environment_beats_both(tmp_path: Path) -> None:
    example = (ROOT / "local.settings.example.json").read_text()
    (tmp_path / "local.settings.example.json").write_text(example)
    assert values.from_file(tmp_path)["JOBS_TABLE"] == "Jobs"
    (tmp_path / "local.settings.json").write_text('{"Values": {"JOBS_TABLE": "Mine", "MAX_ACTIVE_RUNS": 5}}')
    assert values.from_file(tmp_path) == {"JOBS_TABLE": "Mine", "MAX_ACTIVE_RUNS": "5"}
    env = values.environment(Options(), values.from_file(tmp_path), {"JOBS_TABLE": "Hers"})
    assert env["JOBS_TABLE"] == "Hers"


def test_settings_that_are_not_json_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text("{")
    with pytest.raises(RefusalError, match=r"local\.settings\.json cannot be read as settings"):
        values.from_file(tmp_path)


def test_the_defaults_that_name_a_port_follow_the_ports_chosen() -> None:
    chosen = Options(azurite_port=20000, emulator_port=20010)
    env = values.environment(chosen, values.from_file(), {"PATH": "/bin"})
    assert "TableEndpoint=http://127.0.0.1:20002/devstoreaccount1;" in env["AzureWebJobsStorage"]
    assert env["ARM_ENDPOINT"] == "http://127.0.0.1:20010"
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert values.is_ours(env, chosen)


def test_a_storage_account_of_the_persons_own_is_left_alone() -> None:
    outside = {"AzureWebJobsStorage": "AccountName=theirs;AccountKey=x", "ARM_ENDPOINT": "http://127.0.0.1:9"}
    env = values.environment(Options(), values.from_file(), outside)
    assert {name: env[name] for name in outside} == outside
    assert not values.is_ours(env, Options())


def test_other_ports_are_told_as_a_line_for_the_second_terminals_shell() -> None:
    assert values.export_line(Options(port=7072), values.environment(Options(), {}, {})) == ""
    chosen = Options(azurite_port=20000, emulator_port=20010)
    env = values.environment(chosen, values.from_file(), {"JOBS_TABLE": "Hers $(x)"})
    line = values.export_line(chosen, env)
    said = subprocess.run(["sh", "-c", f"{line}; env"], env={}, capture_output=True, text=True, check=True).stdout
    told = dict(pair.split("=", 1) for pair in said.splitlines())
    names = ("AzureWebJobsStorage", "ARM_ENDPOINT", "AZURE_SUBSCRIPTION_ID", "ACI_RESOURCE_GROUP", "JOBS_TABLE")
    assert {name: told[name] for name in names} == {name: env[name] for name in names}
    mine = env | {"AzureWebJobsStorage": "AccountName=theirs;AccountKey=x"}
    assert values.export_line(chosen, mine) == ""


def test_the_printed_line_holds_no_key_of_the_pages() -> None:
    printed = line(FIRST, WEB_KEY="hers", VIEWER_KEY="his", CONTEXT_KEY="theirs")
    assert printed
    assert not {"WEB_KEY", "VIEWER_KEY", "CONTEXT_KEY", "hers", "his", "theirs"} & set(
        printed.replace("=", " ").split()
    )


def test_another_run_in_the_terminal_of_the_printed_line_is_refused_until_it_is_unset() -> None:
    """Scenario: two schedulers on one run's tables, or ticks against an address where nothing listens any more."""
    printed = line(FIRST, JOBS_TABLE="Hers", RETENTION_DAYS="7")
    with pytest.raises(RefusalError) as refusal:
        values.refuse_another_runs(SECOND, shell(printed))
    sentence, mend = str(refusal.value).splitlines()
    assert "another `make run` (tables on port 20002, ARM_ENDPOINT http://127.0.0.1:20010)" in sentence
    left = shell(printed, mend)
    assert not left.keys() & set(SETTINGS.values())
    values.refuse_another_runs(SECOND, left)


def test_a_run_on_the_very_ports_of_the_printed_line_may_start_anew() -> None:
    values.refuse_another_runs(FIRST, shell(line(FIRST)))


def test_a_run_with_the_same_tables_and_another_emulator_is_refused() -> None:
    moved = Options(emulator_port=20010)
    with pytest.raises(RefusalError, match=r"ARM_ENDPOINT http://127\.0\.0\.1:20010"):
        values.refuse_another_runs(Options(), shell(line(moved)))


@pytest.mark.parametrize(
    "outside",
    [
        {},
        {"AzureWebJobsStorage": values.DEVELOPMENT_STORAGE},
        {"AzureWebJobsStorage": "AccountName=theirs;AccountKey=x", "ARM_ENDPOINT": "http://127.0.0.1:9"},
        {"AzureWebJobsStorage": "TableEndpoint=http://127.0.0.1:20002/devstoreaccount1;AccountKey=x"},
        {"ARM_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
def test_what_no_make_run_has_printed_is_the_persons_own(outside: dict[str, str]) -> None:
    values.refuse_another_runs(SECOND, outside)


def test_the_command_refuses_the_printed_line_before_it_touches_anything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    words = ["--port", "0", "--azurite-port", "0", "--emulator-port", "0", "--weather-port", "0", "--data", str(data)]
    env = {"PATH": os.environ["PATH"]} | shell(line(FIRST))
    command = [sys.executable, "-m", "local", *words]
    answer = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, data.exists()) == (2, "", False)
    assert answer.stderr.startswith("This terminal holds the `export` line of another `make run`")


def told(tmp_path: Path, **outside: str) -> str:
    said = io.StringIO()
    env = values.environment(FIRST, values.from_file(), outside)
    Stack(FIRST, env, Children(tmp_path), Console(file=said))._print_addresses()
    return said.getvalue()


def test_the_addresses_told_are_those_that_are_used(tmp_path: Path) -> None:
    ours = told(tmp_path)
    assert "Tables         http://127.0.0.1:20002/devstoreaccount1\n" in ours
    assert "ACI emulator   http://127.0.0.1:20010\n" in ours
    outside = {"AzureWebJobsStorage": "AccountName=theirs;AccountKey=x", "ARM_ENDPOINT": "http://127.0.0.1:9"}
    theirs = told(tmp_path, **outside)
    assert "Tables         those that AzureWebJobsStorage names; the Azurite of this run is not used\n" in theirs
    assert "ACI emulator   http://127.0.0.1:20010  (not used: ARM_ENDPOINT is http://127.0.0.1:9)\n" in theirs


#: A value of each kind that no default has.
SET = {
    "ALERT_WEBHOOK": "http://127.0.0.1:9/hook",
    "ALERT_FORMAT": "slack",
    "RETENTION_DAYS": "7",
    "PUBLIC_URL": "http://127.0.0.1:7071",
    "MAX_ACTIVE_RUNS": "3",
    "WEB_KEY": "hers",
    "VIEWER_KEY": "his",
    "AUDIT_TABLE": "Hers",
}


def test_settings_of_the_environment_arrive_in_the_function_app_and_in_the_second_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = values.environment(FIRST, values.from_file(), {"PATH": "/bin", **SET})
    given: list[dict[str, str]] = []

    async def start(_self: Children, _name: str, _command: list[str], env: dict[str, str], **_: object) -> None:
        given.append(env)

    monkeypatch.setattr(Children, "start", start)
    asyncio.run(Stack(FIRST, env, Children(tmp_path))._start_host())
    app = Settings.read(given[0])
    fields = {name: field for field, name in SETTINGS.items()}
    assert {name: str(getattr(app, fields[name])) for name in SET} == SET
    typed = Settings.read(shell(values.export_line(FIRST, env)))
    for name in SET.keys() - {"WEB_KEY", "VIEWER_KEY", "ALERT_WEBHOOK"}:
        assert str(getattr(typed, fields[name])) == SET[name]
    assert (typed.web_key, typed.viewer_key, typed.alert_webhook) == ("", "", "")


def test_an_empty_setting_of_the_environment_takes_the_files_away() -> None:
    env = values.environment(FIRST, {"ALERT_WEBHOOK": "http://127.0.0.1:9/hook"}, {"ALERT_WEBHOOK": ""})
    assert Settings.read(env).webhook == ""
