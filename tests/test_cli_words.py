"""The command line itself: its help, its errors, its exit codes, its tables, completion, and Ctrl-C."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scheduler import cli, wiring
from scheduler.commands import answer
from scheduler.commands.typed import PROGRAM
from tests.typist import NOW, Typist

ROOT = Path(__file__).parents[1]


@pytest.fixture
def typist(capsys: pytest.CaptureFixture[str]) -> Typist:
    return Typist(capsys)


def commands(group: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command, as the words that are typed."""
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        yield (*before, name)
        if hasattr(found, "list_commands"):
            yield from commands(found, *before, name)


EVERY = list(commands(cli.program()))


def test_every_file_that_holds_a_command_is_in_the_table() -> None:
    holding = {
        file.stem
        for file in (ROOT / "scheduler/commands").glob("*.py")
        if hasattr(import_module(f"scheduler.commands.{file.stem}"), "app")
    }
    assert holding == set(cli.ROOMS.values())


@pytest.mark.parametrize("words", [(), *EVERY], ids=" ".join)
def test_every_command_explains_itself(typist: Typist, words: tuple[str, ...]) -> None:
    for option in ("--help", "-h"):
        assert typist.type(*words, option) == 0
        assert typist.err == ""
        usage, _, told = typist.out.partition("\n\n")
        assert usage.startswith(f"Usage: {' '.join((PROGRAM, *words))}")
        assert told.splitlines()[0].strip(), "what it is for"


@pytest.mark.parametrize("words", [words for words in EVERY if words != ("completion",)], ids=" ".join)
def test_every_command_answers_in_json(typist: Typist, words: tuple[str, ...]) -> None:
    typist.type(*words, "--help")
    assert "Commands:" in typist.out or "--json" in typist.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Missing command."),
        (("job",), "Missing command."),
        (("jbos",), "No such command 'jbos'. Did you mean 'jobs'"),
        (("job", "sho"), "No such command 'sho'. Did you mean 'show'?"),
        (("next",), "Missing argument 'SCHEDULE'."),
        (("next", "@daily", "--zon", "UTC"), "No such option: --zon"),
        (("next", "@daily", "--zone"), "Option '--zone' requires an argument."),
        (("next", "@daily", "--json=3"), "Option '--json' does not take a value."),
        (("tables", "import", "x", "--only", "runs"), "--only is 'runs': it must be jobs."),
        (("completion", "tcsh"), "SHELL is 'tcsh': it must be bash, zsh, fish."),
        (("\x1b[31mred",), "No such command"),
    ],
)
def test_what_cannot_be_understood_is_a_sentence_and_2(typist: Typist, words: tuple[str, ...], sentence: str) -> None:
    assert typist.type(*words) == 2
    assert typist.err.startswith(sentence)
    assert typist.err.count("\n") == 1
    assert "\x1b" not in typist.err
    assert typist.out == ""


# What the loop's image pays for.


