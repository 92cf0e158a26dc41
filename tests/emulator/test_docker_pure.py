"""The Docker runtime's own words: images' names, orders, the engine's refusals, owners."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aci_emulator.runtime import Bind, ImageError, Login, Order
from aci_emulator.runtimes.docker.anchor import anchor_config, anchor_image
from aci_emulator.runtimes.docker.calls import NO_ANSWER, EngineFacts, EngineFault
from aci_emulator.runtimes.docker.engine import _read_facts, _told
from aci_emulator.runtimes.docker.order import container_config, container_name, image_error, start_error
from aci_emulator.runtimes.docker.owner import has_ended, this_owner
from aci_emulator.runtimes.docker.reference import read_reference

DIGEST = "sha256:" + "a" * 64
FACTS = EngineFacts("x86_64", cores=2, limits_cores=True, native=True)


def order(*command: str, **more: Any) -> Order:
    return Order("/subscriptions/s/containerGroups/one", "main", "app:1", command, {"A": "b=c"}, print, **more)


def host_config(facts: EngineFacts = FACTS, **more: Any) -> dict[str, Any]:
    config: dict[str, Any] = container_config(order(**more), "me", facts, "host")["HostConfig"]
    return config


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("shell", "docker.io/library/shell:latest"),
        ("alice/app:1.2", "docker.io/alice/app:1.2"),
        ("index.docker.io/shell", "docker.io/library/shell:latest"),
        ("registry.example/weather/load:2026", "registry.example/weather/load:2026"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("Registry/app", "Registry/app:latest"),
        (f"registry.example/app:1@{DIGEST}", f"registry.example/app@{DIGEST}"),
    ],
)
def test_an_image_has_one_full_name(name: str, full: str) -> None:
    assert read_reference(name).full == full


@pytest.mark.parametrize("name", ["", "Shell", "a b", "../info", "app?x=1", "app#1", "app@sha256:12", "app:", "/app"])
def test_what_is_no_images_name_is_refused_before_the_engine_sees_it(name: str) -> None:
    with pytest.raises(ImageError, match="is not an image's name"):
        read_reference(name)


@pytest.mark.parametrize(
    ("server", "image", "fits"),
    [
        ("registry.example", "registry.example/app", True),
        ("https://registry.example/", "registry.example/app", True),
        ("Registry.Example", "registry.example/app", True),
        ("registry.example", "other.example/app", False),
        ("https://index.docker.io/v1/", "alice/app", True),
        ("registry.example", "alice/app", False),
    ],
)
def test_a_login_is_for_one_registry(server: str, image: str, fits: bool) -> None:
    login = Login(server, "name", "password")
    assert read_reference(image).login_among([login]) == (login if fits else None)


def test_a_digest_is_the_one_of_the_repository_that_was_asked_for() -> None:
    known = (f"other.example/app@sha256:{'b' * 64}", f"app@{DIGEST}")
    assert read_reference("app:1").digest_among(known) == DIGEST
    assert not read_reference("registry.example/app").digest_among(known)


def test_a_command_replaces_entry_point_and_arguments() -> None:
    config = container_config(order("sh", "-c", "exit"), "me", FACTS, "host")
    assert (config["Entrypoint"], config["Cmd"]) == (["sh", "-c", "exit"], [])
    assert not {"Entrypoint", "Cmd"} & set(container_config(order(), "me", FACTS, "host"))


def test_a_container_says_whose_it_is() -> None:
    config = container_config(order(), "me", FACTS, "host")
    assert config["Labels"] == {
        "aci-emulator.owner": "me",
        "aci-emulator.group": "/subscriptions/s/containerGroups/one",
        "aci-emulator.container": "main",
    }
    assert container_name(order(), "12ab") == "aci-one-main-12ab"
    assert config["Env"] == ["A=b=c"]


def test_memory_is_a_limit_without_swap_and_never_below_what_an_engine_takes() -> None:
    assert host_config(memory=1.5)["Memory"] == host_config(memory=1.5)["MemorySwap"] == 1_610_612_736
    assert host_config(memory=0.001)["Memory"] == 6 * 2**20
    assert "Memory" not in host_config()


@pytest.mark.parametrize(("cpu", "nano"), [(0.5, 500_000_000), (4, 2_000_000_000), (0.001, 10_000_000)])
def test_cores_are_a_limit_within_what_the_engine_has(cpu: float, nano: int) -> None:
    assert host_config(cpu=cpu)["NanoCpus"] == nano


def test_cores_are_not_limited_where_none_or_the_engine_cannot() -> None:
    assert "NanoCpus" not in host_config()
    assert "NanoCpus" not in host_config(replace(FACTS, limits_cores=False), cpu=1)


def test_the_anchor_is_the_same_on_either_processor_but_for_its_code() -> None:
    for architecture in ("x86_64", "aarch64"):
        with tarfile.open(fileobj=io.BytesIO(anchor_image(architecture))) as image:
            layer = image.extractfile("layer.tar")
            assert layer is not None
            with tarfile.open(fileobj=io.BytesIO(layer.read())) as files:
                [program] = files.getmembers()
        assert (program.name, program.mode, program.size < 200) == ("anchor", 0o755, True)


def test_the_host_has_a_name_that_fits_the_engine() -> None:
    native, far = (anchor_config("me", native=native)["HostConfig"]["ExtraHosts"] for native in (True, False))
    assert native == ["host.docker.internal:127.0.0.1"]
    assert far == ["host.docker.internal:host-gateway"]


def test_a_bind_is_a_mount_that_must_exist() -> None:
    [mount] = host_config(binds=(Bind(Path("/data"), "/mnt", read_only=True),))["Mounts"]
    assert mount == {"Type": "bind", "Source": "/data", "Target": "/mnt", "ReadOnly": True}


@pytest.mark.parametrize(
    ("said", "status", "sentence", "exit_code"),
    [
        (
            'failed to create task: runc: exec: "no": executable file not found in $PATH: unknown',
            400,
            'exec: "no": executable file not found in $PATH',
            127,
        ),
        ('OCI: exec: "/no": stat /no: no such file or directory', 400, 'exec: "/no": stat /no: no such file', 127),
        ('OCI: exec: "/etc": is a directory: unknown', 400, 'exec: "/etc": is a directory', 126),
        ('OCI: exec: "/etc": permission denied: unknown', 400, 'exec: "/etc": permission denied', 126),
        ("No command specified", 400, "no command specified", 127),
        ("No such image: app:1", 404, "No such image: app:1", 127),
        ("error mounting: no such file or directory: unknown", 400, "error mounting", 125),
        ("Connection refused", NO_ANSWER, "the container engine does not answer: Connection refused", 125),
    ],
)
def test_an_engines_refusal_to_start_becomes_a_sentence_and_an_exit_code(
    said: str, status: int, sentence: str, exit_code: int
) -> None:
    error = start_error(EngineFault(status, said))
    assert sentence in str(error)
    assert error.exit_code == exit_code


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("manifest unknown", 404, "InaccessibleImage"),
        ("unauthorized: authentication required", 401, "InaccessibleImage"),
        ("errors:\ndenied: requested access to the resource is denied", 403, "InaccessibleImage"),
        ("dial tcp: lookup registry.example: no such host", 500, "InaccessibleImage"),
        ("toomanyrequests: You have reached your pull rate limit", 500, "RegistryErrorResponse"),
        ("received unexpected HTTP status: 503 Service Unavailable", 500, "RegistryErrorResponse"),
        ("error parsing HTTP 429 response body", 500, "RegistryErrorResponse"),
        ("nothing came in time", NO_ANSWER, "RegistryErrorResponse"),
    ],
)
def test_a_registrys_refusal_says_whether_later_may_help(said: str, status: int, code: str) -> None:
    assert image_error(EngineFault(status, said), "registry.example").code == code


@pytest.mark.anyio
@pytest.mark.parametrize(
    "broken",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("half an answer"),
        ConnectionResetError(),
        ValueError("no JSON"),
        KeyError("StatusCode"),
        RuntimeError("Session is closed"),
    ],
    ids=repr,
)
async def test_an_answer_that_breaks_off_anywhere_is_no_answer(broken: Exception) -> None:
    with pytest.raises(EngineFault) as told:
        async with _told(None):
            raise broken
    assert told.value.status == NO_ANSWER


@pytest.mark.parametrize(
    ("said", "local", "native"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"OperatingSystem": "Docker Desktop"}, True, False),
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, True, False),
    ],
)
def test_only_an_engine_that_is_no_machine_of_its_own_shares_the_hosts_network(
    said: dict[str, Any], local: bool, native: bool
) -> None:
    info = {"Architecture": "x86_64", "NCPU": 2, "OperatingSystem": "Debian GNU/Linux 12"}
    assert _read_facts(info | said, local=local).native == native


def test_only_an_owner_that_is_known_to_be_gone_has_ended() -> None:
    here = this_owner()
    gone = replace(here, pid=2**22 + 1)
    assert not has_ended(here.label, here)
    assert has_ended(gone.label, here)
    assert has_ended(replace(here, since="1").label, here), "another process has its id now"
    assert has_ended(replace(here, boot="an earlier one").label, here)
    assert not has_ended(replace(gone, machine="another").label, here)
    assert not has_ended(replace(gone, space="pid:[1]").label, here), "ids of another container cannot be judged"


@pytest.mark.parametrize("label", ["", "?", "[]", "{}", json.dumps({"pid": 1})])
def test_a_label_that_nobody_can_read_is_left_alone(label: str) -> None:
    assert not has_ended(label, this_owner())
