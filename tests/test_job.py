"""A row made trustworthy, or the whole list of what is wrong with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.job import LATER, LONGEST_ENV, OWNED, Digest, Faulty, Job
from scheduler.row import Row, Value
from scheduler.settings import Settings
from scheduler.spec import refused
from scheduler.watermark import TOLD

IMAGE: dict[str, Value] = {"Image": "registry.example/weather:1"}
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
IDENTITY = (
    "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/weather-extract"
)


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
    assert (job.watermark, job.request) == ("2026-11-21", "run")


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
        ({"Schedule": "after weather/extract"}, "Schedule", "after weather/extract", "not yet"),
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
        ({"Overlap": "queue"}, "Overlap", "queue", "it must be skip"),
        ({"Overlap": "allow"}, "Overlap", "allow", "later version; until then it is skip"),
        ({"CatchUp": "all"}, "CatchUp", "all", "later version; until then it is latest"),
        ({"Priority": "high"}, "Priority", "high", "from -1000 to 1000"),
        ({"Watermark": "x" * 1025}, "Watermark", "xxx", "at most 1,024 bytes"),
        ({"Watermark": "a\nb"}, "Watermark", "a\\nb", "printable"),
        ({"Watermark": b"1"}, "Watermark", "b'1'", "Binary"),
        ({"Request": "go"}, "Request", "go", "it must be run or cancel"),
        ({"Request": "retry"}, "Request", "retry", "later version"),
        ({"Retries": 3}, "Retries", "3", "until then it is 0"),
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


@pytest.mark.parametrize("column", LATER)
def test_a_column_of_a_later_version_is_refused_when_filled(column: str) -> None:
    assert "this comes with a later version" in only_fault(**{column: "x"})
    assert good(**IMAGE | {column: ""})


@pytest.mark.parametrize("typed", [0, 0.0, "0", "", False])
def test_no_retries_is_what_there_is(typed: Any) -> None:
    assert good(**IMAGE, Retries=typed)


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
        Request="go", Retries=5, SecureEnv="x",
    )  # fmt: skip
    named = {fault.split()[0] for fault in told}
    assert named >= {
        "PartitionKey", "RowKey", "Schedule", "StartAt", "EndAt", "Enabled", "PausedReason", "Image", "Command", "Cpu",
        "MemoryGb", "Env", "Identity", "Timeout", "StartTimeout", "Overlap", "CatchUp", "Priority", "Watermark",
        "Request", "Retries", "SecureEnv",
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


# Whatever stands in a row: each is a fault or a value, never an exception that would stop the other rows.

ODD: list[Value] = [
    *("", "1h", "9d " * 9, "999999999d " * 3, "2026-11-22T09:00", "0001-01-01T00:00+05:00", "europe/rome", "UTC"),
    *("[", "{", "[" * 9000, '{"A": 1}', "A=1", "0 0 * * *", "every 1 hour", "at 2026", "9" * 5000, "\ud800", "'"),
    *(0, -1, 2**63 - 1, 1e308, float("nan"), float("inf"), True, b"", b"x", NINE),
    *(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
]
CELLS = st.one_of(
    st.sampled_from(ODD), st.text(max_size=40), st.integers(-(2**63), 2**63 - 1), st.floats(), st.binary(max_size=8)
)


def bounded(row: Row) -> None:
    job = Job.from_row(row)
    assert str(Digest.of(row.columns))
    if isinstance(job, Faulty):
        assert job.faults
        assert all(len(fault) < 600 for fault in job.faults)


@pytest.mark.parametrize("column", OWNED)
@pytest.mark.parametrize("others", [{}, IMAGE, {"ContainerGroup": "nightly"}])
def test_no_odd_value_in_any_column_raises(column: str, others: dict[str, Value]) -> None:
    for value in ODD:
        bounded(Row("weather", "extract", others | {column: value}))


def test_no_odd_zone_raises_beside_a_start_at() -> None:
    for value in ODD:
        bounded(Row("weather", "extract", {"StartAt": "2026-11-22T09:00", "TimeZone": value}))


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(st.dictionaries(st.sampled_from(OWNED), CELLS), st.text(max_size=70), st.text(max_size=70))
def test_no_row_of_any_types_raises(cells: dict[str, Value], partition: str, name: str) -> None:
    bounded(Row(partition, name, cells))
