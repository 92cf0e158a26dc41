"""What is known only once a deployment runs, and what a deployment would make."""

from dataclasses import dataclass, field
from typing import Any

#: The deployment that the tests imagine.
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP = "crontable-prod"


@dataclass(frozen=True)
class Later:
    """A value that Azure gives: `of` says of which resource (its id), `path` which property."""

    of: str
    path: str

    def __str__(self) -> str:
        return f"<{self.of.rpartition('/')[2]}{self.path}>"


@dataclass
class Deployed:
    """A resource that a deployment makes, or finds if `existing`: with every value that can be known before."""

    file: str
    symbol: str
    type: str
    version: str
    name: str
    group: str  # the id of the resource group, or of the subscription
    parent: str  # the id of the resource that it stands in or is applied to, or ''
    body: dict[str, Any] = field(default_factory=dict)
    existing: bool = False
    line: int = 0

    @property
    def id(self) -> str:
        if self.type == "Microsoft.Resources/resourceGroups":
            return self.group
        extends = self.parent and not self.type.lower().startswith(type_of(self.parent).lower() + "/")
        if self.parent and not extends:
            return f"{self.parent}/{self.type.rpartition('/')[2]}/{self.name}"
        return f"{self.parent or self.group}/providers/{interleaved(self.type, self.name)}"

    def __str__(self) -> str:
        return f"{self.file}: {self.symbol} ({self.type})"

    @property
    def properties(self) -> dict[str, Any]:
        properties = self.body.get("properties")
        return properties if isinstance(properties, dict) else {}


def interleaved(kind: str, name: str) -> str:
    """Write `A/b/c` and `x/y` as `A/b/x/c/y`, as ids have it."""
    provider, *types = kind.split("/")
    names = name.split("/")
    return "/".join([provider, *(part for pair in zip(types, names, strict=False) for part in pair)])


def type_of(identity: str) -> str:
    """Give the type that an id is of: `A/b/c` of `…/providers/A/b/x/c/y`."""
    _, _, rest = identity.rpartition("/providers/")
    provider, *pairs = rest.split("/")
    return "/".join([provider, *pairs[::2]])
