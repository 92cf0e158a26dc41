"""`python -m infra.check FILE ...`: name each problem as `file:line: code: sentence`; exit 1 if there is one."""

import sys
from collections.abc import Sequence
from pathlib import Path

from infra.check.check import Check


def main(arguments: Sequence[str]) -> int:
    """Check the files named; 0 if all is well, 1 on a problem, 2 when there is nothing to check."""
    paths = [Path(argument) for argument in arguments]
    lacking = [str(path) for path in paths if not path.is_file() or path.suffix not in {".bicep", ".bicepparam"}]
    if not paths or lacking:
        say(f"{', '.join(lacking) or 'No file'}: name .bicep and .bicepparam files, such as infra/main.bicep.")
        return 2
    check = Check()
    problems = check.problems(paths)
    for problem in problems:
        say(f"{shown(problem.path)}:{problem.line}: {problem.code}: {problem.sentence}")
    say(f"{len(check.files)} files, {check.resources()} resources, {len(problems)} problems")
    return 1 if problems else 0


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def shown(path: Path) -> Path:
    """Give a path from here, where it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