@pytest.mark.parametrize(
    ("typed", "heavy"),
    [
        (["tick", "--help"], ("azure", "fastapi", "rich", "yaml", "pydantic", "dulwich", "jinja2", "opentelemetry")),
        (["loop", "--help"], ("azure", "fastapi", "rich", "yaml", "pydantic", "dulwich", "jinja2", "opentelemetry")),
        (["next", "@daily"], ("azure", "rich", "yaml", "pydantic", "scheduler.wiring", "scheduler.desk.acts")),
        (["new-job", "--help"], ("azure", "rich", "yaml", "scheduler.wiring")),
    ],
)
def test_a_command_loads_only_what_it_needs(typed: list[str], heavy: tuple[str, ...]) -> None:
    asked = (
        "import sys; from datetime import UTC, datetime; from scheduler.cli import main;"
        f"main({typed!r}, datetime(2026, 11, 22, tzinfo=UTC));"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


# Tables.


ROWS = [("weather/extract", "Failed", "line\nbreak"), ("[red]x[/red]", "Running", "\x1b[2Jgone " + "long " * 40)]


def test_a_table_that_is_piped_is_plain_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    answer.table(("JOB", "STATUS", "REASON"), ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["JOB              STATUS   REASON", "weather/extract  Failed   line break"]
    assert lines[2] == "[red]x[/red]     Running  gone " + ("long " * 40).strip()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    screen = Terminal()
    with monkeypatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        for name, value in {"TERM": "xterm", "COLUMNS": "80", **environment}.items():
            patch.setenv(name, value)
        patch.setattr("sys.stdout", screen)
        answer.table(("JOB", "STATUS", "REASON"), ROWS)
    return screen.getvalue()


def test_a_terminal_gets_colours_unless_it_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = drawn(monkeypatch)
    assert "\x1b[31mFailed" in coloured
    assert "\x1b[2J" not in coloured
    assert "[red]x[/red]" in coloured
    plain = drawn(monkeypatch, NO_COLOR="1")
    assert "\x1b[31m" not in plain
    assert plain.count("long") == 40, "bent, and not cut"
    assert "\x1b" not in drawn(monkeypatch, TERM="dumb")


def test_who_stops_reading_is_no_error() -> None:
    asked = f"{sys.executable} -m scheduler next '* * * * *' --count 1000 | head -n 1"
    ended = subprocess.run(["bash", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ended.stdout.count("\n"), ended.stderr) == (1, "")


# Completion.


def completed(shell_words: str, at: int, tmp_path: Path) -> list[str]:
    """What bash offers for the word `at` of a line, in a folder that is not the checkout."""
    script = f"""
eval "$({sys.executable} -P -m scheduler completion bash)"
COMP_WORDS=({shell_words}); COMP_CWORD={at}; _crontable
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    ended = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    assert completed("crontable wat", 1, tmp_path) == ["watermarks"]
    assert completed("crontable job re", 2, tmp_path) == ["remove", "retry", "resume", "rewind"]
    assert completed("crontable tick --n", 2, tmp_path) == ["--now"]


def test_the_command_of_the_shell_works_in_any_folder(tmp_path: Path) -> None:
    script = f'eval "$({sys.executable} -P -m scheduler completion bash)"; crontable next "at 2030-01-01" --zone UTC'
    (tmp_path / "scheduler").mkdir()  # a namesake must not be taken for it
    (tmp_path / "scheduler" / "__init__.py").write_text("raise SystemExit('not this one')")
    ended = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert (ended.stdout, ended.stderr) == ("2030-01-01T00:00:00+00:00\n", "")


@pytest.mark.parametrize(
    ("shell", "asked", "offered"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "crontable wat"}, '"watermarks"'),
        ("fish", {"_TYPER_COMPLETE_ARGS": "crontable wat", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "watermarks"),
    ],
)
def test_the_other_shells_get_a_script_and_an_answer(
    typist: Typist, monkeypatch: pytest.MonkeyPatch, shell: str, asked: dict[str, str], offered: str
) -> None:
    assert typist.type("completion", shell) == 0
    assert f"_CRONTABLE_COMPLETE{' ' if shell == 'fish' else '='}complete_{shell}" in typist.out
    for name, value in {"_CRONTABLE_COMPLETE": f"complete_{shell}", **asked}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as left:
        cli.main([], NOW)
    assert left.value.code == 0
    assert offered in typist.read()


def test_jobs_are_offered_by_their_names_and_nothing_when_there_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from scheduler.commands import typed  # noqa: PLC0415 - what is private to it

    rows = [
        SimpleNamespace(key=key, partition=key[0])
        for key in (("weather", "extract"), ("weather", "_python"), ("_x", "y"))
    ]
    world = SimpleNamespace(jobs=SimpleNamespace(query=lambda *_: SimpleNamespace(rows=rows)))
    monkeypatch.setattr(wiring, "world", lambda: world)
    assert typed.named_jobs("wea") == ["weather/extract"]
    assert typed.named_jobs("sales") == []
    monkeypatch.setattr(wiring, "world", lambda: json.loads("no settings"))
    assert typed.named_jobs("") == []


# Ctrl-C.

SLOW = """
import signal, sys, threading, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            print("loading", flush=True)
            time.sleep(30)
sys.meta_path.insert(0, Slow())
import runpy
sys.argv = ["scheduler", "next", "@daily"]
runpy.run_module("scheduler", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("name", ["scheduler.cli", "scheduler.schedule", "typer", "scheduler.commands.dues"])
def test_ctrl_c_while_modules_are_still_loading_ends_in_silence(name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW.format(name=name)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "loading\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, "", "")
