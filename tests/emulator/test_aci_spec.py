"""What comes out of the good body of a PUT or a PATCH, and what a second PUT may change (aci.md, 2, 3.5 and 5)."""

import json
from typing import Any

import pytest

from aci_emulator.arm import ArmError
from aci_emulator.runtime import Login
from aci_emulator.spec import (
    Address,
    AzureFile,
    EmptyDir,
    GitRepo,
    GroupSpec,
    Identities,
    Mount,
    Port,
    Secret,
    check_group_name,
    check_tags,
    check_update,
    read_spec,
    read_tags,
)
from tests.emulator.bodies import FULL, HUSH, NO_LIMITS, SUBNET, USER, changed, refusal
from tests.emulator.driver import container, group


def test_a_full_body_becomes_values() -> None:
    spec = read_spec(FULL)
    assert (spec.location, spec.os_type, spec.restart_policy, spec.spot) == ("westeurope", "Linux", "OnFailure", False)
    assert (spec.cpu, spec.memory, [one.name for one in spec.every_container()]) == (
        1.5,
        2.0,
        ["first", "main", "side"],
    )
    main, side = spec.containers
    assert (main.image, main.command, main.cpu, main.memory) == ("r.example/job:1", ("run", "--fast"), 0.5, 1.5)
    assert (main.cpu_limit, main.memory_limit, side.cpu_limit, side.memory_limit) == (1.5, 2.0, 0, 0)
    assert main.environment == {"PLAIN": "seen", "_KEY": HUSH, "EMPTY": ""}
    assert main.mounts == (Mount("share", "/mnt/share", read_only=True), Mount("empty", "/mnt/empty"))
    assert main.ports == (Port(80, "TCP"), Port(80, "UDP"))
    assert spec.volumes == (
        AzureFile("share", account="account", share="data", read_only=True),
        EmptyDir("empty"),
        Secret("secret", {"key.pem": HUSH.encode()}),
        GitRepo("clone", "https://g.example/a.git", directory=".", revision="v1"),
    )
    assert spec.logins == (Login("r.example", "robot", HUSH), Login("a.example", identity=USER.upper()))
    assert spec.identities == Identities(system=True, users=(USER,))
    assert spec.address == Address(public=True, ports=(Port(80),), label="my-label")
    assert (spec.zones, spec.subnets, spec.body) == (("1",), (), FULL)


def test_the_least_that_is_asked_takes_defaults() -> None:
    spec = read_spec(group(container("hello"), policy=None))
    assert (spec.restart_policy, spec.identities, spec.address, spec.volumes) == ("Always", Identities(), None, ())


def test_names_are_read_in_any_case_and_echoed_as_aci_writes_them() -> None:
    def shout(value: Any, free: bool = False) -> Any:
        if isinstance(value, list):
            return [shout(item) for item in value]
        if not isinstance(value, dict):
            return value
        own = {
            "tags",
            "secret",
            "userAssignedIdentities",
            "metadata",
            "novelty",
            "protectedSettings",
            "exec",
            "httpGet",
        }
        own |= {"livenessProbe", "readinessProbe", "securityContext"}
        return {key if free else key.upper(): shout(inner, key in own) for key, inner in value.items()}

    loud = shout(FULL)
    assert "MEMORYINGB" in json.dumps(loud)
    loud["properties"] = loud["PROPERTIES"] | {"novelty": loud["PROPERTIES"].pop("NOVELTY")}
    del loud["PROPERTIES"]
    assert read_spec(loud) == read_spec(FULL)


def test_a_name_in_two_ways_of_writing_is_refused() -> None:
    code, sentence = refusal(changed(("properties.containers.0.properties.IMAGE", "other")))
    assert (code, "properties.containers[0].properties.image' is given twice" in sentence) == (
        "InvalidRequestContent",
        True,
    )
    assert read_spec(changed(("properties.containers.0.properties.IMAGE", None))) == read_spec(FULL)


def test_null_is_absent_and_the_unknown_is_kept_as_it_is() -> None:
    optional = [f"properties.{key}" for key in FULL["properties"] if key not in {"osType", "containers"}]
    nothing = changed(*((path, None) for path in (*optional, "tags", "zones")), ("identity", None))
    inner = nothing["properties"]["containers"][0]["properties"]
    inner |= {"volumeMounts": None, "command": None, "environmentVariables": None, "ports": None}
    spec = read_spec(nothing)
    assert (spec.restart_policy, spec.volumes, spec.logins, spec.address) == ("Always", (), (), None)
    assert None not in {**spec.body, **spec.body["properties"]["containers"][0]["properties"]}.values()
    assert read_spec(FULL).body["properties"]["novelty"] == {"kept": None}
    assert refusal(changed(("properties.containers", None)))[0] == "InvalidRequestContent"


