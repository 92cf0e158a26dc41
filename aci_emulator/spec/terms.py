"""What a body is read under: the limits, the request's api-version, and the group's name. Pure."""

from dataclasses import dataclass

from aci_emulator.limits import Limits
from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible

SINCE = {
    "initContainers": "2019-12-01",
    "subnetIds": "2021-07-01",
    "zones": "2021-09-01",
    "confidentialComputeProperties": "2022-10-01-preview",
    "priority": "2022-10-01-preview",
}
"""Properties that change what a group does, and the api-version of ACI that first has each."""


@dataclass(frozen=True)
class Terms:
    """The terms of one request; `name` is the group's, empty when the reader was not told."""

    limits: Limits
    version: str
    name: str = ""

    @property
    def group(self) -> str:
        """The group as a sentence names it."""
        return f"container group '{self.name}'" if self.name else "the container group"

    def precede(self, since: str) -> bool:
        """Say whether the request's api-version is older than `since`."""
        return self.version[:10] < since[:10]

    def check_known(self, place: Place) -> None:
        """Refuse what the api-version does not know yet: it would be lost without a word."""
        for name, since in SINCE.items():
            if place.get(name) and self.precede(since):
                raise impossible(
                    f"Property '{place.at(name)}' is not known in api-version {self.version}. Allowed: from {since}."
                )
