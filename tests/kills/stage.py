"""Where stories are played: one Azurite, one emulator and one nursery, and as many plays as one likes."""

import contextlib
import traceback
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tests.kills import processes
from tests.kills.containers import IMAGES, Emulator
from tests.kills.holds import holds, quiet
from tests.kills.place import Place
from tests.kills.processes import Begin, nursery
from tests.kills.proxy import Kill
from tests.kills.story import Story
from tests.servers import Azurite, fresh

#: As many plays at once as a small machine has cores.
AT_ONCE = 2
#: Characters that are shown of a play that failed.
_SHOWN = 1_500


@dataclass(frozen=True)
class Stage:
    """What all plays share."""

    azurite: Azurite
    emulator: Emulator
    begin: Begin

    def play(
        self, story: Story, kills: Mapping[int, Kill], executed: Container[int] = ()
    ) -> Mapping[int, Sequence[str]]:
        """Play a story to its end, hold what must be true, and give the requests of each tick by its minute.

        The ticks of the minutes `executed` are started as a person starts them.
        """
        requests = {}
        with self._place(story) as (place, start):
            for minute in story.ticks:
                story.before(minute, place)
                place.begin = processes.executed if minute in executed else self.begin
                requests[minute] = place.tick(start + timedelta(minutes=minute), kills.get(minute))
                place.containers.rest()
                if minute == story.quiet:
                    quiet(place)
            holds(place, story, start)
        return requests

    def survived(
        self, story: Story, minute: int, requests: Sequence[str], executed: Container[int] = ()
    ) -> Sequence[Kill]:
        """Play a story for each of these requests of one tick, killed before it and after it.

        Gives the kills after which everything held; a failure names all others.
        """
        kills = [Kill(request, after=after) for request in requests for after in (False, True)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda kill: self._wrong(story, {minute: kill}, executed), kills))
        failed = [f"killed {kill}:\n{wrong}" for kill, wrong in zip(kills, answers, strict=True) if wrong]
        assert not failed, "\n\n".join(failed)
        return kills

    def survived_twice(self, story: Story, minute: int, then: int, requests: Sequence[str]) -> int:
        """Do the same, and kill the tick of minute `then` as well, each time at another of its own requests.

        Gives how often both were killed: the requests of the second differ a little from play to play.
        """
        kills = [Kill(request, after=after) for request in requests for after in (False, True)]

        def died(number: int) -> bool:
            second = self.play(story, {minute: kills[number]})[then]
            kill = Kill(second[number % len(second)], after=bool(number // len(second) % 2), sure=False)
            return kill.request in self.play(story, {minute: kills[number], then: kill})[then]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(died, range(len(kills))))

    def raced(self, story: Story, many: int, order: Random | None) -> Sequence[int]:
        """Play a story with so many ticks at once each time; gives how many of them wrote into job rows, by tick.

        Each must be whole: a lost race is no failure of the tick that lost it.
        """
        wrote = []
        with self._place(story) as (place, start):
            for minute in story.ticks:
                story.before(minute, place)
                ends, requests = place.ticks(start + timedelta(minutes=minute), many, order)
                place.containers.rest()
                assert {end.code for end in ends} == {0}, "\n".join(place.told)
                wrote.append(sum(any(name.startswith("table: merge Jobs") for name in seen) for seen in requests))
            holds(place, story, start)
        return wrote

    def _wrong(self, story: Story, kills: Mapping[int, Kill], executed: Container[int]) -> str:
        try:
            self.play(story, kills, executed)
        except AssertionError:
            return traceback.format_exc()[-_SHOWN:]
        return ""

    @contextlib.contextmanager
    def _place(self, story: Story) -> Iterator[tuple[Place, datetime]]:
        """Give a place of one's own with the story's rows in it, and the whole minute at which the story starts.

        That lies ahead, so that rows which are typed now are older than every due time.
        """
        start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=5)
        place = Place(self.azurite, self.emulator, fresh(""), self.begin)
        with contextlib.closing(place):
            story.begin(place, start)
            yield place, start


@contextlib.contextmanager
def opened(azurite: Azurite, emulators: Callable[..., str]) -> Iterator[Stage]:
    """Open a stage: `emulators` starts an emulator with the images that it is given."""
    with contextlib.closing(Emulator(emulators(IMAGES))) as emulator, nursery() as ticks:
        yield Stage(azurite, emulator, ticks.begin)
