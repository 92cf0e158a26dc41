"""GitHub's workflows: actionlint says what is wrong in them, zizmor what is unsafe. Both run without the network."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from infra.check.tools.place import ROOT, Refused, Result, actionlint, python_tool, run

WORKFLOWS = ROOT / ".github/workflows"
#: What zizmor tells of each file that it has looked at.
_SEEN = re.compile(r"completed (\S+)$", re.MULTILINE)
#: `path:line:column sentence [ rule ]`
_SAID = re.compile(r"^\S+:\d+:\d+ .+$", re.MULTILINE)


def workflows() -> list[Path]:
    """List the workflows."""
    return sorted([*WORKFLOWS.glob("*.yml"), *WORKFLOWS.glob("*.yaml")])


def check_words() -> Result:
    """Run actionlint: syntax, expressions, inputs of actions, needs."""
    files = workflows()
    said = tuple(sentence for file in files for sentence in _said(file))
    return Result("actionlint", len(files), said)


def _said(file: Path) -> list[str]:
    # One by one: of several files it reads the first only.
    answer = run(actionlint(), file.relative_to(ROOT))
    said: list[str] = _SAID.findall(answer.stdout)
    if "Checking 1 workflow" not in answer.stdout or (answer.returncode != 0 and not said):
        raise Refused(f"actionlint failed: {(answer.stderr or answer.stdout).strip()[-300:]}")
    return said


def check_safety() -> Result:
    """Run zizmor: permissions, pins, texts of strangers in commands, credentials that stay behind."""
    words = ("--offline", "--no-progress", "--strict-collection", "--format", "json")
    answer = run(python_tool("zizmor"), *words, WORKFLOWS)
    try:
        told = json.loads(answer.stdout)
    except ValueError as error:
        raise Refused(f"zizmor gave no JSON: {(answer.stderr or answer.stdout).strip()[-300:]}") from error
    seen = {Path(path).name for path in _SEEN.findall(answer.stderr)}
    left_out = [f"zizmor did not look at {path.name}" for path in workflows() if path.name not in seen]
    return Result("zizmor", len(seen), (*_findings(told), *left_out))


def _findings(told: list[dict[str, object]]) -> Iterator[str]:
    for finding in told:
        if not finding.get("ignored"):
            where = re.search(r'"given_path": "([^"]+)".*?"start_point": \{"row": (\d+)', json.dumps(finding))
            place = f"{Path(where[1]).name}:{int(where[2]) + 1}: " if where else ""
            yield f"{place}{finding['ident']}: {finding['desc']}"
