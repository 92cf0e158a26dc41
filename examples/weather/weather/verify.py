"""The check: hold the store against the source up to the watermark, and the summaries against the store."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from itertools import groupby
from pathlib import Path

from weather.faults import WeatherError, shown
from weather.observation import Observation, month_of, parse_day
from weather.store import Store, read_observations
from weather.summarise import summary


class Verification:
    """A store beside its source; `faults` lists, as sentences, all that is wrong with the store."""

    def __init__(self, source: Sequence[Observation], store: Store, watermark: date | None) -> None:
        """Read the store; the watermark is its newest day when None is given.

        Raises WeatherError when there is nothing to verify: neither a stored day nor a watermark.
        """
        self.source = {observation.day: observation for observation in source}
        self.store = store
        self.stored: dict[date, Observation] = {}
        self.faults = list(self._read_days())
        newest = watermark or max(self.stored, default=None)
        if newest is None and not self.faults:
            raise WeatherError(f"The store {shown(store.root)} holds no day: there is nothing to verify.")
        self.watermark = newest or date.min
        self.faults += [*self._values(), *self._gaps(), *self._beyond(), *self._summaries()]

    def verdict(self) -> str:
        """Return the sentence for a store without faults."""
        days = [day for day in self.source if day <= self.watermark]
        if not days:
            return f"ok: 0 days up to {self.watermark}, no gap, no double"
        return f"ok: {len(days)} days from {min(days)} to {max(days)}, no gap, no double"

    def _read_days(self) -> Iterator[str]:
        first: dict[date, Path] = {}
        for path in self.store.day_files():
            try:
                found = read_observations(path)
            except WeatherError as fault:
                yield f"broken: {fault}"
                continue
            if not found:
                yield f"broken: the file {shown(path)} is empty"
            for observation in found:
                day = observation.day
                if day in first:
                    yield f"double: {day} is in {shown(first[day])} and again in {shown(path)}"
                elif path != self.store.day_path(day):
                    yield f"misplaced: {day} is in {shown(path)}"
                first.setdefault(day, path)
                self.stored.setdefault(day, observation)

    def _values(self) -> Iterator[str]:
        for day, expected in self.source.items():
            found = self.stored.get(day, expected)
            if day > self.watermark or found == expected:
                continue
            for name in (field.name for field in fields(Observation)):
                has, should = getattr(found, name), getattr(expected, name)
                if has != should:
                    yield f"wrong: {day} has {name} {has}, the source says {should}"

    def _gaps(self) -> Iterator[str]:
        """Name each gap once, from its first to its last day, in the order of the source."""
        needed = [day for day in self.source if day <= self.watermark]
        for missing, group in groupby(needed, key=lambda day: day not in self.stored):
            if missing:
                days = list(group)
                yield f"gap: {days[0]} to {days[-1]} ({len(days)} days) of the source are not in the store"

    def _beyond(self) -> Iterator[str]:
        """A killed run leaves days after the watermark, and may; but only such as the source has."""
        for day in sorted(self.stored.keys() - self.source.keys()):
            yield f"beyond: {day} is in the store, but not in the source"
        last = max(self.source, default=date.min)
        if self.watermark > last and self.watermark not in self.stored:
            yield f"beyond: the watermark is {self.watermark}, but the source ends on {last}"

    def _summaries(self) -> Iterator[str]:
        """Compare each month with its days, up to the newest day that any summary covers."""
        found: dict[str, Mapping[str, object]] = {}
        for path in self.store.summary_files():
            try:
                found[path.stem] = _read_summary(path)
            except (OSError, ValueError) as error:
                yield f"summary broken: {shown(path)}: {error}"
        covered = max((parse_day(str(each["last_day"])) for each in found.values()), default=date.min)
        months: dict[str, list[Observation]] = {}
        for day in sorted(day for day in self.stored if day <= covered):
            months.setdefault(month_of(day), []).append(self.stored[day])
        for month in sorted(months.keys() | found.keys()):
            expected = summary(months[month]) if month in months else {}
            for name in sorted(expected.keys() | found.get(month, {}).keys()):
                has, should = found.get(month, {}).get(name), expected.get(name)
                if has != should:
                    yield f"summary wrong: {month} has {name} {has}, its days say {should}"


def _read_summary(path: Path) -> Mapping[str, object]:
    """Return a summary with a day as its `last_day`; ValueError or OSError if the file holds none."""
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict) or "last_day" not in found:
        raise ValueError("is not a summary")
    parse_day(str(found["last_day"]))
    return found
