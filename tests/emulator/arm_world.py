"""Look-ups over two groups of one subscription, in two resource groups."""

import json
from typing import Any

import pytest

from aci_emulator.arm import API_VERSIONS, Answer, ArmError
from aci_emulator.limits import Limits
from aci_emulator.lookups import Asked, Lookups, Resource
from aci_emulator.quota import Usage

S = "11111111-2222-3333-4444-555555555555"
RG = f"/subscriptions/{S}/resourceGroups/"
OWN = f"/subscriptions/{S}/providers/Microsoft.ContainerInstance"
NEWEST = API_VERSIONS[-1]


def resource(name: str, group: str = "rg", location: str = "westeurope", **tags: str) -> Resource:
    address = f"/subscriptions/{S}/resourceGroups/{group}/providers/Microsoft.ContainerInstance/containerGroups/{name}"
    return Resource(address, name, group, location, tags)


class Holdings:
    """Two groups of one subscription, in two resource groups."""

    def __init__(self) -> None:
        self.held = [
            resource("nightly", team="data", owner="web"),
            resource("weekly", "Other", "eastus", team="web", motto="it's"),
        ]
        self.used = Usage(2, 3.5, 1)
        self.most = Limits()

    def subscriptions(self) -> list[str]:
        return [S, "Another", "aNOTHER"] if self.held else []

    def resources(self, subscription: str) -> list[Resource]:
        return self.held if subscription.lower() == S else []

    def in_use(self, subscription: str, location: str) -> Usage:
        return self.used if (subscription, location) == (S, "westeurope") else Usage(0, 0, 0)

    def limits(self) -> Limits:
        return self.most


class Arm:
    """Look-ups with an api-version that suits all of them."""

    def __init__(self) -> None:
        self.holdings = Holdings()
        self.lookups = Lookups(self.holdings)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        text = b"" if body is None else json.dumps(body).encode()
        asked = Asked({"api-version": NEWEST} | query, text, "https://localhost:10010")
        return self.lookups.answer(method, path, asked)

    def get(self, path: str, **query: str) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status == 200
        return answer.body

    def refused(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, str]:
        with pytest.raises(ArmError) as caught:
            self.ask(method, path, body, **query)
        return caught.value.status, caught.value.code


def names(answer: Any) -> list[str]:
    return [each["name"] for each in answer["value"]]
