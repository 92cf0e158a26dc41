"""export: the jobs of the table, as a file that `apply` reads."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml

from scheduler import wiring
from scheduler.commands.answer import DONE, say
from scheduler.commands.parsed import STREAM
from scheduler.commands.typed import Json, room
from scheduler.desk import hidden
from scheduler.desk.chosen import no_group
from scheduler.desk.faults import Missing
from scheduler.difference import sayable, written
from scheduler.job import NAME
from scheduler.row import OWN_PREFIX, Row

app = room()


@app.command()
def export(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="where it is written; - is standard output")] = STREAM,
    *,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="only jobs of this PartitionKey; repeatable")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="write over a file that is there")] = False,
    as_json: Json = False,
) -> int:
    """Write what people own of jobs and templates as YAML that `apply` reads; no watermarks, no secrets."""
    rows = [row for row in wiring.world().jobs.query(()).rows if not row.partition.startswith(OWN_PREFIX)]
    there = {row.partition for row in rows}
    if none := [one for one in group or () if one not in there]:
        raise no_group(none[0], there)
    kept = [_covered(row) for row in rows if _can_be_said(row) and (not group or row.partition in group)]
    tree = {"jobs": written(kept)}
    text = json.dumps(tree, indent=2) + "\n" if as_json else dumped(tree)
    if file == STREAM:
        sys.stdout.write(text)
        return DONE
    try:
        with Path(file).open("w" if replace else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as there:
        raise Missing(f"{file} is there already: choose another name, or write over it with --replace.") from there
    except OSError as error:
        raise Missing(f"{file} cannot be written: {error.strerror}.") from error
    return say(f"{file} holds {len(kept)} rows.")


def _can_be_said(row: Row) -> bool:
    if NAME.fullmatch(row.partition) and NAME.fullmatch(row.name.removeprefix("_")):
        return True
    say(f"{'/'.join(row.key)} is left out: no job can have this name.")
    return False


def _covered(row: Row) -> Row:
    """Put stars in the place of secrets; `apply` leaves these as they are where the row holds them."""
    cells = {name: hidden.shown(name, value) for name, value in sayable(row).items()}
    if changed := [name for name, value in cells.items() if value != row.columns[name]]:
        say(f"{'/'.join(row.key)}: {', '.join(changed)} is written with stars in place of secrets.")
    return Row(*row.key, cells)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Write each value out: a person reads it."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write one text: several lines as such, and in quotes with escapes what an editor or YAML would not keep."""
    lines = text.split("\n")
    if not all(line.isprintable() for line in lines):
        style = '"'
    else:
        style = "|" if len(lines) > 1 and not any(line.endswith(" ") for line in lines) else ""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style or None)


_Dumper.add_representer(str, _text)


def dumped(tree: object) -> str:
    """Write YAML as people do: in the order given, umlauts as they are, no line broken."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
