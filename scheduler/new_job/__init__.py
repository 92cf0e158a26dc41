"""`python -m scheduler new-job NAME`: write a whole small job, from its code to its image and its workflow.

The files stand in `template/`, each with the ending `.template`, as `examples/weather/` has them. Three words are
replaced, in their texts and in their paths: job-name, job_name (Python's spelling of it) and path-to-crontable.
"""

import keyword
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["write"]

TEMPLATE = Path(__file__).parent / "template"
ENDING = ".template"
CHECKOUT = Path(__file__).parents[2]
NAME = re.compile(r"[a-z](-?[a-z0-9]){1,39}")
#: Names of the files beside the package: Python would import the one in place of the other.
TAKEN = {"crontable", "entry", "lock", "pytest", "scheduler", "smoke", "test", "tests"}


def write(name: str, folder: Path) -> list[Path]:
    """Write the job `name` into `folder`/`name`, which must not be there yet; gives the files, in order.

    All of it is made or nothing. ValueError for a name that cannot be, FileExistsError where something of that name
    is, OSError where the folder cannot be written; each with a whole sentence.
    """
    package = _package(name)
    if not folder.is_dir():
        raise NotADirectoryError(f"--folder is '{folder}': it must be a folder that is there.")
    target = folder / name
    if os.path.lexists(target):
        raise FileExistsError(f"'{target}' is there already: choose another NAME or --folder, or remove it.")
    words = {"path-to-crontable": _way(target), "job-name": name, "job_name": package}
    files = [(_replaced(place, words), text) for place, text in _template()]
    try:
        with TemporaryDirectory(prefix=f".{name}.", dir=folder) as draft:
            for place, text in files:
                path = Path(draft, name, place)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_replaced(text, words), "utf-8")
            Path(draft, name).rename(target)
    except OSError as error:
        raise OSError(f"'{target}' cannot be written: {error.strerror or error}.") from error
    return [target / place for place, _ in files]


def _package(name: str) -> str:
    """Give Python's spelling of a job's name; ValueError where there is none."""
    if not NAME.fullmatch(name):
        allowed = "2 to 40 lower-case letters, digits and single hyphens, a letter first, such as load-sales"
        raise ValueError(f"NAME is {name!r}: {allowed}, are allowed.")
    package = name.replace("-", "_")
    if package in sys.stdlib_module_names or keyword.iskeyword(package) or package in TAKEN:
        raise ValueError(f"NAME is {name!r}: Python would take {package} for something else; choose another.")
    return package


def _way(target: Path) -> str:
    """Give the way from the job's folder to this checkout, relative, so that both may be moved together."""
    return Path(os.path.relpath(CHECKOUT, target)).as_posix()


def _template() -> Iterator[tuple[str, str]]:
    for file in sorted(TEMPLATE.rglob(f"*{ENDING}")):
        parts = file.relative_to(TEMPLATE).as_posix().removesuffix(ENDING).split("/")
        yield "/".join(re.sub("^dot-", ".", part) for part in parts), file.read_text("utf-8")


def _replaced(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], text)
