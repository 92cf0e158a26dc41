"""News is a change: the first failure, and the recovery."""

import pytest

from scheduler.alerts.news import Kind, News, news
from scheduler.outcome import Outcome
from scheduler.run import State
from tests.calendars import at, run

RUN = run(at("10:00"))


@pytest.mark.parametrize(
    ("story", "failures", "state", "sentence"),
    [
        ("the first failure", 0, State.FAILED, "weather/extract failed. Failed: exit 3."),
        ("the second in a row", 1, State.FAILED, ""),
        ("lost", 0, State.LOST, "weather/extract failed. Lost: exit 3."),
        ("lost after a failure", 1, State.LOST, ""),
        ("a recovery", 3, State.SUCCEEDED, "weather/extract recovered after 3 failures in a row. Succeeded in 0.0 s."),
        ("one more success", 0, State.SUCCEEDED, ""),
        ("somebody cancelled it", 0, State.CANCELLED, ""),
        ("somebody cancelled it while it was red", 2, State.CANCELLED, ""),
    ],
)
def test_a_change_is_news_and_a_state_is_not(story: str, failures: int, state: State, sentence: str) -> None:
    told = news(failures, RUN, Outcome(state, why="exit 3"))
    assert (told.sentence if told else "") == sentence, story
    if told:
        kind = Kind.RECOVERED if state is State.SUCCEEDED else Kind.FAILED
        name = "2026-11-22T10:00:00Z.1"
        assert told == News(kind, "weather/extract", sentence, name, name)


@pytest.mark.parametrize("failures", [0, 2])
@pytest.mark.parametrize("state", [State.FAILED, State.LOST])
def test_a_failure_that_is_tried_again_is_no_news_yet(state: State, failures: int) -> None:
    assert news(failures, RUN, Outcome(state, why="exit 3", retry_at=at("10:07"))) is None


def test_a_recovery_from_a_single_failure_is_news_too() -> None:
    told = news(1, RUN, Outcome(State.SUCCEEDED))
    assert told
    assert told.sentence.startswith("weather/extract recovered after 1 failure. ")
