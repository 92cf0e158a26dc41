"""What a job may have beside its schedule and its image: a function each, and chains, which take several jobs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.simulation.story import Cell, Job

REPOSITORY = "https://git.example/team/jobs"
#: A reference: the value is the vault's.
SECRET = "https://vault-of-stories.vault.azure.net/secrets/token"


def _retries(random: Random, cells: dict[str, Cell]) -> None:
    if random.random() < 0.35:
        cells["Retries"] = random.choice((1, 2, 3))
        cells["RetryDelay"] = random.choice(("20s", "1m", "5m"))


def _overlap(random: Random, cells: dict[str, Cell]) -> None:
    if random.random() < 0.4:
        cells["Overlap"] = random.choice(("wait", "replace", "allow"))
    if cells.get("Overlap") == "allow":
        if "ContainerGroup" in cells or "Watermark" in cells:
            cells["Overlap"] = "wait"
        elif random.random() < 0.5:
            cells["MaxOverlap"] = random.choice((1, 2, 3))


def _catch_up(random: Random, cells: dict[str, Cell]) -> None:
    if random.random() < 0.35:
        cells["CatchUp"] = random.choice(
            ("none", "latest") if cells.get("Overlap") == "replace" else ("none", "all", "all")
        )
    if random.random() < 0.2:
        cells["Grace"] = random.choice(("5m", "20m", "2h"))


def _jitter(random: Random, cells: dict[str, Cell]) -> None:
    if random.random() < 0.12:
        cells["Jitter"] = random.choice(("50s", "3m", "12m"))


def _places(random: Random, cells: dict[str, Cell]) -> None:
    if "Image" in cells and random.random() < 0.3:
        cells["Locations"] = random.choice(
            ("northeurope", "westeurope, northeurope", "westeurope, uksouth, northeurope")
        )


def _code(random: Random, cells: dict[str, Cell]) -> None:
    if "Image" in cells and random.random() < 0.08:
        cells["GitRepo"] = REPOSITORY
    if "Image" in cells and random.random() < 0.08:
        cells["SecureEnv"] = f'{{"TOKEN": "{SECRET}"}}'


#: What further columns add, each by the cells drawn so far.
FEATURES: tuple[Callable[[Random, dict[str, Cell]], None], ...] = (
    _retries, _overlap, _catch_up, _jitter, _places, _code,
)  # fmt: skip


#: What a template shares, and what else it says.
SHARED: Mapping[str, Cell] = {"Image": "registry.example/shared:1", "Retries": 1, "RetryDelay": "1m", "Timeout": "20m"}


def shared(random: Random, cast: list[Job]) -> list[Job]:
    """Let some jobs of a team leave cells empty, and inherit them."""
    team = cast[0].name.partition("/")[0]
    if random.random() < 0.75:
        return cast
    heirs = [_inherits(job) if job.name.startswith(team) and "Image" in job.cells else job for job in cast]
    return [Job(f"{team}/_shared", SHARED), *heirs]


def _inherits(job: Job) -> Job:
    own = {name: cell for name, cell in job.cells.items() if name not in SHARED}
    return replace(job, cells={**own, "Template": "_shared"})


def chained(random: Random, cast: list[Job]) -> list[Job]:
    """Let some jobs run after others: in a row, behind two, in a diamond."""
    names = [job.name for job in cast]
    if len(cast) < 2:
        return cast
    shapes = {"row": [(0, 1)], "two": [(0, 2), (1, 2)], "diamond": [(0, 1), (0, 2), (1, 3), (2, 3)]}
    fitting = [edges for edges in shapes.values() if max(max(edge) for edge in edges) < len(cast)]
    behind: dict[int, list[str]] = {}
    for upstream, number in random.choice(fitting):
        behind.setdefault(number, []).append(names[upstream])
    return [_after(job, behind.get(number, [])) for number, job in enumerate(cast)]


def _after(job: Job, upstreams: list[str]) -> Job:
    if not upstreams:
        return job
    cells = {name: cell for name, cell in job.cells.items() if name not in ("TimeZone", "StartAt", "EndAt", "Jitter")}
    own = job.name.partition("/")[0]
    named = [name.partition("/")[2] if name.startswith(f"{own}/") else name for name in upstreams]
    return replace(job, cells={**cells, "Schedule": f"after {', '.join(named)}"})