def test_what_schedulers_send_passes() -> None:
    assert read_spec(group(container("hello", "true", A="1"))).containers[0].environment == {"A": "1"}
    own = group(container("job", DUE="2026-11-22T10:00:00Z", INTERVAL_START=""))
    own["properties"] |= {
        "imageRegistryCredentials": [{"server": "r.azurecr.io", "identity": USER}],
        "subnetIds": [{"id": SUBNET}],
    }
    own["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {USER: {}}}
    spec = read_spec(own)
    assert (spec.logins, spec.subnets) == ((Login("r.azurecr.io", identity=USER),), (SUBNET.lower(),))


SAME: dict[str, Any] = {
    "cpu": changed(("properties.containers.1.properties.resources.requests.cpu", 2)),
    "memoryInGB": changed(("properties.containers.1.properties.resources.requests.memoryInGB", 2)),
    "restartPolicy": changed(("properties.restartPolicy", "Never")),
    "network profile": changed(("properties.ipAddress", ...), ("properties.subnetIds", [{"id": SUBNET}])),
    "zones": changed(("zones", ["2"])),
}


@pytest.mark.parametrize("what", SAME)
def test_a_living_group_cannot_change_what_it_must_be_deleted_for(what: str) -> None:
    with pytest.raises(ArmError) as caught:
        check_update(read_spec(FULL), read_spec(SAME[what]), "nightly")
    assert caught.value.code == "InvalidContainerGroupUpdate"
    assert "on container group 'nightly' are invalid" in caught.value.message
    named = "cpu or memoryInGB" if what in {"cpu", "memoryInGB"} else what
    assert caught.value.message.endswith(f"(this would change: {named})")


def test_a_living_group_may_change_the_rest() -> None:
    path = "properties.containers.0.properties"
    new = changed((f"{path}.image", "new"), (f"{path}.command", []), ("tags", {}), ("properties.ipAddress", ...))
    check_update(read_spec(FULL), read_spec(new))


def test_limits_are_adjustable_and_none_lifts_them() -> None:
    one = container("hello", cpu=0.1)
    one["properties"]["resources"]["requests"]["memoryInGB"] = 0.1
    many = group(*({**one, "name": f"c{index}"} for index in range(100)))
    many["tags"] = {str(index): "" for index in range(100)}
    assert len(read_spec(many, NO_LIMITS).containers) == 100
    assert "60 containers" in refusal(many, NO_LIMITS.adjusted({"containers": 60}))[1]
    assert "50 tags at most" in refusal(many, NO_LIMITS.adjusted({"tags": 50}))[1]
    assert "request 10 cores" in refusal(many, NO_LIMITS.adjusted({"cpu": 9.9}))[1]
    assert "Allowed: 11 or more." in refusal(many, NO_LIMITS.adjusted({"least-memory": 11}))[1]
    assert read_spec(many, NO_LIMITS.adjusted({"cpu": 10, "memory": 10})).cpu == pytest.approx(10)


@pytest.mark.parametrize("limits", [{}, {"cpu": 0.5}, {"memoryInGB": 2}, {"cpu": 1.5, "memoryInGB": 1.5}])
def test_limits_may_be_absent_or_lie_between_the_request_and_the_whole(limits: dict[str, float]) -> None:
    main = read_spec(changed(("properties.containers.0.properties.resources.limits", limits))).containers[0]
    assert (main.cpu_limit, main.memory_limit) == (limits.get("cpu", 0), limits.get("memoryInGB", 0))


def test_init_containers_count_as_containers() -> None:
    inits = [{"name": f"i{index}", "properties": {"image": "i"}} for index in range(60)]
    code, sentence = refusal(group(container("hello"), initContainers=inits))
    assert (code, "is 61. Allowed: 60 containers in a group" in sentence) == ("InvalidRequestContent", True)


def test_tags_of_a_patch_are_read_in_any_case() -> None:
    assert read_tags({"TAGS": {"a": "b", "c": None}}) == {"a": "b"}
    assert read_tags({"tags": None}) is None
    check_tags({"tags": {str(number): "v" * 256 for number in range(50)}})
    check_tags({"tags": {"n" * 512: ""}})


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 63])
def test_a_groups_name_within_the_rule_passes(name: str) -> None:
    check_group_name(name)


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a--b", "a_b", "a" * 64, "a\n", "ä"])
def test_a_groups_name_outside_the_rule_is_refused(name: str) -> None:
    with pytest.raises(ArmError) as caught:
        check_group_name(name)
    assert (caught.value.status, caught.value.code, repr(name) in caught.value.message) == (
        400,
        "InvalidContainerGroupName",
        True,
    )


MANY = dict.fromkeys(map(str, range(51)), "")


@pytest.mark.parametrize("tags", [{"n" * 513: ""}, {"": ""}, {"a": "v" * 257}, {"a": 1}, [], "a", MANY])
def test_tags_that_are_too_many_too_long_or_no_strings_are_refused(tags: Any) -> None:
    with pytest.raises(ArmError, match="tags"):
        check_tags({"tags": tags})


def test_two_containers_cannot_swap_their_sizes() -> None:
    def sized(*memories: float) -> GroupSpec:
        items = [container("any", name=name, cpu=cpu) for name, cpu in (("one", 1), ("two", 2))]
        for item, memory in zip(items, memories, strict=True):
            item["properties"]["resources"]["requests"]["memoryInGB"] = memory
        return read_spec(group(*items))

    with pytest.raises(ArmError, match="InvalidContainerGroupUpdate"):
        check_update(sized(1, 2), sized(2, 1))
