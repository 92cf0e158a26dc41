"""What GitHub's workflows must be: each rule reads one of them and yields a sentence for each fault."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github/workflows"
#: What an action is pinned to: a commit, and behind it the version that it was.
PIN = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
#: Texts that a stranger writes: a title, a branch's name, a message.
STRANGERS = re.compile(r"\$\{\{[^}]*github\.(event|head_ref|ref_name|actor)\b[^}]*\}\}")
#: Those that run without Azure, and those that sign in to it.
READ, SIGN_IN = {"contents": "read"}, {"contents": "read", "id-token": "write"}


@dataclass(frozen=True)
class Workflow:
    """One workflow: its name, without `.yml`, and its text."""

    name: str
    text: str

    @cached_property
    def read(self) -> dict[str, Any]:
        # YAML 1.1 takes the key `on` for true.
        return {"on" if key is True else key: value for key, value in yaml.safe_load(self.text).items()}

    @property
    def jobs(self) -> Mapping[str, Any]:
        jobs: Mapping[str, Any] = self.read["jobs"]
        return jobs

    def steps(self, job: str) -> list[dict[str, Any]]:
        return list(self.jobs[job].get("steps", []))

    def runs(self, job: str) -> list[tuple[Path, str]]:
        """Give each command of a job, with the folder that it runs in; lines that are broken by \\ are one."""
        folder = self.jobs[job].get("defaults", {}).get("run", {}).get("working-directory", ".")
        texts = [step["run"].replace("\\\n", " ") for step in self.steps(job) if "run" in step]
        return [(ROOT / folder, line.strip()) for text in texts for line in text.splitlines() if line.strip()]


def workflows() -> dict[str, Workflow]:
    return {path.stem: Workflow(path.stem, path.read_text()) for path in sorted(FOLDER.glob("*.y*ml"))}


def secretless(workflow: Workflow) -> Iterator[str]:
    """No stored secret is read, and nothing stays behind that a later step could use as one."""
    for found in re.findall(
        r"\bsecrets\.\w+|secrets: inherit|client-secret|\bcreds:|publish-profile|PAT\b", workflow.text
    ):
        yield f"says {found}: GitHub's own token suffices"
    for job in workflow.jobs:
        for step in workflow.steps(job):
            if (
                "actions/checkout@" in step.get("uses", "")
                and step.get("with", {}).get("persist-credentials") is not False
            ):
                yield f"{job}: the checkout keeps its credentials"


def least(workflow: Workflow) -> Iterator[str]:
    """A job may read the code; one that signs in to Azure may ask for a token, in the environment that guards it."""
    if workflow.read.get("permissions") not in ({}, READ):
        yield f"permissions is {workflow.read.get('permissions')}: {READ} or {{}} is enough"
    for name, job in workflow.jobs.items():
        signs_in = any("azure/login@" in step.get("uses", "") for step in workflow.steps(name))
        given = job.get("permissions", workflow.read.get("permissions"))
        if given != (SIGN_IN if signs_in else READ):
            yield f"{name}: its permissions are {given}"
        if signs_in and job.get("environment") != "production":
            yield f"{name}: it signs in outside of the environment that Azure trusts"
        if signs_in and "vars.AZURE_CLIENT_ID != ''" not in job.get("if", ""):
            yield f"{name}: it would run, and fail, where nothing is deployed"
        if signs_in != ("environment" in job):
            yield f"{name}: an environment is for signing in"


def pinned(workflow: Workflow) -> Iterator[str]:
    """Every action is pinned to a commit, every machine and tool to a version."""
    for line in workflow.text.splitlines():
        ours = line.strip().startswith(("#", "uses: ./.github/workflows/"))  # of the same commit
        if "uses:" in line and not ours and not PIN.search(line):
            yield f"{line.strip()}: pin it as ACTION@COMMIT # vX.Y.Z"
    for name, job in workflow.jobs.items():
        if "uses" in job:
            continue
        if not re.fullmatch(r"ubuntu-\d\d\.\d\d", str(job.get("runs-on"))):
            yield f"{name}: runs-on is {job.get('runs-on')}: name one version"
        if not 0 < job.get("timeout-minutes", 0) <= 60:
            yield f"{name}: it needs a timeout-minutes of at most 60"
        for _, command in workflow.runs(name):
            words = re.sub(r"#.*", "", command).split()
            packages = words[words.index("install") + 1 :] if "install" in words and words[0] != "az" else []
            if any(not re.search(r"[=@]\d|^-|requirements", package) for package in packages):
                yield f"{name}: {command} installs whatever is newest"


def guarded(workflow: Workflow) -> Iterator[str]:
    """Nothing that a stranger writes becomes a command, or runs with our rights."""
    if "pull_request_target" in workflow.read["on"] or "workflow_run" in workflow.read["on"]:
        yield "a stranger's pull request would run with our rights"
    for name, job in workflow.jobs.items():
        for _, command in workflow.runs(name):
            if "${{" in command:
                yield f"{name}: {command} puts an expression into a command: use env"
        own = "github.event.pull_request.head.repo.full_name == github.repository"
        on_main = "github.ref == 'refs/heads/main'"
        condition = job.get("if", "")
        if "environment" in job and not (own in condition or on_main in condition):
            yield f"{name}: it signs in for any branch, or for a fork"


def real(workflow: Workflow) -> Iterator[str]:
    """Every command exists: targets and variables of make, files, and what the comments name."""
    for name in workflow.jobs:
        for folder, command in workflow.runs(name):
            yield from (f"{name}: {fault}" for fault in _command(folder, command))
    main = (ROOT / "infra/main.bicep").read_text()
    for parameter in re.findall(r"(?:PARAMETERS: |PARAMETERS=\")(\w+)=", workflow.text):
        if not re.search(rf"^param {parameter} ", main, re.MULTILINE):
            yield f"infra/main.bicep has no parameter {parameter}"
    for output in re.findall(r"the output (\w+)", workflow.text):
        if not re.search(rf"^output {output} ", main, re.MULTILINE):
            yield f"infra/main.bicep has no output {output}"


def _command(folder: Path, command: str) -> Iterator[str]:
    words = re.sub(r"\s#.*", "", command).split()
    if words[0] == "make":
        place = folder / words[words.index("-C") + 1] if "-C" in words else folder
        text = (place / "Makefile").read_text()
        targets = [w for n, w in enumerate(words) if n and re.fullmatch(r"[a-z-]+", w) and not w.startswith("-")]
        for target in targets:
            if not re.search(rf"^{target}:", text, re.MULTILINE):
                yield f"{place.relative_to(ROOT)}/Makefile has no target {target}"
        for variable in re.findall(r"\b([A-Z_]+)=", command):
            if not re.search(rf"\$\({variable}\)|\$\(call [^()]*\b{variable}\b[^()]*\)", text):
                yield f"{place.relative_to(ROOT)}/Makefile does not use {variable}"
    for file in re.findall(r"(?<![\w.$\"/:-])(\.?(?:infra|examples|tests|\.ci|ci)/[\w./-]+)", command):
        if not (folder / file).exists():
            yield f"{command} names {file}, which is not there"


RULES: list[Callable[[Workflow], Iterator[str]]] = [secretless, least, pinned, guarded, real]
