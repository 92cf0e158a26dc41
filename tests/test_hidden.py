"""What of Spec and Volumes people may see: the tree with stars in it, however the cell was typed."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler.desk import acts, hidden
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Faulty
from scheduler.row import Value
from tests.world import World

SECRET = "hunter22secret"
REFERENCE = "https://contoso.vault.azure.net/secrets/token"
EXTRACT = ("weather", "extract")
ANNA = Actor("anna", "page", datetime(2026, 11, 22, 9, tzinfo=UTC))
LOGIN = f"https://anna:{SECRET}@git.example/repo"
REGISTRY = {"imageRegistryCredentials": [{"server": "s", "username": "u", "password": SECRET}]}
COMPACT = json.dumps({"properties": REGISTRY}, separators=(",", ":"))


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


def shown(column: str, value: Value) -> Any:
    return json.loads(str(hidden.shown(column, value)))


@pytest.fixture
def world() -> World:
    one = World("09:00")
    one.add("weather/extract", Schedule="@daily", Image="extract:1", Spec=COMPACT)
    return one


@pytest.mark.parametrize(
    ("column", "tree"),
    [
        ("Spec", {"extensions": [{"name": "x", "properties": {"protectedSettings": {"key": SECRET}}}]}),
        ("Spec", {"properties": {"extensions": [{"properties": {"ProtectedSettings": SECRET}}]}}),
        ("Spec", {"properties": {"volumes": [{"name": "v", "gitRepo": {"repository": LOGIN}}]}}),
        ("Volumes", {"/code": {"gitRepo": {"repository": LOGIN}}}),
        ("Volumes", {"/code": {"GitRepo": {"Repository": LOGIN}}}),
        ("Volumes", {"/keys": {"secret": [{"token": SECRET}]}}),
        ("Volumes", {"/keys": {"secret": SECRET}}),
        ("Spec", {"properties": {"imageRegistryCredentials": [{"server": "s", "password": {"is": SECRET}}]}}),
        ("Spec", {"properties": {**REGISTRY, "containers": [{"properties": {"command": ["login", f"-p={SECRET}"]}}]}}),
    ],
)
def test_nothing_that_arm_would_hide_is_shown(column: str, tree: dict[str, Any]) -> None:
    text = str(hidden.shown(column, json.dumps(tree)))
    assert SECRET not in text
    assert "***" in text
    assert shown(column, json.dumps(tree)).keys() == tree.keys()


@pytest.mark.parametrize("layout", [{"indent": 2}, {"separators": (",", ":")}, {}])
def test_a_secret_that_was_typed_in_escapes_is_hidden_in_any_layout(layout: dict[str, Any]) -> None:
    text = json.dumps({"properties": REGISTRY}, **layout).replace(SECRET, escaped(SECRET))
    credentials = shown("Spec", text)["properties"]["imageRegistryCredentials"]
    assert credentials == [{"server": "s", "username": "u", "password": "***"}]
    assert escaped(SECRET) not in str(hidden.shown("Spec", text))


def test_a_secret_that_a_second_one_of_its_name_would_cover_is_not_shown_either() -> None:
    assert hidden.shown("Spec", f'{{"password": "{SECRET}", "password": null}}') == "***"


def test_half_a_character_is_shown_as_it_can_be_sent() -> None:
    text = str(hidden.shown("Spec", f'{{"name": "\\ud800 \u00fc", "password": "{SECRET}"}}'))
    assert text.encode().decode() == text
    assert json.loads(text) == {"name": "\ud800 \u00fc", "password": "***"}


def test_what_holds_no_secret_is_shown_as_it_was_typed() -> None:
    text = f'{{ "properties":{{"imageRegistryCredentials":[{{"server":"\\u0073","password":"{REFERENCE}"}}]}}}}'
    assert hidden.shown("Spec", text) == text
    clone = '{"/c":{"gitRepo":{"repository":"https://git.example/r"}}}'
    assert hidden.shown("Volumes", clone) == clone


def test_short_secrets_leave_names_and_numbers_of_the_tree_as_they_are() -> None:
    tree = {"name": "x", "cpu": 1, "on": True, "a": {"password": "1"}, "b": {"password": "name"}}
    assert shown("Spec", json.dumps(tree)) == {**tree, "a": {"password": "***"}, "b": {"password": "***"}}


@pytest.mark.parametrize(
    "secrets",
    [
        {f"file{at}": f"hunter-{at}-secret/+\u00fc" for at in range(700)},
        {"one": "/+\u00fc&" * 5_000},
        {f"file{at}": "&+\u00fc/" * 200 + str(at) for at in range(30)},
    ],
)
def test_a_large_cell_is_shown_at_once(secrets: dict[str, str]) -> None:
    began = time.process_time()
    text = hidden.shown("Volumes", json.dumps({"/s": {"secret": secrets}}, ensure_ascii=False))
    assert time.process_time() - began < 0.3
    assert text == json.dumps({"/s": {"secret": dict.fromkeys(secrets, "***")}})


def test_many_long_secrets_are_found_again_in_a_command_at_once() -> None:
    secrets = {f"file{at}": "/+\u00fc&" * 200 + str(at) for at in range(8)}
    command = [*secrets.values(), "x" * 1_000, "cat"]
    began = time.process_time()
    tree = shown("Spec", json.dumps({"command": command, "secret": secrets}, ensure_ascii=False))
    assert time.process_time() - began < 1
    assert tree == {"command": [*["***"] * 8, "x" * 1_000, "cat"], "secret": dict.fromkeys(secrets, "***")}


def test_a_cell_that_came_back_in_another_layout_is_left_as_it_is(world: World) -> None:
    seen = shown("Spec", COMPACT)
    for text in (json.dumps(seen, indent=2), json.dumps(seen, separators=(",", ":"), sort_keys=True)):
        acts.change(world.ports, ANNA, EXTRACT, {"Spec": text, "Owner": "anna"}, force=True)
        assert world.row("weather/extract")["Spec"] == COMPACT


@pytest.mark.parametrize("stars", ["***", "\\u002a**", "\\u002a\\u002a\\u002a"])
def test_stars_are_never_saved_however_they_are_spelt(world: World, stars: str) -> None:
    changed = COMPACT.replace(SECRET, stars).replace('"u"', '"v"')
    with pytest.raises(Faulty, match="type the whole value anew"):
        acts.change(world.ports, ANNA, EXTRACT, {"Spec": changed}, force=True)


def test_true_in_the_place_of_one_is_a_change() -> None:
    present = '{"a": 1, "password": "hunter2"}'
    assert hidden.unchanged("Spec", '{"a": 1.0, "password": "***"}', present)
    assert not hidden.unchanged("Spec", '{"a": true, "password": "***"}', present)


def test_a_cell_that_is_nearly_full_fits_again_when_it_comes_back(world: World) -> None:
    secrets = {f"{at:04}": "hush" for at in range(2_200)}
    present = json.dumps({"/s": {"secret": secrets}}, separators=(",", ":"))
    world.edit("weather/extract", Volumes=present)
    back = hidden.shown("Volumes", present)
    assert len(str(back)) <= len(present) < 32_000
    acts.change(world.ports, ANNA, EXTRACT, {"Volumes": back, "Owner": "anna"}, force=True)
    assert (world.row("weather/extract")["Volumes"], world.row("weather/extract")["Owner"]) == (present, "anna")
