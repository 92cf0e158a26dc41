"""Whatever stands in a row is a fault or a value, never an exception that would stop the other rows."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.job import OWNED, Digest, Faulty, Job
from scheduler.row import Row, Value
from scheduler.settings import Settings
from scheduler.spec import Body, body, refused, told, totals
from scheduler.watermark import TOLD
from tests.calendars import at, run

IMAGE: dict[str, Value] = {"Image": "registry.example/weather:1"}
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
REFERENCE = "https://hush.vault.azure.net/secrets/weather"
RUN = run(at("10:00"))
SETTINGS = Settings(location="westeurope", installation="acct/Jobs")

ODD: list[Value] = [
    *("", "1h", "9d " * 9, "999999999d " * 3, "2026-11-22T09:00", "0001-01-01T00:00+05:00", "europe/rome", "UTC"),
    *("[", "{", "[" * 9000, '{"A": 1}', "A=1", "0 0 * * *", "every 1 hour", "at 2026", "9" * 5000, "\ud800", "'"),
    *('{"/a": 1}', '{"/a": {"secret": {"b": 1}}}', '{"' + "/" * 9000 + '": {}}', '{"a": 1e999}', '{"\\ud800": {}}'),
    *('{"properties": null}', '{"containers": null}', '{"containers": [{"name": {}}]}', '{"' + "x" * 9000 + '": {}}'),
    *('{"identity": []}', '{"properties": {}, "' + "x" * 9000 + '": {}}', '{"a":' * 900 + "1" + "}" * 900, "_x", "a/b"),
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
    elif job.image:
        sent(job)


def sent(job: Job) -> Body:
    """Whatever a person typed: the body is JSON, a run of ours, and has no reference left where a secret belongs."""
    secrets = dict.fromkeys(job.references, "hush-hush")
    whole = body(job, RUN, SETTINGS, secrets=secrets)
    assert not re.search(rf'"(secureValue|password)": "{re.escape(REFERENCE)}', json.dumps(whole, allow_nan=False))
    assert whole["properties"]["restartPolicy"] == "Never"
    assert whole["tags"]["crontable-job"] == "/".join(RUN.job)
    assert whole["location"]
    first = whole["properties"]["containers"][0]
    variables = first["properties"]["environmentVariables"]
    assert first["name"] == "job"
    assert {one["name"]: one["value"] for one in variables if one["name"] in TOLD} == told(RUN)
    assert totals(whole).cpu > 0
    return whole


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


# Spec: ARM reads the names of properties in any case, and so do these.

NAMES = st.sampled_from([
    "properties", "containers", "initContainers", "volumes", "identity", "userAssignedIdentities", "type", "name",
    "image", "environmentVariables", "value", "secureValue", "resources", "requests", "cpu", "memoryInGB", "server",
    "imageRegistryCredentials", "password", "restartPolicy", "osType", "secret", "tags", "priority", "location",
    "encryptionProperties", "volumeMounts", "mountPath", "zones",
])  # fmt: skip
CASED = st.builds(lambda name, change: change(name), NAMES, st.sampled_from([str, str, str.upper, str.capitalize]))
LEAVES = st.sampled_from(
    [None, 1, 0.5, True, "job", "side", "x:1", "Never", "Linux", "Spot", "WATERMARK", REFERENCE, ""]
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CASED, inner, max_size=4), max_leaves=20
)


SIZE = {"Requests": {"cpu": 1, "MemoryInGB": 1}}
IMAGES = st.sampled_from(["ours/x", "ours/y", "theirs/x"])
VARIABLES: st.SearchStrategy[list[dict[str, str]]] = (
    st.just([]) | st.just([{"NAME": "A", "secureVALUE": REFERENCE}]) | st.just([{"name": "DUE"}])
)


def cased(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name, name, name.upper(), name.capitalize()])


def containers(*names: str) -> st.SearchStrategy[Any]:
    """Containers that may well be good ones, their properties written in any case."""
    inside = st.builds(
        lambda key, image, more, variables: {key: image, "resources": SIZE, more: variables},
        cased("image"), IMAGES, cased("environmentVariables"), VARIABLES,
    )  # fmt: skip
    one = st.builds(
        lambda key, name, inner: {"name": name, key: inner}, cased("properties"), st.sampled_from(names), inside
    )
    return st.lists(one, max_size=2, unique_by=lambda container: container["name"])


def properties(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A group's properties; what is written in two cases is there twice."""
    pairs = [
        st.tuples(cased("containers"), containers("job", "side", "other")),
        st.tuples(cased("osType"), st.just("Linux")),
    ]
    pairs += [st.tuples(cased(name), value) for name, value in more.items()]
    return st.lists(st.one_of(pairs), max_size=4).map(dict)


FIRST = st.lists(
    st.fixed_dictionaries({"name": st.just("first"), "properties": st.fixed_dictionaries({"image": IMAGES})}),
    max_size=1,
)
SOUND = properties(initContainers=FIRST)
PROPERTIES = SOUND | properties(volumes=TREES, priority=LEAVES, dnsConfig=TREES, initContainers=TREES)
SPECS = PROPERTIES | st.fixed_dictionaries({"properties": PROPERTIES}, optional={"identity": TREES}) | TREES


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(SPECS, st.dictionaries(st.sampled_from(["Cpu", "Volumes", "SecureEnv", "Overlap", "Spot"]), CELLS, max_size=1))
def test_no_spec_raises_or_breaks_what_is_ours(spec: Any, others: dict[str, Value]) -> None:
    bounded(Row("weather", "extract", IMAGE | {"Spec": json.dumps(spec), "Registry": "registry.example"} | others))
    bounded(Row("weather", "extract", IMAGE | {"Spec": json.dumps(spec), "Registry": "elsewhere.example"} | others))


def images(tree: Any) -> list[str]:
    """Whatever ARM might take for an image, wherever it stands and however it is written."""
    if isinstance(tree, list):
        return [image for one in tree for image in images(one)]
    if not isinstance(tree, dict):
        return []
    own = [value for name, value in tree.items() if name.lower() == "image" and isinstance(value, str)]
    return own + [image for value in tree.values() for image in images(value)]


def test_no_spec_gets_an_image_past_the_allow_list() -> None:
    strict = replace(SETTINGS, allowed_images="ours/*")
    tally: Counter[str] = Counter()

    @settings(derandomize=True, max_examples=300, database=None, deadline=None)
    @given(SOUND)
    def holds(spec: Any) -> None:
        job = Job.from_row(Row("weather", "extract", {"Image": "ours/weather", "Spec": json.dumps(spec)}))
        if isinstance(job, Faulty):
            tally["faulty"] += 1
        elif refused(job, strict):
            tally["refused"] += 1
        else:
            found = images(sent(job))
            assert all(image.startswith("ours/") for image in found)
            tally["sent"] += len(found) > 1

    holds()
    assert min(tally[name] for name in ("faulty", "refused", "sent")) > 20, tally
