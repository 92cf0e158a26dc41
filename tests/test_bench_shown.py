"""The figures as a table, as a page, as a chart; and what the command says of bad options."""

import io
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench import command, options, page, shown
from bench.chart import Scale, chart
from bench.contenders import MIDDLE, SMALL, Size
from bench.figures import DECIDED, SENT, Figure, Lap, Row, Sample, Starts, rows, written
from local.needs import RefusalError

OURS = Sample(0.4, 1.5, 7e7, 0.005, 5, 2, azurite_cpu=0.05, emulator_cpu=0.2, decided_cpu=0.1, decided_operations=3)
PEER = Sample(35.0, 40.0, 4e7, 0.0004, 202, 4)
LAPS = [
    Lap("Crontable", MIDDLE, [OURS, OURS]),
    Lap("Celery beat, redis", MIDDLE, [PEER, PEER]),
    Lap("Prefect <server>", SMALL, [Sample(2.9, 5.0, 2e8, 5.5, idle_of="minute")]),
    Lap("Huey, SQLite", SMALL, missing="it could not be installed: no network"),
]
TABLE = rows(LAPS)
REPORT: dict[str, Any] = {
    "date": "2026-11-23",
    "machine": {"processor": "2 cores", "memory": "4 GiB", "system": "Linux", "python": "3.13.0", "load": "0.1"},
    "versions": {"Azurite": "3.35.0", "Node": "v20", "peers": "celery 5.7.0"},
    "rows": written(TABLE),
}


def row(name: str) -> Row:
    return next(row for row in TABLE if row.name.startswith(name))


def test_a_row_reads_as_people_would_say_it() -> None:
    assert shown.cells(row(DECIDED)) == (
        *(DECIDED, "100 ms (100-100)", "1.0x", "1,500 ms (1,500-1,500)", "3", "67 MiB"),
        *("5.0 ms (5.0-5.0)", "1.0x", "2"),
    )
    assert shown.cells(row("Celery"))[1:4] == ("35 s (35-35)", "350x", "40 s (40-40)")
    assert shown.cells(row("Prefect"))[6] == "5,500 ms a minute"


def test_the_table_on_the_screen_holds_every_row_and_names_who_is_missing() -> None:
    console = Console(width=170, file=io.StringIO())
    for table in shown.tables(TABLE):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert re.search(r"1,000/100.*\n.*\n.*scheduler.*\n.*\n.*up to the first PUT.*100 ms", text)
    assert shown.missing(TABLE) == ["Missing at 100/10: Huey, SQLite: it could not be installed: no network"]


def test_the_page_gets_the_figures_between_its_markers_and_nothing_else_changes(tmp_path: Path) -> None:
    (file := tmp_path / "page.md").write_text(f"# Before\n{page.BEGIN}\nold\n{page.END}\nAfter\n")
    for _ in range(2):
        page.write(REPORT, TABLE, file, tmp_path / "chart.svg")
    text = file.read_text()
    assert text.startswith(f"# Before\n{page.BEGIN}\n")
    assert text.endswith(f"{page.END}\nAfter\n")
    assert "old" not in text
    assert text.count("Measured on 2026-11-23: 2 cores, 4 GiB, Linux, Python 3.13.0") == 1
    assert "| Celery beat, redis | 35 s (35-35) | 350x |" in text
    assert "- Missing at 100/10: Huey, SQLite" in text
    assert "at 1,000/100 Azurite 50 ms and the emulator 200 ms" in text
    assert "<svg" in (tmp_path / "chart.svg").read_text()


def test_the_starts_have_a_table_of_their_own_on_the_screen_and_on_the_page(tmp_path: Path) -> None:
    figures = {what: Figure(9.4, 9.3, 9.5) for what in SENT} | {"looks": Figure(0.19, 0.19, 0.19)}
    found = Starts(Size(200, 100), 3.0, 3, figures)
    (file := tmp_path / "page.md").write_text(f"{page.BEGIN}\n{page.END}\n")
    page.write({**REPORT, "starts": asdict(found)}, TABLE, file, tmp_path / "chart.svg")
    text = file.read_text()
    assert "### Starts: 100 due jobs, a PUT of 3 s, 100 running groups\n\n| medians of 3 rounds | |\n" in text
    assert "| the last PUT was sent | 9.40 s (9.30-9.50) |\n" in text
    assert "| the running groups, from the first look to the last answer | 0.19 s |\n" in text
    assert "before its turn by Priority, then due time, at most | 10 places |" in text
    console = Console(width=170, file=io.StringIO())
    console.print(shown.starts(found))
    assert isinstance(console.file, io.StringIO)
    assert re.search(
        r"Starts: 100 due jobs.*\n.*\n?.*from the first look to the last answer +0\.19 s", console.file.getvalue()
    )


