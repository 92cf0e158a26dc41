"""What a group is asked to be: frozen values that `read_spec` makes of a request's body. Pure."""

from dataclasses import dataclass, field

from aci_emulator.arm import Json
from aci_emulator.runtime import Login


@dataclass(frozen=True)
class Mount:
    """Where a container sees the volume `volume`."""

    volume: str
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class EmptyDir:
    """A folder that lives as long as its deployment."""

    name: str


@dataclass(frozen=True)
class Secret:
    """Files with their contents, by name."""

    name: str
    files: dict[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class AzureFile:
    """A file share of a storage account."""

    name: str
    account: str
    share: str
    read_only: bool = False


@dataclass(frozen=True)
class GitRepo:
    """A clone of `repository` at `revision` (its default branch when empty), in the subfolder `directory`.

    `directory` `.` is the volume itself; empty is a folder named like the repository. Its address may hold a password.
    """

    name: str
    repository: str = field(repr=False)
    directory: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Port:
    """A port of a container, which is also the port of the group's address; `protocol` is TCP or UDP."""

    number: int
    protocol: str = "TCP"


@dataclass(frozen=True)
class Address:
    """The IP address that a group asks for, with the ports it exposes and the label of its DNS name, empty for none."""

    public: bool
    ports: tuple[Port, ...]
    label: str = ""


type Volume = EmptyDir | Secret | AzureFile | GitRepo


@dataclass(frozen=True)
class ContainerSpec:
    """One container as asked for; `cpu` in cores and `memory` in GB, both 0 for an init container.

    The limits are 0 when the container may use what the group has.
    """

    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    cpu: float = 0.0
    memory: float = 0.0
    cpu_limit: float = 0.0
    memory_limit: float = 0.0
    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True)
class Identities:
    """The identities a group has: its own, and the resource ids of those that users made."""

    system: bool = False
    users: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupSpec:
    """A container group as asked for; `body` is the whole request, secrets included: never show it.

    In `body` the known names are written as ACI writes them, and what was null is gone.
    """

    location: str
    os_type: str
    restart_policy: str
    containers: tuple[ContainerSpec, ...]
    init_containers: tuple[ContainerSpec, ...]
    body: Json = field(repr=False)
    volumes: tuple[Volume, ...] = ()
    logins: tuple[Login, ...] = ()
    identities: Identities = Identities()
    spot: bool = False
    address: Address | None = None
    subnets: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return dict(self.body.get("tags") or {})

    @property
    def cpu(self) -> float:
        """The cores that the group asks for."""
        return sum(container.cpu for container in self.containers)

    @property
    def memory(self) -> float:
        """The GB of memory that the group asks for."""
        return sum(container.memory for container in self.containers)

    def every_container(self) -> tuple[ContainerSpec, ...]:
        """Return the init containers and the containers."""
        return self.init_containers + self.containers
