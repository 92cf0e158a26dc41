"""The command: measures, shows, writes."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import machine, options, page, quick, shown
from bench.figures import Lap, Row, Starts, rows, written
from bench.heats import Heats
from bench.options import Options
from local import needs
from local.children import Children
from local.command import until_signal
from local.needs import RefusalError

COMMITTED = needs.ROOT / "bench" / "figures.json"
SLOWER = 1
BUSY = "If the machine was busy with other work: measure again when it is quiet, before anything is committed."
#: A table of nine columns, where nobody says how wide the screen is.
WIDTH = 150


def main(words: Sequence[str] | None = None) -> int:
    """Do what was chosen; returns the exit code (see `--help`)."""
    chosen = options.read(words)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    bench = Bench(chosen, console)
    try:
        if chosen.earlier:
            bench.show(json.loads(chosen.earlier.read_text()))
            return 0
        needs.azurite()
        with alone(chosen.folder):
            return asyncio.run(bench.supervised()) or bench.code
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return needs.REFUSED


class Bench:
    """One call of the command."""

    def __init__(self, chosen: Options, console: Console) -> None:
        self._chosen, self._console = chosen, console
        self.code = 0

    async def supervised(self) -> int:
        """Run until it is done or a signal comes; no process of it is left."""
        async with Children(self._chosen.folder / "logs") as children:
            return await until_signal(self._run(Heats(children, self._say, self._chosen.folder)))

    async def _run(self, heats: Heats) -> None:
        laps = await self._laps(heats)
        if self._chosen.quick:
            await self._quick(heats, laps)
            return
        burst = self._chosen.burst()
        starts = await heats.starts(burst, self._chosen.rounds) if burst else None
        report = reported(self._chosen, rows(laps), starts)
        self._chosen.report.parent.mkdir(parents=True, exist_ok=True)
        self._chosen.report.write_text(json.dumps(report, indent=1) + "\n")
        self.show(report)

    async def _laps(self, heats: Heats) -> list[Lap]:
        chosen = self._chosen
        return await heats.run(chosen.field(), chosen.chosen(), chosen.rounds, chosen.rule)

    async def _quick(self, heats: Heats, laps: Sequence[Lap]) -> None:
        """Hold the figures against the committed ones; what seems slower is measured once more."""
        self._print(rows(laps))
        committed: Mapping[str, float] = json.loads(COMMITTED.read_text())["loops"] if COMMITTED.exists() else {}
        measured = quick.loops(laps)
        if any(quick.regressions(measured, committed)) and not self._chosen.write:
            self._say("Something seems slower: measured once more.")
            measured = quick.least(measured, quick.loops(await self._laps(heats)))
        self.code = self._judged(measured, committed)

    def _judged(self, measured: Mapping[str, float], committed: Mapping[str, float]) -> int:
        sizes = self._chosen.chosen()
        missing = quick.without(measured, sizes, () if self._chosen.write else committed)
        if missing:
            _complain(f"Not measured: {'; '.join(missing)}.{' Nothing is written.' if self._chosen.write else ''}")
        if self._chosen.write:
            return needs.REFUSED if missing else self._committed(measured, committed)
        for row, loops in measured.items():
            self._say(f"{row}: {loops:.1f} calibrating loops, committed {committed.get(row, 'none')}")
        slower, unknown = list(quick.regressions(measured, committed)), quick.without(committed, sizes)
        for row in quick.gains(measured, committed):
            how = "" if slower else ": make bench-quick ARGS=--write commits to it"
            self._say(f"{row} became cheaper by more than a fifth{how}.")
        _complain(*slower, *([BUSY] if slower else []))
        if unknown:
            _complain(f"Nobody committed to: {'; '.join(unknown)}. make bench-quick ARGS=--write does.")
        return needs.REFUSED if missing or unknown else SLOWER if slower else 0

    def _committed(self, measured: Mapping[str, float], committed: Mapping[str, float]) -> int:
        """Commit to what was measured; whoever allows more than before is told so."""
        loops = quick.joined(measured, committed, self._chosen.chosen())
        COMMITTED.write_text(json.dumps(noted(loops), indent=1) + "\n")
        self._say(f"Written: {COMMITTED}")
        _complain(*quick.raised(measured, committed))
        return 0

    def show(self, report: Mapping[str, Any]) -> None:
        """Show a report, and write the page when that is wanted."""
        table = [Row.read(row) for row in report["rows"]]
        self._print(table)
        if report.get("starts"):
            self._console.print(shown.starts(Starts.read(report["starts"])))
        if self._chosen.write:
            page.write(report, table)
            self._say(f"Written: {page.PAGE}, {page.CHART}")

    def _print(self, table: Sequence[Row]) -> None:
        for each in shown.tables(table):
            self._console.print(each)
        for sentence in shown.missing(table):
            self._say(sentence)

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder: two benches at once would measure each other. Raises RefusalError."""
    with ExitStack() as held:
        try:
            held.enter_context(needs.only_one(folder))
        except RefusalError as refusal:
            raise RefusalError(f"{folder} cannot be written, or another bench runs there: wait for it.") from refusal
        yield


def reported(chosen: Options, table: Sequence[Row], starts: Starts | None = None) -> dict[str, Any]:
    """Give the report as JSON has it."""
    return {
        "date": machine.date(),
        "machine": machine.machine(),
        "versions": machine.versions(chosen.field()),
        "rows": written(table),
        "starts": asdict(starts) if starts else None,
    }


def _complain(*sentences: str) -> None:
    for sentence in sentences:
        print(sentence, file=sys.stderr)


def noted(measured: Mapping[str, float]) -> dict[str, Any]:
    """Give what is committed."""
    return {"date": machine.date(), "machine": machine.machine(), "loops": dict(measured)}
