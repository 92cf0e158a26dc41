"""What may be chosen on the command line of `python -m bench`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import BURST, CRONTABLE, EVERYBODY, LARGE, MIDDLE, SMALL, Contender, Size
from bench.venvs import FOLDER

ROUNDS = 3
MOST_ROUNDS = 50


@dataclass(frozen=True)
class Options:
    """Everything chosen."""

    quick: bool = False
    long: bool = False
    only: tuple[Contender, ...] = ()
    sizes: tuple[Size, ...] = ()
    starts: Size | None = None
    rounds: int = ROUNDS
    folder: Path = FOLDER
    json: Path | None = None
    earlier: Path | None = None
    write: bool = False

    @property
    def report(self) -> Path:
        """Where the figures go."""
        return self.json or self.folder / "last.json"

    def chosen(self) -> tuple[Size, ...]:
        """Give the sizes to run."""
        return self.sizes or ((SMALL, MIDDLE) if self.quick else (SMALL, MIDDLE, LARGE))

    def field(self) -> tuple[Contender, ...]:
        """Give who takes part: in the quick bench Crontable alone, unless somebody is named."""
        return self.only or (EVERYBODY[:1] if self.quick else EVERYBODY)

    def burst(self) -> Size | None:
        """Give the size of the tick with many starts; None in the quick bench, and where other sizes were chosen."""
        usual = BURST if CRONTABLE in self.field() and not (self.quick or self.sizes) else None
        return self.starts or usual

    def rule(self, contender: Contender, size: Size) -> bool:
        """Say whether a contender takes part at a size."""
        return contender.meets(size, long=self.long, asked=bool(self.sizes))


def read(words: Sequence[str] | None = None) -> Options:
    """Read the command line; a wrong one ends the process with exit code 2 and a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure a tick beside other schedulers: the same work, side by side, each in its own process.",
        epilog="Exit codes: 0; 1 when the quick bench found Crontable slower than the committed figures, "
        "2 when something is missing or wrong, such as a row that the quick bench did not measure, 130 after Ctrl-C.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="Crontable alone, held against bench/figures.json, in minutes")
    add(
        "--long",
        action="store_true",
        help="Prefect and Dagster at 1,000/100, Celery beat, synced, at 10,000/1,000, too: half an hour more",
    )
    add(
        "--only", type=_contender, action="append", default=[], metavar="NAME", help="who takes part, by part of a name"
    )
    add("--sizes", type=_sizes, default=(), metavar="N/D,...", help="jobs registered and due, such as 100/10,1000/100")
    add(
        "--starts",
        type=_size,
        metavar="N/D",
        help=f"Crontable's starts: D of N jobs are due while the others run ({BURST})",
    )
    add("--rounds", type=_rounds, default=ROUNDS, help="of how many the medians are taken (default %(default)s)")
    add("--folder", type=Path, default=FOLDER, help="where environments and logs are kept (default %(default)s)")
    add("--json", type=_writable, metavar="FILE", help="where the figures go (default last.json in the folder)")
    add("--from", dest="earlier", type=_earlier, metavar="FILE", help="measure nothing: show what --json wrote before")
    add("--write", action="store_true", help="into docs/performance.md and its chart; with --quick into figures.json")
    chosen = parser.parse_args(words)
    if chosen.quick and (chosen.long or chosen.earlier):
        parser.error(f"--quick and {'--long' if chosen.long else '--from'} exclude each other")
    if chosen.write and not chosen.quick and (chosen.only or chosen.sizes):
        parser.error("--write puts whole tables into docs/performance.md: not with --only or --sizes")
    only = tuple(one for one in EVERYBODY if any(one in names for names in chosen.only))
    return Options(**{**vars(chosen), "only": only, "folder": chosen.folder.resolve()})


def _contender(text: str) -> tuple[Contender, ...]:
    found = tuple(one for one in EVERYBODY if text.strip() and text.strip().lower() in one.name.lower())
    if not found:
        names = "; ".join(one.name for one in EVERYBODY)
        raise argparse.ArgumentTypeError(f"'{text}' is no contender: there are {names}")
    return found


def _sizes(text: str) -> tuple[Size, ...]:
    try:
        return tuple(sorted({Size.read(part) for part in text.split(",")}))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _size(text: str) -> Size:
    try:
        return Size.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ROUNDS:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of rounds: from 1 to {MOST_ROUNDS}")
    return int(text)


def _writable(text: str) -> Path:
    """Take a file that can be written: half an hour later is too late to find out."""
    path, there = Path(text), Path(text).exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"'{text}' cannot be written: {error.strerror}") from error
    return path


def _earlier(text: str) -> Path:
    try:
        json.loads(Path(text).read_text())["rows"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"'{text}' holds no figures of an earlier bench ({error!r})") from error
    return Path(text)
