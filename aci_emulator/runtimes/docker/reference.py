"""An image's name as registries read it: `[HOST/]PATH[:TAG][@DIGEST]`. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aci_emulator.runtime import ImageError, Login

HUB = "docker.io"
HUB_NAMES = {HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}
"""What people call Docker's own registry, which images without a host come from."""

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<path>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class Reference:
    """A name in full: where the image is, and which one of that repository it is."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """The name without tag and digest, the host always first."""
        return f"{self.host}/{self.path}"

    @property
    def full(self) -> str:
        """The name with nothing left out; a digest says more than a tag."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"

    def digest_among(self, known: Sequence[str]) -> str:
        """Return the digest that one of `REPOSITORY@sha256:...` gives this repository, or nothing."""
        for entry in known:
            name, _, digest = entry.partition("@")
            if read_reference(name).repository == self.repository:
                return digest
        return ""

    def login_among(self, logins: Sequence[Login]) -> Login | None:
        """Return the first login for the image's registry."""
        return next((login for login in logins if _registry(login.server) == self.host.lower()), None)


def read_reference(image: str) -> Reference:
    """Read an image's name; ImageError when it is none."""
    found = _NAME.fullmatch(image)
    if found is None:
        raise ImageError(f"{image!r} is not an image's name: [HOST/]PATH[:TAG], the path in lower case")
    first, slash, rest = found["path"].partition("/")
    hosted = slash and (first == "localhost" or "." in first or ":" in first or first.lower() != first)
    host, path = (first, rest) if hosted else (HUB, found["path"])
    if host in HUB_NAMES:
        host, path = HUB, path if "/" in path else f"library/{path}"
    return Reference(host, path, found["tag"] or "latest", found["digest"] or "")


def _registry(server: str) -> str:
    """Return a login's server as images name it: `https://index.docker.io/v1/` is the hub."""
    host = server.lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    return HUB if host in HUB_NAMES else host
