"""The rounds: one contender after the other, again and again, each in a process of its own that measures itself."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import servers, venvs
from bench.contenders import CRONTABLE, PUT, STARTS, Contender, Size
from bench.figures import Lap, Sample, Starts
from bench.servers import Azure
from bench.venvs import FOLDER, MissingError, last_line
from local.children import Children
from local.needs import RefusalError

#: Seconds for Crontable's rows to be written and seen once.
REGISTERED_WITHIN = 900.0


@dataclass
class Heats:
    """Everything of one bench: the servers that run, and who turned out to be missing. `say` tells how it goes."""

    children: Children
    say: Callable[[str], None]
    folder: Path = FOLDER
    azure: Azure | None = None
    redis: str = ""
    #: Contenders that cannot be had at all.
    missing: dict[str, str] = field(default_factory=dict)
    #: Days of Crontable that are over, by size.
    days: dict[Size, int] = field(default_factory=dict)

    async def run(self, field: Sequence[Contender], sizes: Sequence[Size], rounds: int, rule: "Rule") -> list[Lap]:
        """Run all; whoever fails at a size is out of the other rounds of that size."""
        await self._prepare([one for one in field if any(rule(one, size) for size in sizes)])
        return [
            lap for size in sizes for lap in await self._size([one for one in field if rule(one, size)], size, rounds)
        ]

    async def starts(self, size: Size, rounds: int) -> Starts:
        """Run the tick with many starts, each round with tables of its own."""
        await self._prepare([CRONTABLE])
        samples = []
        for number in range(1, rounds + 1):
            try:
                options = self._options() | {"tables": f"Starts{size.registered}x{size.due}r{number}"}
                samples.append(_numbers(await self._ask(STARTS, size, options, STARTS.patience)))
            except MissingError as reason:
                self.say(f"{size}  {STARTS.name} are missing: {reason}")
                return Starts(size, PUT, missing=str(reason))
            self.say(f"{size}  round {number} of {rounds}  {STARTS.name}: {samples[-1]['last_put']:.1f} s")
        return Starts.of(size, PUT, samples)

    async def _prepare(self, field: Sequence[Contender]) -> None:
        """Get what they need; who cannot be had is missing."""
        if CRONTABLE in field and not self.azure:
            self.azure = await servers.azure(self.children, self.folder)
        if any(one.redis for one in field) and not self.redis:
            try:
                self.redis = await servers.redis(self.children, self.folder)
            except MissingError as reason:
                self.missing |= {one.name: str(reason) for one in field if one.redis}
        for contender in field:
            try:
                await venvs.python(self.children, contender, self.folder)
            except MissingError as reason:
                self.missing.setdefault(contender.name, str(reason))

    async def _size(self, field: Sequence[Contender], size: Size, rounds: int) -> list[Lap]:
        samples: dict[str, list[Sample]] = {one.name: [] for one in field}
        missing = {name: reason for name, reason in self.missing.items() if name in samples}
        for number in range(1, rounds + 1):
            for contender in field:
                if contender.name in missing or number > contender.rounds:
                    continue
                try:
                    sample = await self._round(contender, size)
                except MissingError as reason:
                    missing[contender.name] = str(reason)
                    self.say(f"{size}  {contender.name} is missing: {reason}")
                else:
                    samples[contender.name].append(sample)
                    self.say(
                        f"{size}  round {number} of {rounds}  {contender.name}: {sample.cpu * 1000:,.1f} ms of CPU"
                    )
        return [Lap(one.name, size, samples[one.name], missing.get(one.name, "")) for one in field]

    async def _round(self, contender: Contender, size: Size) -> Sample:
        """Let a contender do its work once. Raises MissingError."""
        options = dict(contender.options) | ({"redis": self.redis} if contender.redis else {})
        if contender is CRONTABLE:
            options |= await self._crontable(contender, size)
        return Sample.read(await self._ask(contender, size, options, contender.patience))

    async def _crontable(self, contender: Contender, size: Size) -> dict[str, object]:
        """Register the jobs once a size; each round is another day of theirs."""
        options = self._options() | {"tables": f"Bench{size.registered}x{size.due}"}
        if size not in self.days:
            self.days[size] = 0
            await self._ask(contender, size, options | {"stage": "register", "day": 0}, REGISTERED_WITHIN)
        self.days[size] += 1
        return options | {"stage": "run", "day": self.days[size]}

    def _options(self) -> dict[str, object]:
        if not self.azure:
            raise MissingError("Azurite does not run")
        return self.azure.options()

    async def _ask(self, contender: Contender, size: Size, options: object, patience: float) -> dict[str, object]:
        """Run the contender's process, in an empty folder, and take the last line of what it says."""
        place = self.folder / "state"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        order = {"registered": size.registered, "due": size.due, "folder": str(place), "options": options}
        python = await venvs.python(self.children, contender, self.folder)
        command = [str(python), "-m", contender.module, json.dumps(order)]
        known = len(self.children.started)
        try:
            async with asyncio.timeout(patience):
                said = await self.children.ask(contender.name, command, os.environ)
            answer: dict[str, object] = json.loads(last_line(said))
        except TimeoutError as error:
            raise MissingError(f"it was not done within {patience:.0f} s") from error
        except (RefusalError, ValueError) as error:
            raise MissingError(last_line(str(error))[:200]) from error
        finally:
            # After a time-out it still runs.
            for child in reversed(self.children.started[known:]):
                await child.stop()
                self.children.started.remove(child)
        return answer


def _numbers(answer: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in answer.items() if isinstance(value, int | float)}


type Rule = Callable[[Contender, Size], bool]
