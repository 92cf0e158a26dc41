"""The images of an engine: one that is here is used as it is, others come from their registries."""

from collections.abc import Sequence

from aci_emulator.arm import Json
from aci_emulator.runtime import ImageError, Login
from aci_emulator.runtimes.docker.calls import Engine, EngineFault
from aci_emulator.runtimes.docker.order import image_error
from aci_emulator.runtimes.docker.reference import Reference, read_reference


class EngineImages:
    """Finds and fetches images."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def digest(self, image: str, logins: Sequence[Login]) -> str:
        """Return the digest of the image that is here, else the one its registry says; ImageError when neither."""
        reference = read_reference(image)
        try:
            return await self._here(reference) or await self._engine.ask_registry(
                reference.full, _credentials(reference, logins)
            )
        except EngineFault as fault:
            raise _with_advice(fault, reference, logins) from None

    async def pull(self, image: str, logins: Sequence[Login]) -> str:
        """Fetch the image if it is not here, and return its digest; ImageError when it cannot be had."""
        reference = read_reference(image)
        try:
            if not await self._here(reference):
                await self._engine.pull(reference.full, _credentials(reference, logins))
            return await self._here(reference)
        except EngineFault as fault:
            raise _with_advice(fault, reference, logins) from None

    async def _here(self, reference: Reference) -> str:
        """Return the digest by which the image was pulled, else the id of one that was built here; else nothing."""
        found = await self._engine.image(reference.full)
        return "" if found is None else reference.digest_among(found.digests) or found.id


def _credentials(reference: Reference, logins: Sequence[Login]) -> Json | None:
    """Return what the registry is shown; an identity has no password outside Azure."""
    login = reference.login_among(logins)
    if login is None or login.identity:
        return None
    return {"username": login.username, "password": login.password, "serveraddress": reference.host}


def _with_advice(fault: EngineFault, reference: Reference, logins: Sequence[Login]) -> ImageError:
    """Say why the image cannot be had, and what helps when the group brings an identity."""
    error = image_error(fault, reference.host)
    login = reference.login_among(logins)
    if login is None or not login.identity or error.code != "InaccessibleImage":
        return error
    return ImageError(
        f"{error}; the identity has no password here, so log in and pull the image by hand once: "
        "one that is here is not fetched"
    )
