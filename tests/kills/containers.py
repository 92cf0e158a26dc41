"""A resource group of one's own on the emulator: what runs there, what ran, and when it rests."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2 as httpx

from tests.emulator.driver import container, group, until

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
#: What the images of the stories do; each says first which run it is. A container that was there before its runs
#: is told nothing of them, so that its watermark is the time of day.
_TELLS = 'echo "$JOB due $DUE attempt $ATTEMPT"; echo "::watermark::${DUE:-$(date +%s.%N)}"'
LASTS = "lasts"
IMAGES: Mapping[str, Any] = {
    "ends": {"command": ["sh", "-c", _TELLS]},
    "trips": {"command": ["sh", "-c", f'{_TELLS}; [ "$ATTEMPT" -gt 1 ] || exit 3']},
    LASTS: {"command": ["sh", "-c", f"{_TELLS}; exec sleep 600"]},
}
#: What an entry of the journal says when a container is asked to run.
_ASKED = {"created", "replaced", "starting", "restarting"}

type Json = dict[str, Any]


class Emulator:
    """A client of the emulator, which knows up to where its journal was read: a new story begins there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, params={"api-version": "2023-05-01"}, timeout=60)
        self.latest = 0

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def journal(self, after: int) -> list[Json]:
        """Read what was written down later than the entry of this number."""
        entries: list[Json] = self.http.get("/_emulator/journal", params={"after": after}).json()["value"]
        self.latest = max([self.latest, *(entry["number"] for entry in entries[-1:])])
        return entries


class Containers:
    """The container groups of one resource group."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._emulator = emulator
        self._name = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"
        self._journal: list[Json] = []
        self._read = emulator.latest
        self._provisioned: list[str] = []

    def provision(self, name: str, image: str) -> None:
        """Make a group that is there before its runs: its container has run once."""
        self._provisioned.append(name)
        self._ask("PUT", f"/{name}", group(container(image)))
        self.rest()
        self._ask("POST", f"/{name}/stop")

    @property
    def provisioned(self) -> Counter[str]:
        """Count how often each group was started by its provisioning."""
        return Counter(self._provisioned)

    def starts(self) -> tuple[Counter[str], Counter[str]]:
        """Count for each group how often it was asked to run, and how often it ran."""
        entries = self._happened()
        asked = Counter(entry["group"] for entry in entries if entry["effect"] in _ASKED)
        return asked, Counter(entry["group"] for entry in entries if entry["effect"].startswith("started "))

    def there(self) -> list[str]:
        """Name the groups that were made for runs and are there."""
        return [name for name in self._names() if name not in self._provisioned]

    def rest(self) -> None:
        """Wait until each container that was asked to run has begun and said what it says, and ended if it ends."""
        until(self.starts, lambda counts: counts[0] == counts[1])
        for name in self._names():
            until(lambda name=name: self._rests(name), bool)  # type: ignore[misc]  # mypy infers no lambda with a default

    def _rests(self, name: str) -> bool:
        (inside,) = self._ask("GET", f"/{name}").json()["properties"]["containers"]
        state = inside["properties"].get("instanceView", {}).get("currentState", {}).get("state")
        if inside["properties"]["image"] != LASTS or state == "Terminated":
            return bool(state == "Terminated")
        log = self._ask("GET", f"/{name}/containers/{inside['name']}/logs")
        return log.status_code == httpx.codes.OK and "::watermark::" in log.json()["content"]

    def _names(self) -> Iterator[str]:
        for one in self._ask("GET").json()["value"]:
            yield one["name"]

    def _happened(self) -> list[Json]:
        """Read on in the journal: what was written before is complete, for nothing of ours is under way."""
        entries = self._emulator.journal(self._read)
        self._journal += [entry for entry in entries if entry["id"].startswith(f"{self._name}/")]
        self._read = max([self._read, *(entry["number"] for entry in entries[-1:])])
        return self._journal

    def _ask(self, method: str, path: str = "", body: Json | None = None) -> httpx.Response:
        target = f"{self._name}/providers/Microsoft.ContainerInstance/containerGroups{path}"
        return self._emulator.http.request(method, target, json=body)
