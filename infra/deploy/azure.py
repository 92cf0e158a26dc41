"""az: a question and its JSON, or what Azure refused with. Every command is pinned to one subscription."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from infra.deploy import refusal
from infra.deploy.programs import Programs
from infra.deploy.refusal import Refusal

#: az's exit code for a resource that is not there (azure-cli, `core/util.py`).
NOT_FOUND = 3


class AzError(Exception):
    """az refused. `refusals` is never empty."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        self.refusals: list[Refusal] = refusal.read(text)
        super().__init__("; ".join(one.message for one in self.refusals))

    def has(self, *codes: str) -> bool:
        """Whether one of these is among the reasons."""
        return any(one.code in codes for one in self.refusals)


@dataclass(frozen=True)
class Az:
    """az, found at `program`. `subscription` is an id, or '' until it is known."""

    programs: Programs
    program: str
    subscription: str = ""

    def on(self, subscription: str) -> "Az":
        """The same, for one subscription, whatever `az account set` does meanwhile."""
        return replace(self, subscription=subscription)

    def command(self, *words: str) -> list[str]:
        """Tell what will be run, as a person would type it."""
        pinned = ["--subscription", self.subscription] if self.subscription else []
        return ["az", *words, *pinned]

    def text(self, *words: str) -> str:
        """Run a command and give what it printed. Raises AzError."""
        _, *line = self.command(*words, "--only-show-errors")
        answer = self.programs.run([self.program, *line])
        if answer.code:
            raise AzError(answer.code, answer.err or answer.out)
        return answer.out

    def ask(self, *words: str) -> Any:  # noqa: ANN401  it is any JSON
        """Run a command and read the JSON that it answers; None where it answers nothing. Raises AzError."""
        said = self.text(*words, "--output", "json")
        try:
            return json.loads(said) if said.strip() else None
        except ValueError:
            raise AzError(0, f"az {' '.join(words[:3])} did not answer with JSON: {said[:200]!r}") from None

    def get(self, path: str, version: str) -> Any:  # noqa: ANN401  it is any JSON
        """GET below the subscription, with ARM's api-version."""
        address = f"/subscriptions/{self.subscription}{path}?api-version={version}"
        return self.ask("rest", "--method", "get", "--url", address)

    def all(self, path: str, version: str) -> Iterator[Any]:
        """GET a list, page after page."""
        page = self.get(path, version)
        yield from page.get("value", ())
        while page.get("nextLink"):
            page = self.ask("rest", "--method", "get", "--url", page["nextLink"])
            yield from page.get("value", ())

    def post(self, path: str, version: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  it is any JSON
        """POST JSON below the subscription."""
        address = f"/subscriptions/{self.subscription}{path}?api-version={version}"
        return self.ask("rest", "--method", "post", "--url", address, "--body", json.dumps(body))
