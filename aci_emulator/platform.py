"""What groups stand on: the runtime, time, volumes, identities, limits, faults and the journal, in one place."""

from dataclasses import dataclass, field

from aci_emulator.clock import Clock
from aci_emulator.faults import Faults
from aci_emulator.group import Group
from aci_emulator.journal import Journal
from aci_emulator.keeper import Keeper
from aci_emulator.limits import Limits
from aci_emulator.runtime import Runtime
from aci_emulator.tokens import Identities
from aci_emulator.volumes import Volumes


@dataclass
class Platform:
    """All that a deployment needs of its surroundings.

    `identity_address`: where the containers of this machine find the identity endpoint, without a path; empty when
    there is none. `identity_delay`: seconds after a start until it answers.
    `keeper`: told of whatever changes, so that it can be kept.
    """

    runtime: Runtime
    clock: Clock
    volumes: Volumes
    limits: Limits = Limits()
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    identities: Identities = field(default_factory=Identities)
    identity_address: str = ""
    identity_delay: float = 0.0
    keeper: Keeper = field(default_factory=Keeper)

    def changed(self, group: Group) -> None:
        """Tell that the state of `group` is another."""
        self.keeper.changed(group)

    def note(self, group: Group, effect: str) -> None:
        """Write into the journal what the platform did to `group`, and tell that it changed."""
        self.journal.note(self.clock.now(), group.path.name, group.path.id, effect)
        self.changed(group)
