"""checkov's security policies on infra/, less those that infra/.checkov.yaml skips, each with its reason there.

checkov leaves out a file that its parser cannot read, says nothing, and exits with 0. So every file that declares a
resource which it has rules for must come back in its answer, and a skip that skips nothing is a problem, too.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.check import bicep
from infra.check.read import read
from infra.check.tools.place import ROOT, Refused, Result, python_tool, run

INFRA = ROOT / "infra"
CONFIG = INFRA / ".checkov.yaml"
#: An entry of `skip-check`, and the reason that stands behind it.
_SKIP = re.compile(r"^  - (CKV2?_AZURE_\d+)\s+# (.{15,})$", re.MULTILINE)
#: Types that checkov 3.3 has rules for: a file with one of these must be in its answer.
RULED = (
    "Microsoft.ContainerInstance/containerGroups", "Microsoft.ContainerRegistry/registries",
    "Microsoft.KeyVault/vaults", "Microsoft.KeyVault/vaults/secrets", "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Storage/storageAccounts", "Microsoft.Web/serverfarms", "Microsoft.Web/sites",
)  # fmt: skip


def check() -> Result:
    """Run checkov over infra/."""
    # In a copy without .checkov.yaml, which checkov would find: what it skips it does not name, and a skip that skips
    # nothing any more would stay for ever.
    with TemporaryDirectory() as copy:
        shutil.copytree(INFRA, Path(copy, "infra"), ignore=shutil.ignore_patterns(".*", "check", "deploy", "loop"))
        answer = run(python_tool("checkov"), "--directory", Path(copy, "infra"), *_WORDS)
    try:
        told = json.loads(answer.stdout)
    except ValueError as error:
        raise Refused(f"checkov gave no JSON: {(answer.stderr or answer.stdout).strip()[-300:]}") from error
    told = told[0] if isinstance(told, list) else told
    templates = sorted(INFRA.glob("**/*.bicep"))
    return Result("checkov", len(templates), tuple(problems(told, CONFIG.read_text(), [read(p) for p in templates])))


_WORDS = ("--framework", "bicep", "--output", "json", "--compact", "--skip-download", "--soft-fail")


def problems(told: Mapping[str, Any], config: str, files: Sequence[bicep.File]) -> Iterator[str]:
    """Name what failed and is not skipped, skips of nothing or without a reason, and files that were left out."""
    skips = dict(_SKIP.findall(config))
    for line in config.splitlines():
        if re.match(r"\s*- CKV", line) and not _SKIP.match(line):
            yield f"infra/.checkov.yaml: '{line.strip()}' must be followed by # and the reason for skipping it"
    results = told.get("results", {})
    failed = results.get("failed_checks", [])
    for each in failed:
        if each["check_id"] not in skips:
            where = f"infra{each['file_path']}:{each['file_line_range'][0]}"
            yield f"{where}: {each['check_id']} {each['check_name']} ({each['resource']})"
    for skip in sorted(skips.keys() - {each["check_id"] for each in failed}):
        yield f"infra/.checkov.yaml: {skip} is skipped, and nothing fails it: take the line out"
    if results.get("parsing_errors"):
        yield f"checkov cannot parse {', '.join(results['parsing_errors'])}"
    seen = {each["file_path"] for key in ("passed_checks", "failed_checks") for each in results.get(key, [])}
    for file in files:
        kinds = {r.kind.partition("@")[0] for r in file.of(bicep.Resource).values() if not r.existing}
        path = f"/{file.path.relative_to(INFRA).as_posix()}" if file.path.is_relative_to(INFRA) else f"/{file.path}"
        if kinds & set(RULED) and path not in seen:
            yield f"infra{path}: checkov says nothing of it: its parser leaves out a file that it cannot read"


def skipped(config: Path = CONFIG) -> dict[str, str]:
    """Give each skipped policy with its reason."""
    return dict(_SKIP.findall(config.read_text()))
