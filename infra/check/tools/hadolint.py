"""hadolint on every Dockerfile of the checkout, those of templates too."""

import json
from pathlib import Path

from infra.check.tools.place import ROOT, Refused, Result, python_tool, run

_NOT_OURS = {".git", ".venv", ".local", "node_modules"}


def dockerfiles(root: Path = ROOT) -> list[Path]:
    """List the Dockerfiles under a folder: `Dockerfile`, or with an ending such as `.template`."""
    found = [path for path in root.glob("**/Dockerfile*") if path.suffix in {"", ".template"} and path.is_file()]
    return sorted(path for path in found if not _NOT_OURS & set(path.relative_to(root).parts))


def check() -> Result:
    """Run hadolint over all of them."""
    files = dockerfiles()
    answer = run(python_tool("hadolint"), "--no-fail", "--format", "json", *files)
    try:
        told = json.loads(answer.stdout)
    except ValueError as error:
        raise Refused(f"hadolint gave no JSON: {(answer.stderr or answer.stdout).strip()[-300:]}") from error
    problems = [
        f"{Path(each['file']).relative_to(ROOT)}:{each['line']}: {each['code']} {each['message']}" for each in told
    ]
    return Result("hadolint", len(files), tuple(problems))
