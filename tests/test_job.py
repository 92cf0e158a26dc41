"""A row made trustworthy, or the whole list of what is wrong with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.columns.what import LONGEST_ENV
from scheduler.job import CatchUp, Faulty, Job, Overlap
from scheduler.row import Row, Value
from scheduler.settings import Settings
from scheduler.spec import refused
from scheduler.watermark import TOLD

IMAGE: dict[str, Value] = {"Image": "registry.example/weather:1"}
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
IDENTITY = (
    "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/weather-extract"
)
SUBNET = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/jobs"


def good(**cells: Any) -> Job:
    job = Job.from_row(Row("weather", "extract", cells))
    assert isinstance(job, Job), job
    return job


def faults(partition: str = "weather", name: str = "extract", **cells: Any) -> tuple[str, ...]:
    job = Job.from_row(Row(partition, name, cells))
    assert isinstance(job, Faulty)
    return job.faults


def only_fault(**cells: Any) -> str:
    (fault,) = faults(**IMAGE | cells)
    return fault


def test_an_image_alone_is_a_job_that_runs_on_request() -> None:
    job = good(**IMAGE)
    assert (job.id, job.schedule.manual, job.enabled) == ("weather/extract", True, True)
    assert (job.cpu, job.memory, job.env, job.command, job.identities) == (1.0, 1.5, (), (), ())
    assert (job.timeout, job.start_timeout, job.priority) == (timedelta(hours=1), timedelta(minutes=15), 0)


def test_a_row_in_full() -> None:
    job = good(
        **IMAGE,
        Schedule="0 2 * * 1-5",
        TimeZone="Europe/Berlin",
        StartAt="2026-11-01",
        EndAt=NINE + timedelta(days=30),
        Enabled="yes",
        Command='["python", "-m", "weather extract"]',
        Cpu="2",
        MemoryGb=4,
        Env='{"MODE": "full"}',
        Identity=IDENTITY,
        Timeout="2h",
        StartTimeout="5m",
        Overlap="Skip",
        CatchUp="latest",
        Priority=5.0,
        Watermark="2026-11-21",
        Request=" Run ",
        Owner="data@example.org",
    )
    assert job.schedule.start == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert job.schedule.after(NINE) == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert job.command == ("python", "-m", "weather extract")
    assert (job.cpu, job.memory, job.env, job.identities) == (2.0, 4.0, (("MODE", "full"),), (IDENTITY,))
    assert (job.timeout, job.start_timeout, job.priority) == (timedelta(hours=2), timedelta(minutes=5), 5)
    assert (job.watermark, job.request) == ("2026-11-21", "Run")


@pytest.mark.parametrize(
    ("column", "typed", "attribute", "read"),
    [
        ("Cpu", 2, "cpu", 2.0),
        ("Cpu", 2.0, "cpu", 2.0),
        ("Cpu", "2", "cpu", 2.0),
        ("Cpu", "2.0", "cpu", 2.0),
        ("Enabled", True, "enabled", True),
        ("Enabled", "yes", "enabled", True),
        ("Enabled", "FALSE", "enabled", False),
        ("Enabled", 0, "enabled", False),
        ("Enabled", "", "enabled", True),
        ("Priority", "-3", "priority", -3),
        ("Watermark", 20261121, "watermark", "20261121"),
        ("Watermark", 20261121.0, "watermark", "20261121"),
        ("Watermark", NINE, "watermark", "2026-11-22T09:00:00Z"),
        ("Command", "python -m weather 'two words'", "command", ("python", "-m", "weather", "two words")),
        ("Image", 5.5, "image", "5.5"),
        ("PausedReason", 7, "paused_reason", "7"),
        ("Retries", "3.0", "retries", 3),
        ("RetryDelay", "30s", "retry_delay", timedelta(seconds=30)),
        ("Overlap", " WAIT", "overlap", Overlap.WAIT),
        ("Overlap", "replace", "overlap", Overlap.REPLACE),
        ("Overlap", "Allow", "overlap", Overlap.ALLOW),
        ("MaxOverlap", 50, "max_overlap", 50),
        ("CatchUp", "All", "catch_up", CatchUp.ALL),
        ("Jitter", "0", "jitter", timedelta(0)),
        ("Jitter", 0, "jitter", timedelta(0)),
        ("Jitter", "1h", "jitter", timedelta(hours=1)),
        ("Locations", "West Europe, northeurope,westeurope", "locations", ("westeurope", "northeurope")),
        ("Locations", '["uksouth"]', "locations", ("uksouth",)),
        ("Spot", "yes", "spot", True),
        ("Spot", False, "spot", False),
        ("Subnet", "None", "subnet", "none"),
        ("Subnet", SUBNET, "subnet", SUBNET),
        ("Registry", "REGISTRY.example", "registry", "registry.example"),
        ("GitRepo", "https://github.com/team/jobs.git", "git_repo", "https://github.com/team/jobs.git"),
        ("Request", " Run 2026-11-01 watermark A b ", "request", "Run 2026-11-01 watermark A b"),
    ],
)
def test_what_a_person_would_type_is_taken(column: str, typed: Any, attribute: str, read: object) -> None:
    assert getattr(good(**IMAGE | {column: typed}), attribute) == read


@pytest.mark.parametrize(
    "typed", ["2026-12-01T10:00", "2026-12-01 10:00:00+01:00", datetime(2026, 12, 1, 9, tzinfo=UTC)]
)
def test_start_at_is_a_date_cell_or_text_in_the_rows_zone(typed: Any) -> None:
    job = good(**IMAGE, Schedule="every 1 hour", TimeZone="Europe/Berlin", StartAt=typed)
    assert job.schedule.after(NINE) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_zone_in_the_wrong_case_serves_start_at_too() -> None:
    job = good(**IMAGE, Schedule="every 1 hour", TimeZone="europe/berlin", StartAt="2026-12-01T10:00")
    assert job.schedule.after(NINE) == datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "column", "value", "allowed"),
    [
        ({"TimeZone": "Europe/Berlim"}, "TimeZone", "Europe/Berlim", "did you mean Europe/Berlin?"),
        ({"TimeZone": 7}, "TimeZone", "7", "write one such as Europe/Berlin or UTC."),
        ({"Schedule": "61 * * * *"}, "Schedule", "61 * * * *", "0 to 59"),
        ({"Schedule": "every 0 minutes"}, "Schedule", "every 0 minutes", "60 seconds to 36525 days"),
        ({"Schedule": "0 22-2 * * *"}, "Schedule", "22-2", "write 22-23,0-2"),
        ({"Schedule": 5}, "Schedule", "5", "write cron (5 fields)"),
        ({"Schedule": "after weather extract"}, "Schedule", "after weather extract", "PartitionKey/RowKey"),
        ({"StartAt": "soon"}, "StartAt", "soon", "such as 2026-11-22T09:00:00Z"),
        ({"EndAt": 5}, "EndAt", "5", "such as 2026-11-22T09:00:00Z"),
        ({"Enabled": "perhaps"}, "Enabled", "perhaps", "true or false"),
        ({"Cpu": "lots"}, "Cpu", "lots", "from 0.1 to 31"),
        ({"Cpu": True}, "Cpu", "True", "from 0.1 to 31"),
        ({"MemoryGb": 500}, "MemoryGb", "500", "from 0.1 to 240"),
        ({"Image": "two words"}, "Image", "two words", "registry.azurecr.io/name:tag"),
        ({"Command": "'open"}, "Command", "'open", "No closing quotation"),
        ({"Command": "[]"}, "Command", "[]", "it must name a program"),
        ({"Command": "[1]"}, "Command", "[1]", "it must be a list of texts"),
        ({"Env": "WATERMARK=x"}, "Env", "WATERMARK", "choose another name"),
        ({"Env": "A=" + "x" * 40_000}, "Env", "A=xxx", f"at most {LONGEST_ENV:,} are allowed"),
        ({"Identity": "weather"}, "Identity", "weather", "resource id of a user-assigned identity"),
        ({"Timeout": 3600}, "Timeout", "3600", "from 1s to 30d"),
        ({"StartTimeout": "2d"}, "StartTimeout", "2d", "from 1s to 1d"),
        ({"Overlap": "queue"}, "Overlap", "queue", "it must be skip, wait, replace or allow."),
        ({"CatchUp": "never"}, "CatchUp", "never", "it must be latest, all or none."),
        ({"Priority": "high"}, "Priority", "high", "from -1000 to 1000"),
        ({"Watermark": "x" * 1025}, "Watermark", "xxx", "at most 1,024 bytes"),
        ({"Watermark": "a\nb"}, "Watermark", "a\\nb", "printable"),
        ({"Watermark": b"1"}, "Watermark", "b'1'", "Binary"),
        ({"Request": "go"}, "Request", "go", "it must be run, run 2026-11-01"),
        ({"Request": "run 2026-02-30"}, "Request", "run 2026-02-30", "is not a time"),
        ({"Retries": 21}, "Retries", "21", "from 0 to 20"),
        ({"Retries": 1.5}, "Retries", "1.5", "a whole number from 0 to 20"),
        ({"Retries": False}, "Retries", "False", "from 0 to 20"),
        ({"RetryDelay": "0s"}, "RetryDelay", "0s", "from 1s to 1d"),
        ({"RetryDelay": "25h"}, "RetryDelay", "25h", "from 1s to 1d"),
        ({"MaxOverlap": 0}, "MaxOverlap", "0", "from 1 to 50"),
        ({"MaxOverlap": 51}, "MaxOverlap", "51", "from 1 to 50"),
        ({"Grace": "30s"}, "Grace", "30s", "from 1m to 30d"),
        ({"Jitter": "61m"}, "Jitter", "61m", "from 0s to 1h"),
        ({"Jitter": 5}, "Jitter", "5", "from 0s to 1h"),
        ({"Locations": "west-europe"}, "Locations", "west-europe", "such as westeurope, northeurope"),
        ({"Locations": ",".join(f"r{n}" for n in range(21))}, "Locations", "r0,r1", "20 regions at most"),
        ({"Spot": "cheap"}, "Spot", "cheap", "true or false"),
        ({"Subnet": "/subnets/jobs"}, "Subnet", "/subnets/jobs", "a subnet's resource id, or none"),
        ({"Registry": "https://ours.io"}, "Registry", "https://ours.io", "a login server such as ours.azurecr.io"),
        ({"GitRepo": "team/jobs"}, "GitRepo", "'team/jobs'", "it must be like https://HOST/PATH"),
        ({"GitRepo": "git@host:team/jobs"}, "GitRepo", "an @", "it must be like https://HOST/PATH"),
        ({"GitRepo": "https://g.io/a", "GitRevision": "-x"}, "GitRevision", "-x", "a branch, a tag, or a commit"),
        ({"GitRepo": "https://g.io/a", "GitRevision": "a..b"}, "GitRevision", "a..b", "a branch, a tag, or a commit"),
        ({"ContainerGroup": "nightly"}, "Image", "registry.example", "fill one and leave the other empty"),
    ],
)
def test_a_fault_names_the_column_its_value_and_what_is_allowed(
    cells: dict[str, Value], column: str, value: str, allowed: str
) -> None:
    fault = only_fault(**cells)
    assert fault.startswith(f"{column} ")
    assert value in fault
    assert allowed in fault
    assert fault.endswith((".", "?")) or column == "Command"
    assert len(fault) < 400


def test_a_row_that_says_nothing_to_run_is_told_both_ways() -> None:
    assert faults(Image=" ") == ("Image and ContainerGroup are empty: one must say what to run.",)


def test_an_existing_group_brings_its_own_image_command_and_size() -> None:
    assert good(ContainerGroup="nightly").group == "nightly"
    told = faults(ContainerGroup="Nightly_", Command="x", Cpu=1, MemoryGb=1, Env="A=1", Identity=IDENTITY)
    assert "ContainerGroup is 'Nightly_': it must be a container group's name" in told[0]
    assert [one.split()[0] for one in told[1:]] == ["Command", "Cpu", "MemoryGb", "Env", "Identity"]
    assert told[2] == "Cpu is '1': an existing ContainerGroup has its own; leave it empty."


def test_a_row_says_nothing_of_how_often_and_how_late_and_gets_the_usual() -> None:
    job = good(**IMAGE)
    assert (job.retries, job.retry_delay, job.overlap, job.max_overlap) == (0, timedelta(minutes=1), Overlap.SKIP, 2)
    assert (job.catch_up, job.grace, job.jitter) == (CatchUp.LATEST, None, timedelta(0))
    assert (job.locations, job.spot, job.subnet, job.registry) == ((), False, "", "")
    assert (job.secure_env, job.volumes, job.spec, job.git_repo, job.git_revision) == ((), (), {}, "", "")


def test_a_job_that_catches_up_nothing_starts_ten_minutes_late_at_most_unless_its_row_says_otherwise() -> None:
    assert good(**IMAGE, CatchUp="none").grace == timedelta(minutes=10)
    assert good(**IMAGE, CatchUp="None", Grace="2h").grace == timedelta(hours=2)
    assert good(**IMAGE, CatchUp="all", Grace="2h").grace == timedelta(hours=2)


@pytest.mark.parametrize("name", TOLD)
def test_env_may_not_set_what_the_scheduler_tells_the_run(name: str) -> None:
    assert name in only_fault(Env=f"{name}=x")


@pytest.mark.parametrize("wrong", ["-x", ".x", "a b", "a/b", "a|b", "ä", "a" * 64, ""])
def test_keys_outside_the_pattern_are_named(wrong: str) -> None:
    partition, name = faults(wrong, wrong, **IMAGE)
    assert partition.startswith("PartitionKey is ")
    assert name.startswith("RowKey is ")
    assert "1 to 63 letters, digits" in name
    assert len(name) < 300


def test_all_faults_of_a_row_are_told_at_once() -> None:
    told = faults(
        "p|", "r|", Schedule="61 * * * *", StartAt="soon", EndAt="later", Enabled="perhaps", PausedReason=b"x",
        Image="two words", ContainerGroup="nightly", Command="'", Cpu="lots", MemoryGb="more", Env="x", Identity="me",
        Timeout="long", StartTimeout=5, Overlap="queue", CatchUp="never", Priority="high", Watermark="x" * 2000,
        Request="go", Retries=50, SecureEnv="x", RetryDelay="x", MaxOverlap="x", Grace="x", Jitter="x", Locations="!",
        Spot="x", Subnet="x", Registry="!", Volumes="x", Spec="x", GitRepo="x", GitRevision="!", AlertTo="x",
        FreshFor="x",
    )  # fmt: skip
    named = {fault.split()[0] for fault in told}
    assert named >= {
        "PartitionKey", "RowKey", "Schedule", "StartAt", "EndAt", "Enabled", "PausedReason", "Image", "Command", "Cpu",
        "MemoryGb", "Env", "Identity", "Timeout", "StartTimeout", "Overlap", "CatchUp", "Priority", "Watermark",
        "Request", "Retries", "SecureEnv", "RetryDelay", "MaxOverlap", "Grace", "Jitter", "Locations", "Spot", "Subnet",
        "Registry", "Volumes", "Spec", "GitRepo", "GitRevision", "AlertTo", "FreshFor",
    }  # fmt: skip


def test_an_unknown_zone_is_told_once_and_start_at_is_not_blamed_for_it() -> None:
    assert "Mars/Base" in only_fault(TimeZone="Mars/Base", StartAt="2026-11-22", Schedule="@daily")


def test_foreign_columns_are_nobodys_business() -> None:
    foreign = {f"Column{number}": "x" * 100 for number in range(250)}
    assert good(**IMAGE, **foreign) == good(**IMAGE)


def test_an_image_outside_the_allow_list_is_named_with_the_setting() -> None:
    (told,) = refused(good(**IMAGE), Settings(allowed_images="ours.azurecr.io/*, ours.azurecr.io/base/*"))
    assert told == (
        "Image is 'registry.example/weather:1': the setting ALLOWED_IMAGES allows only "
        "ours.azurecr.io/*, ours.azurecr.io/base/*."
    )
    assert refused(good(**IMAGE), Settings(allowed_images="Registry.example/*")) == ()
