"""What lies are made of: taking something out of an honest history, or changing it in one place."""

from collections.abc import Callable

from tests.simulation.by_hand import MINUTE, Tale, at, group, row_of, spoil
from tests.simulation.history import Spell

#: What it does to the history, the rule that is broken then, and words that the checker must say.
type Lie = tuple[Callable[[Tale], None], str, str]


def forget(tale: Tale, due: str) -> None:
    """Take a run out of a history, as if its due time had passed unseen."""
    name, history = group(due), tale.history
    history.runs = {key: versions for key, versions in history.runs.items() if due not in key[1]}
    history.puts = [put for put in history.puts if put.group != name]
    history.spells = [spell for spell in history.spells if spell.group != name]
    versions = history.jobs[tale.job]
    history.jobs[tale.job] = [one for one in versions if not at(due) < one.at < at(due) + 5 * MINUTE]


def change_spell(tale: Tale, due: str, **how: object) -> None:
    """Change what a run's container truly did."""
    spells = tale.history.spells
    number = next(number for number, spell in enumerate(spells) if spell.group == group(due))
    spells[number] = Spell(**{**vars(spells[number]), **how})


def fails(tale: Tale, due: str, retry_at: str = "", cause: str = "exit", **row: object) -> None:
    """Let the last run of the hour fail, honestly: nothing moved, and the row says so. `retry_at`: another follows."""
    change_spell(tale, due, exit_code=3)
    kept = f"up to 09:{int(due[3:]) - 10}"
    announced: dict[str, object] = {"RetryAt": at(retry_at)} if retry_at else {}
    cells = {"State": "Failed", "Cause": cause, "ExitCode": 3, "WatermarkTo": kept, **announced, **row}
    spoil(row_of(tale, due), cells)
    says = {"Watermark": kept, "Status": "Waiting" if retry_at else "Failed", "Retries": 1}
    versions = tale.history.jobs[tale.job]
    for number, version in enumerate(versions):
        if version.cells and version.at > at(due) + MINUTE:
            spoil(versions, says, number)
