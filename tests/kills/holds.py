"""What must be true at a story's end, whatever was killed on the way: read from the tables, the logs and the journal.

It imports nothing that decides: of the scheduler it knows the columns' names and how an instant is written.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler.row import Columns, iso
from tests.kills.place import Place
from tests.kills.story import Job, Story

_EXITS = {"Succeeded": 0, "Failed": 3, "Cancelled": -1}


def holds(place: Place, story: Story, start: datetime) -> None:
    """Hold everything that must be true at the end."""
    quiet(place)
    runs = [run for job in story.jobs for run in _runs_are_right(place, job, start)]
    _nothing_was_started_twice(place, runs)


def quiet(place: Place) -> None:
    """Hold that nothing goes any more: no entry is open, and no group is there that was made for a run."""
    for name, row in place.rows().items():
        assert (row.columns["Active"], row.columns["ActiveRuns"]) == (False, "[]"), f"{name}: {row.columns}"
    assert place.containers.there() == []


def _runs_are_right(place: Place, job: Job, start: datetime) -> list[Columns]:
    """Every due time was decided once, as if nothing had been killed, and the row says how the last one ended."""
    rows, row = place.history(job.name), place.rows()[job.name].columns
    told = [(run["Due"], run.get("Attempt"), run["State"]) for run in rows]
    wanted = [(start + timedelta(minutes=minute), attempt, state) for minute, attempt, state in job.runs]
    assert told == wanted, f"{job.name}: {[(*one, run.get('Reason')) for one, run in zip(told, rows, strict=True)]}"
    last = rows[-1]
    assert (row["Status"], row["LastDue"], row.get("Request", "")) == (last["State"], last["Due"], ""), row
    assert row["Failures"] == (last["State"] == "Failed"), row
    assert str(last["Reason"]).rstrip(".") in str(row["Reason"]), row
    for run in rows:
        _evidence_is_there(place, run, told=not job.provisioned)
    _watermarks_join_up(rows, row)
    return rows


def _evidence_is_there(place: Place, run: Columns, *, told: bool) -> None:
    """The log of exactly this run is kept, its row holds what a closed run's holds, and what it answered counts.

    `told`: the container was told which run it is, and said so. A run that was cancelled before it was created
    has no evidence but its end.
    """
    if "Started" not in run:
        assert (run["State"], run["Log"]) == ("Cancelled", ""), run
        return
    log = place.log(str(run["Log"]))
    if told:
        assert f"due {iso(_moment(run['Due']))} attempt {run['Attempt']!s}\n" in log, run
    answer = log.rpartition("::watermark::")[2].strip()
    assert run["WatermarkTo"] == (answer if run["State"] == "Succeeded" else run["WatermarkFrom"]), run
    assert run["ExitCode"] == _EXITS[str(run["State"])]
    assert _moment(run["Started"]) <= _moment(run["Finished"]), run
    assert run["Events"]
    assert run["Image"]


def _watermarks_join_up(rows: Sequence[Columns], row: Columns) -> None:
    """Each run went on where the one before it had come, and the row says how far that is."""
    ranges = [(run["WatermarkFrom"], run["WatermarkTo"]) for run in rows]
    assert [came for came, _ in ranges] == ["", *(to for _, to in ranges)][:-1], ranges
    assert row.get("Watermark", "") == ranges[-1][1]


def _nothing_was_started_twice(place: Place, runs: Sequence[Columns]) -> None:
    """Each run's group was asked for once and ran once; the emulator wrote down every start."""
    asked, began = place.containers.starts()
    ran = Counter(str(run["Group"]) for run in runs if "Started" in run)
    assert asked == began == ran + place.containers.provisioned, (asked, began, ran)
    assert len({run["RunId"] for run in runs}) == len(runs)


def _moment(cell: object) -> datetime:
    assert isinstance(cell, datetime), cell
    return cell
