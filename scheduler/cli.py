"""python -m scheduler: run a tick, see jobs and runs, edit a row as a person's tool would, try a schedule."""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime

from scheduler import cell
from scheduler.commands.answer import FAILED, INTERRUPTED, WRONG, Missing, Wrong, say, sentence
from scheduler.commands.dues import following
from scheduler.commands.jobs import add, edit, jobs, show
from scheduler.commands.loop import loop
from scheduler.commands.newjob import new_job
from scheduler.commands.runs import runs
from scheduler.commands.tables import bring, carry
from scheduler.commands.tick import tick
from scheduler.ports import BatchRefused
from scheduler.schedule import Refused
from scheduler.settings import SettingsError

type Command = Callable[[argparse.Namespace, datetime], int]

_JOB = "PartitionKey/RowKey, for example weather/extract"


def main(typed: Sequence[str], now: datetime) -> int:
    """Run one command; errors are sentences on standard error, never a trace."""
    asked = _parser().parse_args(typed)
    command: Command = asked.command
    try:
        return command(asked, now)
    except (Wrong, Refused, SettingsError, cell.Fault) as wrong:
        return say(wrong, WRONG)
    except Missing as missing:
        return say(missing, FAILED)
    except BatchRefused as refused:
        return say(f"Table Storage refused the row ({refused.status}): {refused.sentence}", WRONG)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except Exception as error:  # noqa: BLE001 - a person reads a sentence; the SDKs' errors hold their own
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    if type(error).__name__ in ("ServiceRequestError", "ServiceResponseError"):
        say("The storage of AzureWebJobsStorage does not answer; on a laptop `make run` starts it.")
    return say(sentence(error), FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scheduler", description=(__doc__ or "").partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _ticking(commands)
    _rows(commands)
    following_dues = _command(commands, "next", following, "show the next due times of a schedule")
    following_dues.add_argument("schedule", metavar="SCHEDULE", help='for example "0 2 * * 1-5"')
    following_dues.add_argument("--zone", default="UTC", help="an IANA zone (default UTC)")
    following_dues.add_argument(
        "--from", dest="start", metavar="ISO", help="due times after this instant (default now)"
    )
    following_dues.add_argument("--count", type=int, default=5, help="how many (default 5)")
    made = _command(commands, "new-job", new_job, "write a folder with all that a job of your own needs")
    made.add_argument("name", metavar="NAME", help="the job's name, for example sales")
    made.add_argument("--folder", default=".", help="where the folder NAME is made (default here)")
    _tables(commands)
    return parser


def _ticking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    once = _command(commands, "tick", tick, "run one pass, as the timer does; exit 0 when it was whole")
    once.add_argument("--now", metavar="ISO", help="the instant of the pass, for example 2026-11-22T09:00:00Z")
    often = _command(commands, "loop", loop, "run a pass each minute, as TICK_SCHEDULE says, until SIGTERM or Ctrl-C")
    often.add_argument("--beat", metavar="FILE", help="touch this file after each whole pass, for a health check")


def _rows(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _command(commands, "jobs", jobs, "list the jobs")
    job = commands.add_parser("job", help="add, edit or show one job")
    each = job.add_subparsers(required=True, metavar="add|set|show")
    for name, does, told in (
        ("add", add, "add a row"),
        ("set", edit, "edit cells of a row"),
        ("show", show, "show a row"),
    ):
        one = _command(each, name, does, told)
        one.add_argument("job", metavar="JOB", help=_JOB)
        if name != "show":
            one.add_argument("cells", metavar="COLUMN=VALUE", nargs="+" if name == "set" else "*")
    newest = _command(commands, "runs", runs, "list a job's newest runs and skips")
    newest.add_argument("job", metavar="JOB", help=_JOB)


def _tables(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    tables = commands.add_parser("tables", help="copy both tables into a file, or back")
    each = tables.add_subparsers(required=True, metavar="export|import")
    out = _command(each, "export", carry, "write both tables into a file of JSON lines")
    out.add_argument("file", metavar="FILE", help="- is standard output")
    out.add_argument("--replace", action="store_true", help="write over a file that is there")
    back = _command(each, "import", bring, "write the rows of such a file into the tables")
    back.add_argument("file", metavar="FILE", help="- is standard input")
    back.add_argument("--replace", action="store_true", help="delete every row that the tables hold, first")
    back.add_argument("--only", choices=("jobs",), help="write the Jobs table only; its rows are held against Runs")
    back.add_argument(
        "--runs-are-gone",
        action="store_true",
        help="the containers of the file's open runs exist no more: each counts as lost, and is tried again",
    )


def _command(
    where: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: Command, told: str
) -> argparse.ArgumentParser:
    parser = where.add_parser(name, help=told, description=told)
    parser.set_defaults(command=does)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser
