"""The rules of the house: floors, circles, who may know whom, purity, the environment, sizes, names.

Each rule reads the sources and yields a sentence for each fault: the file, and what is wrong with it.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What is looked at: every Python file at or under these, each with the name that others import it by.
HOUSE = {
    "function_app.py": "function_app",
    "scheduler": "scheduler",
    "aci_emulator": "aci_emulator",
    "local": "local",
    "infra": "infra",
    "bench": "bench",
    "examples/weather/weather": "weather",
}
#: A file of the scheduler imports only from floors below its own. The lowest first.
FLOORS = [
    "scheduler scheduler.alerts scheduler.cloud scheduler.steps",
    "scheduler.alerts.address",
    "scheduler.row scheduler.wall scheduler.settings scheduler.watermark scheduler.mask scheduler.changed",
    "scheduler.view scheduler.cron scheduler.cell scheduler.identity scheduler.pace scheduler.columns scheduler.price",
    "scheduler.cursor scheduler.ledger",
    "scheduler.run scheduler.vault scheduler.revision scheduler.kept",
    "scheduler.entry scheduler.retry scheduler.spacing scheduler.verdict scheduler.transcript scheduler.recent",
    "scheduler.schedule scheduler.outcome scheduler.standing scheduler.arm scheduler.columns.what scheduler.history",
    "scheduler.facts scheduler.facts.fact scheduler.trend scheduler.covered",
    "scheduler.facts.runs scheduler.facts.ticks scheduler.facts.jobs scheduler.facts.troubles scheduler.facts.sending",
    "scheduler.facts.asking",
    "scheduler.telemetry",
    "scheduler.backfill scheduler.chain scheduler.request scheduler.archive",
    "scheduler.baseline scheduler.stale scheduler.alerts.news scheduler.settle scheduler.decision",
    "scheduler.alerts.letter scheduler.columns.told scheduler.period",
    "scheduler.retention",
    "scheduler.columns.when scheduler.columns.where scheduler.columns.secret scheduler.columns.spec",
    "scheduler.alerts.body",
    "scheduler.columns.limits scheduler.columns.volumes",
    "scheduler.columns.clash",
    "scheduler.job",
    "scheduler.crontab scheduler.template scheduler.spec scheduler.overlap scheduler.window scheduler.alerts.alarms",
    "scheduler.difference scheduler.edit scheduler.asked",
    "scheduler.draft",
    "scheduler.obey",
    "scheduler.plan",
    "scheduler.ports scheduler.spoken",
    "scheduler.steps.write scheduler.cloud.batch scheduler.cloud.cells scheduler.cloud.refusals scheduler.cloud.reach",
    "scheduler.cloud.wire",
    "scheduler.cloud.tables scheduler.cloud.containers scheduler.cloud.logs scheduler.cloud.webhook",
    "scheduler.steps.outbox scheduler.steps.seen",
    "scheduler.cloud.telemetry scheduler.cloud.git scheduler.cloud.secrets scheduler.cloud.whole scheduler.new_job",
    "scheduler.steps.work",
    "scheduler.steps.repair scheduler.steps.remove scheduler.steps.evidence scheduler.steps.line scheduler.steps.turns",
    "scheduler.steps.existing scheduler.steps.newest",
    "scheduler.steps.finish scheduler.steps.links",
    "scheduler.steps.decide scheduler.steps.heirs scheduler.steps.prepare scheduler.steps.sweep scheduler.steps.retire",
    "scheduler.steps.sharing",
    "scheduler.steps.look scheduler.steps.skip scheduler.steps.back",
    "scheduler.steps.claim scheduler.steps.report",
    "scheduler.steps.start",
    "scheduler.tick scheduler.steps.send",
    "scheduler.desk scheduler.desk.faults scheduler.desk.version scheduler.desk.hidden scheduler.desk.harmless",
    "scheduler.desk.names scheduler.desk.ahead scheduler.desk.remembered scheduler.desk.cells scheduler.desk.obeyed",
    "scheduler.desk.beat scheduler.desk.unsent",
    "scheduler.desk.since scheduler.desk.warned",
    "scheduler.desk.runline scheduler.desk.jobs scheduler.desk.live",
    "scheduler.desk.runs scheduler.desk.spec scheduler.desk.logs scheduler.desk.health scheduler.desk.stands",
    "scheduler.desk.chosen",
    "scheduler.desk.sight scheduler.desk.planned",
    "scheduler.desk.timeline",
    "scheduler.desk.ledgers scheduler.desk.history",
    "scheduler.desk.typed scheduler.desk.audit",
    "scheduler.desk.check",
    "scheduler.desk.acts scheduler.desk.alerts",
    "scheduler.desk.asks",
    "scheduler.web.assets scheduler.web.words scheduler.web.shown.bars scheduler.web.shown.fields",
    "scheduler.web.shown.overview scheduler.web.shown.charts scheduler.web.shown.form",
    "scheduler.web.shown scheduler.web.shown.day scheduler.web.shown.steps scheduler.web.shown.strip",
    "scheduler.web.dress scheduler.web.shown.band",
    "scheduler.web.shown.gantt scheduler.web.shown.rows",
    "scheduler.web.place scheduler.web.problem",
    "scheduler.web.who scheduler.web.guard",
    "scheduler.web.signin scheduler.web.context scheduler.web.api.models scheduler.web.api.answers",
    "scheduler.web.refusals scheduler.web.api.days scheduler.web.api.history scheduler.web.api.door",
    "scheduler.web.api.lines",
    "scheduler.web.api.jobs scheduler.web.api.docs",
    "scheduler.web.api.runs scheduler.web.api.acts scheduler.web.api.times scheduler.web.api.audit",
    "scheduler.web.api.state scheduler.web.api.alerts",
    "scheduler.web.api",
    "scheduler.web.site",
    "scheduler.web.pages.job scheduler.web.pages.jobs scheduler.web.pages.sign_in",
    "scheduler.web.pages.acting scheduler.web.pages.settings scheduler.web.pages.log scheduler.web.pages.timeline",
    "scheduler.web.pages.health scheduler.web.pages.watermarks scheduler.web.pages.history",
    "scheduler.web.pages.run",
    "scheduler.web.pages",
    "scheduler.web",
    "scheduler.wiring",
    "scheduler.commands scheduler.commands.answer scheduler.commands.typed",
    "scheduler.commands.rows scheduler.commands.progress scheduler.commands.parsed scheduler.commands.difference",
    "scheduler.commands.newjob scheduler.commands.dues scheduler.commands.tick scheduler.commands.loop",
    "scheduler.commands.completion scheduler.commands.jobs scheduler.commands.health scheduler.commands.alerts",
    "scheduler.commands.outgoing scheduler.commands.incoming scheduler.commands.found scheduler.commands.asking",
    "scheduler.commands.job scheduler.commands.runs scheduler.commands.run scheduler.commands.logs",
    "scheduler.commands.validate scheduler.commands.watermarks scheduler.commands.history",
    "scheduler.commands.tables scheduler.commands.apply scheduler.commands.export",
    "scheduler.cli function_app",
    "scheduler.__main__",
]
FLOOR = {module: number for number, floor in enumerate(FLOORS) for module in floor.split()}
#: Pure is every floor below the ports, but for the one reader of the environment.
PURE = {module for module, number in FLOOR.items() if number < FLOOR["scheduler.ports"]} - {"scheduler.settings"}
#: All that a pure file may import beside its own house: no clock, no environment, no network, no logging.
PURE_IMPORTS = {
    *("base64", "collections", "contextlib", "copy", "cronsim", "dataclasses", "datetime", "difflib", "enum"),
    *(
        "fnmatch",
        "functools",
        "hashlib",
        "itertools",
        "json",
        "math",
        "re",
        "shlex",
        "statistics",
        "typing",
        "zoneinfo",
    ),
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
ENVIRON = {"environ", "environb", "getenv", "getenvb"}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp"}
#: Who may not know whom.
STRANGERS = {
    "scheduler": {"aci_emulator", "bench", "local", "tests", "weather"},
    "function_app": {"aci_emulator", "bench", "local", "tests", "weather"},
    "aci_emulator": {"scheduler", "function_app", "bench", "local", "tests", "weather"},
    "local": {"bench", "tests", "weather"},
    "infra": {"aci_emulator", "bench", "local", "tests", "weather"},
    "bench": {"infra", "tests", "weather"},
    "weather": {"scheduler", "function_app", "aci_emulator", "bench", "local", "tests"},
}
#: A laptop's starter hands its environment on; nothing else may read it, but for the one file that says why.
ENVIRONMENT = {
    "scheduler.settings": "its purpose",
    "infra.deploy.programs": "az and func get their user's environment, with this Python first on PATH",
    "aci_emulator.runtimes.process": "a container gets PATH, and no more of it",
    "aci_emulator.gitrepo": "git gets its user's PATH, settings and keys, but for what points it at another repository",
}
#: Who may touch the log of the process.
LOGGING = {
    "scheduler.spoken": "its purpose",
    "scheduler.cloud.telemetry": "the exporter's log becomes facts",
    "scheduler.cloud.reach": "what an SDK raised in its own words, for who asks for DEBUG",
}
LINES, FUNCTION_LINES = 300, 45
FORBIDDEN = {"manager", "helper", "util", "service", "handler", "base", "common"}


@dataclass(frozen=True)
class Source:
    """One file: where it is, what it is imported by, its text."""

    path: str
    module: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.text, self.path)))

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    def imports(self, known: Mapping[str, "Source"]) -> set[str]:
        """Every module it imports, wherever in the file, under TYPE_CHECKING too."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                named = {f"{origin}.{alias.name}" for alias in node.names}
                found |= {name if name in known or origin == "azure" else origin for name in named}
        return found

    def _origin(self, node: ast.ImportFrom) -> str:
        """Name where a `from … import` takes from, dots at its beginning resolved."""
        package = self.module.split(".") if self.path.endswith("__init__.py") else self.module.split(".")[:-1]
        near = package[: len(package) + 1 - node.level] if node.level else []
        return ".".join([*near, *([node.module] if node.module else [])])


