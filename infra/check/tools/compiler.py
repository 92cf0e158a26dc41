"""Bicep's own compiler and linter, where `az bicep` or `bicep` is there: our checker only approximates them."""

import shutil
from collections.abc import Iterator, Sequence

from infra.check.tools.place import ROOT, Result, run

MAIN, PARAMETERS = ROOT / "infra/main.bicep", ROOT / "infra/main.bicepparam"


def compiler() -> Sequence[str]:
    """Give the words that call a compiler which is installed; none where there is no such."""
    if bicep := shutil.which("bicep"):
        return (bicep,)
    az = shutil.which("az")
    # Any other `az bicep` command would download the compiler unasked.
    return (az, "bicep") if az and run(az, "bicep", "version").returncode == 0 else ()


def check() -> Result:
    """Build and lint main.bicep, and build its parameters."""
    words = compiler()
    if not words:
        return Result("bicep", 0, absent="no `az bicep` here (az bicep install); the workflow ci.yml runs it")
    return Result("bicep", 2, tuple(_problems(words)))


def _problems(words: Sequence[str]) -> Iterator[str]:
    named = () if len(words) == 1 else ("--file",)
    for command, file, ending in (
        ("build", MAIN, ("--stdout",)),
        ("lint", MAIN, ()),
        ("build-params", PARAMETERS, ("--stdout",)),
    ):
        answer = run(*words, command, *named, file, *ending)
        said = [line for line in answer.stderr.splitlines() if ": Error " in line or ": Warning " in line]
        if answer.returncode != 0 or any(": Error " in line for line in said):
            yield from said or [f"{command} {file.name} failed: {answer.stderr.strip()[-300:]}"]
