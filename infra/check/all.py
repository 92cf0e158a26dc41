"""`python -m infra.check.all`, which `make check-infra` calls: our checker, and the linters of others, over all files.

Exit 0 if none found a problem, 1 if one did or could not be run. What is absent without being a fault (Bicep's own
compiler) is said, and stands in the last line.
"""

import sys
from collections.abc import Callable, Sequence

from infra.check.__main__ import say, shown
from infra.check.check import Check
from infra.check.tools import checkov, compiler, hadolint, workflows
from infra.check.tools.place import ROOT, Refused, Result, ready


def own() -> Result:
    """Run our own checker."""
    checks = Check()
    found = checks.problems([compiler.MAIN, compiler.PARAMETERS])
    said = [f"{shown(p.path)}:{p.line}: {p.code}: {p.sentence}" for p in found]
    left_out = set((ROOT / "infra").glob("**/*.bicep")) - set(checks.files)
    said += [f"{shown(path)}: no file leads to it" for path in sorted(left_out)]
    return Result("infra.check", len(checks.files), tuple(said))


CHECKS: Sequence[Callable[[], Result]] = (
    own, compiler.check, checkov.check, hadolint.check, workflows.check_words, workflows.check_safety,
)  # fmt: skip


def main(checks: Sequence[Callable[[], Result]] = CHECKS, prepare: Callable[[], None] = ready) -> int:
    """Run all checks and tell what they found; gives the exit code."""
    try:
        prepare()
    except Refused as refused:
        say(f"The linters could not be installed. {refused}")
        return 1
    bad, absent = 0, []
    for check in checks:
        try:
            result = check()
        except Refused as refused:
            say(str(refused))
            bad += 1
            continue
        bad += _told(result)
        absent += [result.name] if result.absent else []
    without = f" ({', '.join(absent)} not run)" if absent else ""
    say(f"{bad} problems{without}")
    return 1 if bad else 0


def _told(result: Result) -> int:
    """Tell what one check found; gives the number of problems. One that looked at nothing has found nothing out."""
    if result.absent:
        say(f"{result.name}: {result.absent}")
        return 0
    problems = result.problems or (() if result.looked_at else (f"{result.name} looked at nothing",))
    for problem in problems:
        say(problem)
    say(f"{result.name}: {result.looked_at} files, {len(problems)} problems")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main())
