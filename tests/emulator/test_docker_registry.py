"""Images that are not here: the engine asks their registry, with the login that the group brings."""

from collections.abc import AsyncIterator, Iterator

import aiodocker
import pytest

from aci_emulator.runtime import ImageError, Login, Order
from aci_emulator.runtimes.docker.runtime import DockerRuntime, connect
from tests.emulator.engine import SHELL
from tests.emulator.registry import Registry, registry

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("engine")]


@pytest.fixture
async def runtime() -> AsyncIterator[DockerRuntime]:
    runtime = await connect()
    yield runtime
    await runtime.close()


@pytest.fixture
def open_registry() -> Iterator[Registry]:
    with registry() as started:
        yield started


@pytest.fixture
def closed_registry() -> Iterator[Registry]:
    with registry(closed=True) as started:
        yield started


async def forget(image: str) -> None:
    async with aiodocker.Docker() as docker:
        await docker.images.delete(image)


async def test_a_digest_is_the_registrys_and_nothing_is_fetched_for_it(
    runtime: DockerRuntime, open_registry: Registry
) -> None:
    assert await runtime.digest(f"{open_registry.host}/app:1") == open_registry.digest
    assert not any(open_registry.layer in path for path in open_registry.asked)


async def test_an_image_is_pulled_once_and_keeps_its_digest(runtime: DockerRuntime, open_registry: Registry) -> None:
    image = f"{open_registry.host}/app:1"
    try:
        assert await runtime.pull(image) == open_registry.digest
        asked = len(open_registry.asked)
        assert [await runtime.pull(image), await runtime.digest(image)] == [open_registry.digest] * 2
        assert len(open_registry.asked) == asked, "an image that is here needs no registry"
        container = await runtime.launch(Order("g", "main", image, ("true",), {}, lambda _: None))
        assert await container.wait() == 0
        await container.discard()
    finally:
        await forget(image)


async def test_an_image_that_was_built_here_needs_no_registry(runtime: DockerRuntime, open_registry: Registry) -> None:
    image = f"{open_registry.host}/never/pushed:1"
    async with aiodocker.Docker() as docker:
        await docker.images.tag(SHELL, f"{open_registry.host}/never/pushed", tag="1")
    try:
        assert await runtime.pull(image) == await runtime.digest(SHELL)
        assert open_registry.asked == []
    finally:
        await forget(image)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing:1", "InaccessibleImage"),
        ("limited:1", "RegistryErrorResponse"),
        ("broken:1", "RegistryErrorResponse"),
    ],
)
async def test_what_a_registry_refuses_has_acis_code(
    runtime: DockerRuntime, open_registry: Registry, path: str, code: str
) -> None:
    for ask in (runtime.digest, runtime.pull):
        with pytest.raises(ImageError, match=f"registry {open_registry.host}: ") as refused:
            await ask(f"{open_registry.host}/{path}")
        assert refused.value.code == code


async def test_no_registry_at_all_is_an_inaccessible_image(runtime: DockerRuntime) -> None:
    with pytest.raises(ImageError, match=r"registry 127\.0\.0\.1:1: .*refused") as refused:
        await runtime.digest("127.0.0.1:1/app:1")
    assert refused.value.code == "InaccessibleImage"


async def test_the_groups_login_opens_its_registry(runtime: DockerRuntime, closed_registry: Registry) -> None:
    image = f"{closed_registry.host}/app:1"
    logins = (Login("other.example", "eve", "wrong"), Login(closed_registry.host, "ada", "s3cret"))
    assert await runtime.digest(image, logins) == closed_registry.digest
    assert await runtime.pull(image, logins) == closed_registry.digest
    await forget(image)


@pytest.mark.parametrize(("name", "password"), [("", ""), ("ada", "wrong")])
async def test_without_the_right_login_an_image_is_inaccessible(
    runtime: DockerRuntime, closed_registry: Registry, name: str, password: str
) -> None:
    logins = (Login(closed_registry.host, name, password),) if name else ()
    for ask in (runtime.digest, runtime.pull):
        with pytest.raises(ImageError) as refused:
            await ask(f"{closed_registry.host}/app:1", logins)
        assert refused.value.code == "InaccessibleImage"
        assert "wrong" not in str(refused.value)


async def test_an_identity_has_no_password_here_and_the_refusal_says_what_helps(
    runtime: DockerRuntime, closed_registry: Registry
) -> None:
    logins = (Login(closed_registry.host, identity="/subscriptions/s/userAssignedIdentities/puller"),)
    with pytest.raises(ImageError, match="pull the image by hand once"):
        await runtime.pull(f"{closed_registry.host}/app:1", logins)
