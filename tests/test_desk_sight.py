"""What is shown of the events of a run that is going, before a tick has read them and masked them."""

from dataclasses import replace

import pytest

from scheduler.view import View
from tests import pages
from tests.world import World, minutes

RUN = "/jobs/weather/extract/runs/2026-11-22T09:00:00Z.1"
SECRET = "hunter2hunter2"
#: ACI repeats in its messages what stands in a command, or in the address of an image.
EVENT = {
    "name": "Failed",
    "message": f"Error: exec: load --token={SECRET}: no such file",
    "firstTimestamp": "2026-11-22T09:00:40Z",
    "count": 3,
    "reason": SECRET,
}


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> World:
    """A run in whose group an event repeats a secret."""
    place = pages.world("08:55")
    place.groups.behave("extract", duration=600)
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract")
    place.ticks(*minutes("08:56", "09:02"))
    get = place.groups.get

    def telling(name: str) -> View | None:
        view = get(name)
        return view and replace(view, events=[*view.events, EVENT])

    monkeypatch.setattr(place.groups, "get", telling)
    return place


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true", "hx-target": "now"}])
def test_an_events_message_never_reaches_the_page_of_a_run_that_is_going(going: World, headers: dict[str, str]) -> None:
    page = pages.get(pages.client(going), RUN, **headers)
    assert page.status == 200
    assert SECRET not in page.source
    assert "told once the run is over" in page.source
    assert "\N{MULTIPLICATION SIGN} 3" in page.source, "how often it came is told"
