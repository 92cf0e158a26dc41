"""What the demo puts into an empty world, and into a person's own."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aci_emulator.runtimes.images import read_catalogue
from local import seed, stack, values
from local.children import Children
from local.needs import ROOT, RefusalError
from local.options import Options
from local.stack import Stack
from tests.emulator.driver import started

#: Azure's delays, a hundredth as long: there is still something to wait for.
QUICK = ("--speed", "0.01")


def test_the_images_file_names_what_the_jobs_run(tmp_path: Path) -> None:
    chosen = Options(data=tmp_path)
    images = json.loads(seed.write_images(chosen).read_text())
    assert {name.rstrip("*") for name in images} >= {
        row["Image"] for row in seed.rows(chosen).values() if "Image" in row
    }
    assert (tmp_path / images["crontable/weather*"]["folder"] / "weather" / "__main__.py").exists()
    assert seed.store(chosen).is_dir()


def test_the_images_file_of_a_checkout_may_be_moved_with_it() -> None:
    chosen = Options()
    folder = Path(seed._images(chosen)["crontable/weather*"]["folder"])
    assert not folder.is_absolute()
    assert (chosen.data / folder).resolve() == seed.WEATHER


def test_a_persons_lines_in_the_images_file_stay_first_and_as_they_are(tmp_path: Path) -> None:
    chosen = Options(data=tmp_path)
    mine = {"mine:*": {"command": ["true"]}, "crontable/hello*": {"command": ["echo", "mine"]}}
    path = tmp_path / "images.json"
    path.write_text(json.dumps(mine))
    seed.write_images(chosen)
    images = json.loads(path.read_text())
    assert list(images) == ["mine:*", "crontable/hello*", "crontable/weather*"]
    assert images["crontable/hello*"] == mine["crontable/hello*"]
    path.write_text(whole := json.dumps(images))
    seed.write_images(chosen)
    assert path.read_text() == whole


@pytest.mark.parametrize(("broken", "sentence"), [('{"mine": ', "cannot be read as JSON"), ("[]", "a JSON object")])
def test_a_broken_images_file_is_told_and_left_alone(tmp_path: Path, broken: str, sentence: str) -> None:
    path = tmp_path / "images.json"
    path.write_text(broken)
    with pytest.raises(RefusalError, match=rf"images\.json .*{sentence}"):
        seed.write_images(Options(data=tmp_path))
    assert path.read_text() == broken


@pytest.mark.parametrize("page", ["README.md", "docs/emulator.md"])
def test_the_line_for_an_own_image_works_as_the_docs_have_it(tmp_path: Path, page: str) -> None:
    line = next(line for line in (ROOT / page).read_text().splitlines() if '"myregistry' in line and "folder" in line)
    data = tmp_path / "checkout" / ".local"
    path = seed.write_images(Options(data=data))
    first, rest = path.read_text().split("\n", 1)
    path.write_text(f"{first}\n{line}\n{rest}")
    (tmp_path / "sales").mkdir()
    image = read_catalogue(path).find("myregistry.azurecr.io/sales:1.4")
    assert image is not None
    assert (image.command, image.folder) == (("python", "load.py"), tmp_path / "sales")


def test_the_extractor_finds_its_source_and_store_where_they_are(tmp_path: Path) -> None:
    row = seed.rows(Options(weather_port=1234, data=tmp_path))["weather/extract"]
    assert json.loads(row["Env"]) == {
        "WEATHER_SOURCE": "http://127.0.0.1:1234/seattle-weather.csv",
        "WEATHER_STORE": str(tmp_path / "weather"),
    }
    assert (seed.WEATHER / "data" / seed.SOURCE_FILE).exists()


def extractors_env(**changes: str) -> str:
    env = {**json.loads(seed.rows(Options(weather_port=1234))["weather/extract"]["Env"]), **changes}
    return json.dumps(env)


def test_the_extractors_row_follows_its_source_to_another_port_and_keeps_the_rest() -> None:
    moved = seed.moved(Options(weather_port=4321), extractors_env(MINE="kept"))
    assert moved is not None
    assert json.loads(moved) == json.loads(
        extractors_env(MINE="kept", WEATHER_SOURCE="http://127.0.0.1:4321/seattle-weather.csv")
    )


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '"x"',
        extractors_env(WEATHER_SOURCE="https://example.com/seattle-weather.csv"),
        extractors_env(WEATHER_SOURCE="http://127.0.0.1:99/mine.csv"),
        extractors_env(WEATHER_SOURCE="http://127.0.0.1:4321/seattle-weather.csv"),
    ],
)
def test_a_source_of_the_persons_own_or_the_present_one_stays(cell: str | None) -> None:
    assert seed.moved(Options(weather_port=4321), cell) is None


def test_the_provisioned_group_runs_once_and_keeps_its_key_secret() -> None:
    body = seed.group(Options(port=7072), {"CONTEXT_KEY": "k", "ACI_LOCATION": "northeurope"})
    assert (body["location"], body["properties"]["restartPolicy"]) == ("northeurope", "Never")
    variables = {v["name"]: v for v in body["properties"]["containers"][0]["properties"]["environmentVariables"]}
    assert variables["CRONTABLE_URL"]["value"] == "http://127.0.0.1:7072"
    assert variables["CRONTABLE_KEY"] == {"name": "CRONTABLE_KEY", "secureValue": "k"}


def test_both_kinds_of_job_are_in_the_demo() -> None:
    rows = seed.rows(Options()).values()
    assert any("Image" in row for row in rows)
    assert [row["ContainerGroup"] for row in rows if "ContainerGroup" in row] == [seed.GROUP]


def test_the_group_is_there_and_at_rest_once_it_is_provisioned(tmp_path: Path) -> None:
    images = seed.write_images(Options(data=tmp_path))
    with started(images, *QUICK) as emulator:
        chosen = Options(data=tmp_path, emulator_port=urlsplit(emulator.url).port or 0)
        env = values.environment(chosen, values.from_file(), {})
        path = (
            f"/subscriptions/{env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/{env['ACI_RESOURCE_GROUP']}"
            "/providers/Microsoft.ContainerInstance/containerGroups"
        )
        for _ in range(2):
            asyncio.run(seed.provision(chosen, env))
            group = emulator.get(seed.GROUP, path).json()["properties"]
            assert group["instanceView"]["state"] == "Stopped"


def test_a_group_that_was_made_for_another_port_or_key_is_made_anew(tmp_path: Path) -> None:
    with started(seed.write_images(Options(data=tmp_path)), *QUICK) as emulator:
        chosen = Options(data=tmp_path, emulator_port=urlsplit(emulator.url).port or 0)
        env = values.environment(chosen, values.from_file(), {})
        for options, key in ((chosen, "a"), (replace(chosen, port=7999), "a"), (chosen, "b"), (chosen, "b")):
            asyncio.run(seed.provision(options, {**env, "CONTEXT_KEY": key}))
        journal = emulator.http.get("/_emulator/journal").json()["value"]
        effects = [entry["effect"] for entry in journal if entry["effect"] in {"created", "replaced"}]
        assert effects == ["created", "replaced", "replaced"]


def test_a_used_up_ration_of_creations_keeps_nobody_from_starting_on_other_ports(tmp_path: Path) -> None:
    images = seed.write_images(Options(data=tmp_path))
    with started(images, *QUICK, "--limit", "creates-hour=1", "--limit", "creates-5min=100") as emulator:
        chosen = Options(data=tmp_path, emulator_port=urlsplit(emulator.url).port or 0)
        env = values.environment(chosen, values.from_file(), {})
        for options in (chosen, replace(chosen, port=7999)):
            asyncio.run(seed.provision(options, env))
        limits = emulator.http.get("/_emulator/limits").json()
        assert (limits["creates-hour"], limits["creates-5min"]) == (1, 100)
        journal = emulator.http.get("/_emulator/journal").json()["value"]
        effects = [entry["effect"] for entry in journal if entry["effect"] in {"created", "replaced"}]
        assert effects == ["created", "replaced"]
        assert [entry["status"] for entry in journal].count(429) == 1


def test_a_timer_that_is_past_due_finds_the_group_provisioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function app ticks as soon as it starts, however few seconds later the group would come."""
    order: list[str] = []

    def noted(name: str, answer: object = None) -> Callable[..., Awaitable[object]]:
        async def note(*_: object, **__: object) -> object:
            order.append(name)
            return answer

        return note

    monkeypatch.setattr(seed, "provision", noted("provision"))
    for name, answer in (("_start_parts", (None, None, None)), ("_seed", False)):
        monkeypatch.setattr(Stack, name, noted(name, answer))
    monkeypatch.setattr(stack, "listens", noted("listens"))
    for name in ("_start_host", "_watch"):
        monkeypatch.setattr(Stack, name, noted(name))
    chosen = Options(data=tmp_path)
    env = values.environment(chosen, values.from_file(), {})
    asyncio.run(Stack(chosen, env, Children(tmp_path)).run())
    assert order.index("_start_parts") < order.index("provision") < order.index("_start_host") < order.index("_watch")
    assert order.index("_seed") < order.index("_start_host")
