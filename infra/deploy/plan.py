"""What will be deployed where: the answers that every check and every step share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.deploy.asked import Asked
from infra.deploy.azure import Az

#: The file that holds the installation's own parameters, as it is typed in the checkout.
PARAMETER_FILE = "infra/main.bicepparam"


@dataclass(frozen=True)
class Account:
    """Who deploys, and into which subscription. `kind` is `user` or `servicePrincipal`."""

    subscription: str
    subscription_name: str
    tenant: str
    user: str
    kind: str


@dataclass(frozen=True)
class Template:
    """The compiled template: what its parameters allow, and the values that the parameter file gives."""

    declared: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str, given: Mapping[str, str], default: str = "") -> str:
        """Tell a parameter's value; `default` where the template computes it."""
        if name in given:
            return given[name]
        value = self.values.get(name, self.declared.get(name, {}).get("defaultValue"))
        computed = value is None or (isinstance(value, str) and value.startswith("["))
        return default if computed else str(value)


@dataclass(frozen=True)
class Group:
    """A resource group. `region` is '' while it is not there."""

    name: str
    region: str = ""

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return bool(self.region)


@dataclass(frozen=True)
class Plan:
    """One deployment. `region`: where its resources stand; `jobs_region`: where container groups run."""

    asked: Asked
    az: Az
    account: Account
    template: Template
    group: Group
    jobs: Group
    region: str
    jobs_region: str

    def value(self, name: str, default: str = "") -> str:
        """Tell the value of a parameter of main.bicep."""
        return self.template.value(name, self.asked.parameters, default)

    @property
    def name(self) -> str:
        """The installation's name."""
        return self.asked.name or self.value("name", "crontable")

    @property
    def deployment(self) -> str:
        """The deployment's name, the same each time: a second one cannot run beside the first."""
        return f"crontable-{self.name}"

    @property
    def groups(self) -> tuple[Group, Group]:
        """Both resource groups."""
        return self.group, self.jobs

    def scope(self, group: Group | None = None) -> str:
        """Tell the id of a resource group, or of the subscription."""
        inside = f"/resourceGroups/{group.name}" if group else ""
        return f"/subscriptions/{self.account.subscription}{inside}"

    def template_words(self, **more: str) -> list[str]:
        """Tell how az is told what to deploy; `more` are further parameters."""
        named = {"name": self.asked.name} if self.asked.name else {}
        given = {**more, **named, **self.asked.parameters}
        file = ["--parameters", PARAMETER_FILE]
        return [*file, "--parameters", *(f"{name}={value}" for name, value in given.items())] if given else file
