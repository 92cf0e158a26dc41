"""Lies about runs: started twice, beside another, told wrongly; watermarks and evidence that are not true."""

from dataclasses import replace

from tests.simulation.by_hand import MINUTE, SECOND, Tale, at, group, row_of, spoil
from tests.simulation.history import Blob, Version
from tests.simulation.lies.kit import Lie, change_spell, fails


def a_group_is_created_twice(tale: Tale) -> None:
    (put,) = [put for put in tale.history.puts if put.group == group("09:30")]
    tale.history.puts.append(replace(put, at=put.at + 10 * MINUTE))


def a_container_is_started_twice(tale: Tale) -> None:
    (spell,) = [spell for spell in tale.history.spells if spell.group == group("09:30")]
    assert spell.ended
    again = replace(spell, asked=spell.asked + SECOND, started=spell.ended + SECOND, ended=spell.ended + 2 * SECOND)
    tale.history.spells.append(again)


def a_restart_by_aci_is_not_on_record(tale: Tale) -> None:
    (spell,) = [spell for spell in tale.history.spells if spell.group == group("09:30")]
    assert spell.ended
    again = {"by": "the platform", "started": spell.ended + SECOND, "ended": spell.ended + 2 * SECOND}
    tale.history.spells.append(replace(spell, **again))  # type: ignore[arg-type]  # as named


def a_container_is_told_another_watermark(tale: Tale) -> None:
    number = next(number for number, put in enumerate(tale.history.puts) if put.group == group("09:30"))
    put = tale.history.puts[number]
    tale.history.puts[number] = replace(put, told={**put.told, "WATERMARK": "up to 09:10"})


def a_container_runs_beside_the_next_one(tale: Tale) -> None:
    change_spell(tale, "09:30", ended=at("09:42:00"))


def a_watermark_moves_by_itself(tale: Tale) -> None:
    tale.says("09:36", Watermark="up to nowhere")


def a_failed_run_moves_the_watermark(tale: Tale) -> None:
    spoil(row_of(tale, "09:50"), {"State": "Failed", "Cause": "platform", "WatermarkTo": "up to 09:50"})


def an_answer_is_dropped(tale: Tale) -> None:
    versions = tale.history.jobs[tale.job]
    for number, version in enumerate(versions):
        if version.cells and version.cells.get("Watermark") == "up to 09:50":
            spoil(versions, {"Watermark": "up to 09:40"}, number)


def a_rewind_is_written_over(tale: Tale) -> None:
    # The person writes while the run due 09:50 is going; the settling write puts the run's answer over it.
    tale.types("09:51", Watermark="rewound")
    spoil(tale.history.jobs[tale.job], {"Watermark": "up to 09:50"}, -1)


def a_watermark_moves_before_its_run_is_closed(tale: Tale) -> None:
    versions = row_of(tale, "09:50")
    versions[-1] = replace(versions[-1], at=at("09:55:00"))


def a_closed_run_changes(tale: Tale) -> None:
    last = row_of(tale, "09:30")[-1]
    row_of(tale, "09:30").append(
        Version(at("09:44"), "tick 44", {**(last.cells or {}), "Reason": "On second thought."})
    )


def a_failure_is_called_a_success(tale: Tale) -> None:
    change_spell(tale, "09:30", exit_code=3)


def an_exit_code_is_made_up(tale: Tale) -> None:
    spoil(row_of(tale, "09:50"), {"State": "Failed", "Cause": "exit", "ExitCode": 9, "WatermarkTo": "up to 09:40"})


def the_times_of_a_run_are_made_up(tale: Tale) -> None:
    spoil(row_of(tale, "09:30"), {"Finished": at("09:31:30")})


def a_log_is_not_kept(tale: Tale) -> None:
    tale.history.blobs = [blob for blob in tale.history.blobs if group("09:30") not in blob.name]


def a_log_is_another_runs(tale: Tale) -> None:
    blobs = tale.history.blobs
    texts = {blob.name: blob.text for blob in blobs}
    name = f"{group('09:30')}.log"
    tale.history.blobs = [
        Blob(blob.at, blob.name, texts[f"{group('09:20')}.log"] if blob.name == name else blob.text) for blob in blobs
    ]


def a_log_is_kept_only_after_the_close(tale: Tale) -> None:
    tale.history.blobs = [replace(blob, at=blob.at + MINUTE) for blob in tale.history.blobs]


def another_runs_while_an_attempt_is_awaited(tale: Tale) -> None:
    fails(tale, "09:40", retry_at="09:57")
    tale.runs("09:40", "up to 09:30", attempt=2, last="09:30", claimed=at("09:57:05"))


def more_run_beside_each_other_than_may(tale: Tale) -> None:
    versions = tale.history.jobs[tale.job]
    for number in range(len(versions)):
        spoil(versions, {"Overlap": "allow", "MaxOverlap": 2, "Watermark": ""}, number)
    for due in ("09:10", "09:20"):
        change_spell(tale, due, ended=at("09:32:00"))


LIES: tuple[Lie, ...] = (
    (a_group_is_created_twice, "start", "was created 2 times: at 2026-11-22 09:30:07, 2026-11-22 09:40:07"),
    (a_container_is_started_twice, "start", "was started 2 times"),
    (a_restart_by_aci_is_not_on_record, "restart", "ACI restarted the container"),
    (a_container_is_told_another_watermark, "told", "was told WATERMARK='up to 09:10', and its row says 'up to 09:20'"),
    (a_container_runs_beside_the_next_one, "overlap", "Overlap allows 1 at once"),
    (a_watermark_moves_by_itself, "watermark", "from 'up to 09:30' to 'up to nowhere', and no closed run did that"),
    (a_failed_run_moves_the_watermark, "watermark", "is Failed and says that it moved the watermark"),
    (an_answer_is_dropped, "watermark", "answered 'up to 09:50', which was not kept"),
    (a_rewind_is_written_over, "watermark", "from 'rewound' to 'up to 09:50'"),
    (a_watermark_moves_before_its_run_is_closed, "watermark", "and no closed run did that"),
    (a_closed_run_changes, "evidence", "was closed at 2026-11-22 09:32:05 and changed after that"),
    (a_failure_is_called_a_success, "evidence", "is Succeeded, and its container ran from"),
    (an_exit_code_is_made_up, "evidence", "failed with exit code 9, and its container"),
    (the_times_of_a_run_are_made_up, "evidence", "says that it ran from"),
    (a_log_is_not_kept, "evidence", "which was not kept before it was closed"),
    (a_log_is_another_runs, "evidence", "which holds another text"),
    (a_log_is_kept_only_after_the_close, "evidence", "which was not kept before it was closed"),
    (
        another_runs_while_an_attempt_is_awaited,
        "overlap",
        "while the run due 2026-11-22 09:40:00 attempt 2 was awaited",
    ),
    (more_run_beside_each_other_than_may, "overlap", "Overlap allows 2 at once"),
)