def read(root: Path) -> dict[str, Source]:
    found = {}
    for place, name in HOUSE.items():
        top = root / place
        for file in [top] if top.is_file() else sorted(top.rglob("*.py")):
            inside = file.relative_to(top).parts
            module = ".".join([name, *(part.removesuffix(".py") for part in inside if part != "__init__.py")])
            found[module] = Source(file.relative_to(root).as_posix(), module, file.read_text())
    return found


def upward(house: Mapping[str, Source]) -> Iterator[str]:
    for module, source in house.items():
        if source.room not in {"scheduler", "function_app"}:
            continue
        if module not in FLOOR:
            yield f"{source.path} stands on no floor: add {module} to FLOORS, above all that it imports"
            continue
        for other in sorted(source.imports(house) & FLOOR.keys()):
            if FLOOR[other] >= FLOOR[module]:
                yield f"{source.path} imports {other}, which is on no floor below its own"


def cycles(house: Mapping[str, Source]) -> Iterator[str]:
    left = {module: source.imports(house) & house.keys() - {module} for module, source in house.items()}
    while leaves := [module for module, others in left.items() if not others & left.keys()]:
        for module in leaves:
            del left[module]
    imported = set().union(*left.values())
    ring = sorted(house[module].path for module in left if module in imported)
    if ring:
        yield f"these import each other in a circle: {', '.join(ring)}"


