"""infra/ as the policy sees it: its files, and what they make with nothing chosen and with everything."""

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from infra.check import bicep
from infra.check.facts import Facts
from infra.check.read import parse
from tests.infra.plan import Plan, plan

INFRA = Path(__file__).parents[2] / "infra"
MAIN = INFRA / "main.bicep"
FACTS = Facts.read()
DEPLOYER = "44444444-4444-4444-4444-444444444444"
#: Every option taken, so that all that is conditional is made.
EVERYTHING: Mapping[str, Any] = {
    "vnet": True,
    "sampleImage": "crcrontable.azurecr.io/sample@sha256:" + 64 * "0",
    "alertEmail": "ops@example.org",
    "alertWebhook": "https://example.org/hook",
    "availabilityTest": True,
    "budgetAmount": 20,
    "budgetContact": "ops@example.org",
    "signInClientId": "55555555-5555-5555-5555-555555555555",
    "githubRepository": "example/crontable",
    "deployerPrincipalId": DEPLOYER,
    "allowedImages": "crcrontable.azurecr.io/*",
    "newsSecret": "news-address",
    "priceVcpuHour": "0.05",
    "priceGbHour": "0.005",
    "location": "westeurope",
    "jobsLocation": "northeurope",
    "tags": {"costCentre": "42"},
}
_parsed = cache(parse)


class Infra:
    """The files, given by their texts, and what they make: with nothing chosen, and with everything."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self.files = {path: _parsed(text, path) for path, text in texts.items()}
        self.main = self.files[MAIN]
        unknown = EVERYTHING.keys() - self.main.of(bicep.Parameter).keys()
        assert not unknown, f"main.bicep has no parameter {', '.join(sorted(unknown))}"

    def plan(self, given: Mapping[str, Any]) -> Plan:
        """Plan a deployment with these parameters."""
        return plan(MAIN, given, self.files.__getitem__)

    @cached_property
    def least(self) -> Plan:
        return self.plan({})

    @cached_property
    def most(self) -> Plan:
        return self.plan(EVERYTHING)

    @property
    def plans(self) -> Mapping[str, Plan]:
        return {"with its defaults": self.least, "with every option": self.most}

    @property
    def templates(self) -> list[bicep.File]:
        return [file for file in self.files.values() if file.path.suffix == ".bicep"]


def texts() -> dict[Path, str]:
    """Give the real files."""
    found = [*INFRA.glob("*.bicep"), *INFRA.glob("*.bicepparam"), *INFRA.glob("modules/**/*.bicep")]
    return {path: path.read_text() for path in sorted(found)}