def test_starts_that_could_not_be_had_say_why() -> None:
    assert shown.told(Starts(Size(200, 100), 3.0, missing="no node")) == [("missing", "no node")]


@pytest.mark.parametrize(
    ("words", "starts"),
    [
        ([], "200/100"),
        (["--quick"], "None"),
        (["--only", "huey"], "None"),
        (["--sizes", "100/10"], "None"),
        (["--sizes", "100/10", "--starts", "6/4"], "6/4"),
    ],
)
def test_the_starts_are_part_of_the_whole_bench_and_of_who_asks_for_them(words: list[str], starts: str) -> None:
    assert str(options.read(words).burst()) == starts


def test_a_page_without_markers_is_refused_and_left_alone(tmp_path: Path) -> None:
    (file := tmp_path / "page.md").write_text("# Mine\n")
    with pytest.raises(RefusalError, match="has lost its markers"):
        page.write(REPORT, TABLE, file, tmp_path / "chart.svg")
    assert file.read_text() == "# Mine\n"


def test_the_committed_page_has_its_markers_and_its_chart() -> None:
    text = page.PAGE.read_text()
    assert text.index(page.BEGIN) < text.index(page.END)
    ET.parse(page.CHART)


def test_the_chart_is_whole_xml_with_a_bar_for_each_figure_in_both_lights() -> None:
    drawn = chart(TABLE)
    root = ET.fromstring(drawn)
    bars = [each for each in root.iter() if each.tag.endswith("rect")]
    assert len(bars) == sum(row.figures is not None for row in TABLE)
    assert "prefers-color-scheme: dark" in drawn
    assert "Prefect &lt;server&gt;" in drawn


def test_a_tenth_is_always_the_same_way_to_the_left() -> None:
    scale = Scale.of(TABLE)
    ways = [scale.x(10.0**power) - scale.x(10.0 ** (power - 1)) for power in range(scale.first + 1, scale.last + 1)]
    assert max(ways) - min(ways) < 0.3
    assert scale.last == 2
    assert [name for _, name in scale.marks()] == ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"]


def test_the_scale_reaches_down_to_what_is_cheapest() -> None:
    cheap = Row("Cheap", SMALL, 1, {"cpu": Figure(0.0002, 0.0002, 0.0002)})
    assert Scale.of([cheap]).first == -4


# The command.


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "cronos"], "'cronos' is no contender: there are Crontable; APScheduler 3, memory;"),
        (["--sizes", "100/10,7"], "'7' is no size: it must be as 1000/100"),
        (["--starts", "7"], "'7' is no size: it must be as 1000/100"),
        (["--rounds", "0"], "'0' is no number of rounds: from 1 to 50"),
        (["--rounds", "x"], "'x' is no number of rounds"),
        (["--quick", "--long"], "--quick and --long exclude each other"),
        (["--from", "/nowhere.json"], "'/nowhere.json' holds no figures of an earlier bench"),
        (["--json", "/proc/figures.json"], "'/proc/figures.json' cannot be written"),
        (["--json", "/"], "'/' cannot be written: Is a directory"),
        (["--write", "--only", "huey"], "--write puts whole tables into docs/performance.md: not with --only or"),
        (["--write", "--sizes", "100/10"], "--write puts whole tables into docs/performance.md: not with --only or"),
    ],
)
def test_a_bad_option_gets_a_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options.read(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_who_takes_part_is_chosen_by_a_part_of_the_name() -> None:
    assert [one.name for one in options.read(["--only", "huey", "--only", "Crontable"]).field()] == [
        "Crontable",
        "Huey, SQLite",
    ]
    assert [one.name for one in options.read(["--quick"]).field()] == ["Crontable"]
    assert [one.name for one in options.read(["--only", "celery beat, redis"]).field()] == [
        "Celery beat, redis",
        "Celery beat, redis, synced",
    ]
    assert len(options.read([]).field()) > 8


def test_figures_of_an_earlier_bench_are_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := tmp_path / "last.json").write_text(json.dumps(REPORT))
    assert command.main(["--from", str(file)]) == 0
    assert "Celery beat, redis" in capsys.readouterr().out