def strangers(house: Mapping[str, Source]) -> Iterator[str]:
    for module, source in house.items():
        for other in sorted(source.imports(house)):
            top = other.partition(".")[0]
            if top in STRANGERS[source.room]:
                yield f"{source.path} imports {other}: {source.room} must not know {top}"
            known = module.startswith("scheduler.cloud.") or (module, other) == ("function_app", "azure.functions")
            if top == "azure" and not known:
                yield f"{source.path} imports {other}: only scheduler/cloud knows Azure's SDKs"


def impure(house: Mapping[str, Source]) -> Iterator[str]:
    for source in (source for module, source in house.items() if module in PURE):
        for other in sorted(source.imports(house)):
            if other.partition(".")[0] not in {"scheduler", *PURE_IMPORTS}:
                yield f"{source.path} imports {other}: a pure file knows no clock, environment, network or logging"
        for node in source.nodes:
            match node:
                case ast.Attribute(attr=name) if name in CLOCKS:
                    yield f"{source.path}:{node.lineno} reads the clock with .{name}: time is an argument"
                case ast.Call(func=ast.Name(id=name)) if name in IMPURE_CALLS:
                    yield f"{source.path}:{node.lineno} calls {name}: a pure file touches nothing outside"
                case ast.Call(func=ast.Attribute(attr="astimezone"), args=[], keywords=[]):
                    yield f"{source.path}:{node.lineno} calls .astimezone() without a zone: that is the machine's own"


def environment(house: Mapping[str, Source]) -> Iterator[str]:
    for source in house.values():
        if source.room in {"local", "bench", "weather"} or source.module in ENVIRONMENT:
            continue
        for node in source.nodes:
            match node:
                case ast.Attribute(attr=name) if name in ENVIRON:
                    yield f"{source.path}:{node.lineno} reads the environment: only scheduler/settings.py may"
                case ast.ImportFrom(module="os", names=taken) if ENVIRON & {alias.name for alias in taken}:
                    yield f"{source.path}:{node.lineno} reads the environment: only scheduler/settings.py may"


def sizes(house: Mapping[str, Source]) -> Iterator[str]:
    for source in house.values():
        lines = len(source.text.splitlines())
        if lines > LINES:
            yield f"{source.path} has {lines} lines: at most {LINES}"
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    yield f"{source.path}:{node.lineno} {node.name} has {length} lines: at most {FUNCTION_LINES}"


def names(house: Mapping[str, Source]) -> Iterator[str]:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for source in house.values():
        defined = [node.name for node in source.nodes if isinstance(node, definitions)]
        for name in [*source.module.split("."), *defined]:
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
            for word in sorted(FORBIDDEN & {*words, *(word.removesuffix("s") for word in words)}):
                yield f"{source.path}: the name {name} says {word}, which says nothing"


def spoken(house: Mapping[str, Source]) -> Iterator[str]:
    """What happened is a fact, and its sentence is made in scheduler/facts: nobody else writes to the log."""
    for source in (source for source in house.values() if source.room == "scheduler"):
        if "logging" in source.imports(house) and source.module not in {*LOGGING, *PURE}:
            yield f"{source.path} imports logging: tell a fact of scheduler/facts, and scheduler/spoken.py says it"


RULES: list[Callable[[Mapping[str, Source]], Iterator[str]]] = [
    upward, cycles, strangers, impure, environment, sizes, names, spoken,
]  # fmt: skip
