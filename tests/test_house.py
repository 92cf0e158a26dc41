"""The house of the design, held against the sources; and each of its rules, red and named, on planted ones."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.house import FLOOR, HOUSE, ROOT, RULES, Source, read


@cache
def whole() -> Mapping[str, Source]:
    """The house itself, read and parsed once for all rules."""
    return read(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule: Callable[[Mapping[str, Source]], Iterator[str]]) -> None:
    assert list(rule(whole())) == []


def test_the_whole_house_is_looked_at() -> None:
    seen = whole()
    assert {source.room for source in seen.values()} == set(HOUSE.values())
    assert len(seen) > 60


def test_every_floor_has_only_files_that_are_there() -> None:
    assert sorted(FLOOR.keys() - whole().keys()) == []


# Each rule, red and named, on planted sources.


def found(root: Path, **files: str) -> list[str]:
    """Break a small house; a file's path is given with `__` for `/`."""
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    house = read(root)
    return [fault for rule in RULES for fault in rule(house)]


def test_a_sound_house_has_no_faults(tmp_path: Path) -> None:
    assert (
        found(
            tmp_path,
            scheduler__row="from datetime import UTC\n",
            scheduler__run="import json\nfrom scheduler.row import Row\nfrom scheduler import wall\n",
            scheduler__wall="",
            scheduler__settings="import os\nSEEN = os.environ\n",
            scheduler__cloud__tables="from azure.data.tables import TableClient\nfrom azure import core\n",
            function_app="import azure.functions as func\nfrom scheduler import run\n",
            local__view="import os\nfrom scheduler import run\nHOME = os.environ\n",
        )
        == []
    )


@pytest.mark.parametrize(
    "line",
    [
        "from scheduler.plan import plan",
        "from scheduler import plan",
        "import scheduler.plan",
        "from .plan import plan",
        "from . import plan",
        "def late():\n    from scheduler.plan import plan",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from scheduler.plan import Plan",
    ],
)
def test_an_upward_import_is_named_however_it_is_written(line: str, tmp_path: Path) -> None:
    assert found(tmp_path, scheduler__row=line, scheduler__plan="") == [
        "scheduler/row.py imports scheduler.plan, which is on no floor below its own"
    ]


def test_an_import_from_the_same_floor_and_a_file_on_none_are_named(tmp_path: Path) -> None:
    assert found(tmp_path, scheduler__cron="import scheduler.cell", scheduler__cell="", scheduler__extra="") == [
        "scheduler/cron.py imports scheduler.cell, which is on no floor below its own",
        "scheduler/extra.py stands on no floor: add scheduler.extra to FLOORS, above all that it imports",
    ]


def test_a_circle_is_named_without_those_that_only_look_at_it(tmp_path: Path) -> None:
    files = {"local__a": "import local.b", "local__b": "import local.c", "local__c": "import local.a"}
    assert found(tmp_path, **files, local__d="import local.a", local__e="") == [
        "these import each other in a circle: local/a.py, local/b.py, local/c.py"
    ]


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("scheduler__tick", "import azure.core", "imports azure.core: only scheduler/cloud knows Azure's SDKs"),
        ("function_app", "from azure import identity", "imports azure.identity: only scheduler/cloud knows"),
        ("local__seed", "from azure.data import tables", "imports azure.data: only scheduler/cloud knows"),
        (
            "scheduler__tick",
            "import aci_emulator.arm",
            "imports aci_emulator.arm: scheduler must not know aci_emulator",
        ),
        ("scheduler__tick", "from tests import world", "scheduler must not know tests"),
        ("aci_emulator__arm", "from scheduler import row", "aci_emulator must not know scheduler"),
        ("scheduler__row", "import time", "imports time: a pure file knows no clock"),
        ("scheduler__row", "import logging", "imports logging: a pure file"),
        ("scheduler__job", "from urllib.request import urlopen", "imports urllib.request: a pure file"),
        ("scheduler__job", "import random", "imports random: a pure file"),
        ("scheduler__plan", "x = datetime.now(UTC)", ":1 reads the clock with .now: time is an argument"),
        ("scheduler__plan", "f(default=datetime.utcnow)", ":1 reads the clock with .utcnow"),
        ("scheduler__plan", "x = date.today()", ":1 reads the clock with .today"),
        ("scheduler__plan", "x = due.astimezone()", ":1 calls .astimezone() without a zone"),
        ("scheduler__row", "print(1)", ":1 calls print: a pure file touches nothing outside"),
        ("scheduler__row", "open('x')", ":1 calls open"),
        ("scheduler__tick", "import os\nos.environ['X']", ":2 reads the environment: only scheduler/settings.py may"),
        ("scheduler__tick", "import os\nos.getenv('X')", ":2 reads the environment"),
        ("function_app", "from os import environ", ":1 reads the environment"),
        ("aci_emulator__arm", "import os\nos.environ.get('X')", ":2 reads the environment"),
        ("local__view", "x = 1\n" * 301, " has 301 lines: at most 300"),
        ("local__view", "def long():\n" + "    x = 1\n" * 45, ":1 long has 46 lines: at most 45"),
        ("local__view", "async def long():\n" + "    x = 1\n" * 45, ":1 long has 46 lines"),
        ("local__utils", "", ": the name utils says util, which says nothing"),
        ("local__view", "class JobManager: ...", ": the name JobManager says manager"),
        ("local__view", "def handle(): ...\ndef row_helper(): ...", ": the name row_helper says helper"),
        ("local__view", "class BaseRow: ...", ": the name BaseRow says base"),
    ],
)
def test_each_broken_rule_is_named_with_its_file(name: str, line: str, fault: str, tmp_path: Path) -> None:
    (sentence,) = found(tmp_path, **{name: line})
    assert sentence.startswith(f"{name.replace('__', '/')}.py{fault if fault[0] in ': ' else ' '}".rstrip())
    assert fault in sentence


def test_a_file_that_makes_sentences_for_the_log_by_itself_is_named(tmp_path: Path) -> None:
    assert found(tmp_path, scheduler__tick="import logging\n", scheduler__spoken="import logging\n") == [
        "scheduler/tick.py imports logging: tell a fact of scheduler/facts, and scheduler/spoken.py says it"
    ]
