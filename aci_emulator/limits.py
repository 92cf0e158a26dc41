"""What ACI and ARM allow at most, and at least: Azure's default figures, each adjustable (aci.md, 5). Pure."""

import math
from dataclasses import dataclass, fields, replace

UNLIMITED = 1_000_000_000
"""What headers tell to remain when there is no limit."""

EVERY = "all"
"""The name that stands for every limit at once, as in `all=none`."""


class LimitError(Exception):
    """A limit that cannot be set; the sentence names it, the value and what is allowed."""


@dataclass(frozen=True)
class Limits:
    """Every limit; infinity stands for none.

    Quotas hold for one subscription in one region. A bucket is ARM's: so many requests at once, refilled so many a
    second. Sizes in GB are ACI's, of logs in bytes.
    """

    groups: float = 100
    cores: float = 100
    spot_cores: float = 10
    creates_hour: float = 300
    creates_5min: float = 100
    deletes_hour: float = 300
    deletes_5min: float = 100
    reads_bucket: float = 250
    reads_refill: float = 25
    writes_bucket: float = 200
    writes_refill: float = 10
    deletes_bucket: float = 200
    deletes_refill: float = 10
    containers: float = 60
    volumes: float = 20
    ports: float = 5
    tags: float = 50
    cpu: float = 31
    memory: float = 240
    least_cpu: float = 1
    least_memory: float = 1
    log_running: float = 4 * 1024 * 1024
    log_stopped: float = 16 * 1024
    log_lines: float = 1_000
    page: float = 100
    provisioning_seconds: float = 1_800

    def adjusted(self, changes: dict[str, object]) -> "Limits":
        """Return these limits with `changes`: name -> a number from 0 up, or `none`; LimitError names what is wrong.

        `all` changes every one; the single names beside it win. `all` set to none also lifts the least sizes.
        """
        whole = dict.fromkeys(names(), changes[EVERY]) if EVERY in changes else {}
        single = {name: value for name, value in changes.items() if name != EVERY}
        return replace(self, **{_field(name): _number(name, value) for name, value in (whole | single).items()})

    def body(self) -> dict[str, object]:
        """Return name -> number, or `none`, as `adjusted` takes them."""
        values = ((name, getattr(self, _field(name))) for name in names())
        return {name: "none" if math.isinf(value) else value for name, value in values}


LEAST = {"least_cpu", "least_memory"}


def names() -> list[str]:
    """Return the names of all limits, as a person writes them: `creates-hour`."""
    return [field.name.replace("_", "-") for field in fields(Limits)]


def read_limit(text: str) -> dict[str, object]:
    """Return the change that `NAME=NUMBER` or `NAME=none` stands for; LimitError when it is none."""
    name, equals, value = text.partition("=")
    if not equals:
        raise LimitError(f"{text!r} is not NAME=NUMBER, like groups=10 or all=none")
    Limits().adjusted({name: value})
    return {name: value}


def _field(name: str) -> str:
    if name not in names():
        raise LimitError(f"{name!r} is not a limit; there are: {EVERY}, {', '.join(names())}")
    return name.replace("-", "_")


def _number(name: str, value: object) -> float:
    least = _field(name) in LEAST
    if value == "none":
        return 0.0 if least else math.inf
    try:
        number = -1.0 if isinstance(value, bool) else float(value)  # type: ignore[arg-type] # whatever is no number fails below
    except (TypeError, ValueError):
        number = -1.0
    if not (0 <= number < math.inf) or (number == 0 and _field(name) == "page"):
        raise LimitError(f"limit {name} is {value!r}: a number from {1 if name == 'page' else 0} up, or none")
    return number
