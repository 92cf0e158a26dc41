"""The API against its own description: whatever fits it is answered as it says, whatever does not is refused."""

from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from scheduler.web import build
from tests.desk import KEYS, OPERATOR, OPERATOR_KEY, place
from tests.world import World

#: What is right by its shape may still be impossible: a row that would be wrong, a version that is old, no such job.
POSSIBLE = ["2xx", "404", "409", "412", "422", "428"]
#: Of each operation; beside these come the cases that its description itself suggests, at and beyond each bound.
EXAMPLES = 20
REF = "2026-11-22T09:10:00Z.1"


def config(mode: str) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "generation": {"mode": mode, "deterministic": True, "database": "none", "max-examples": EXAMPLES},
            "checks": {"positive_data_acceptance": {"expected-statuses": POSSIBLE}},
            "analysis": {"constants": {"enabled": False}},  # else examples change with any source
            "phases": {"stateful": {"enabled": False}},
        }
    )


class Here:
    """The world that the app is asked of: a fresh one for each operation, so that no order of tests matters."""

    world: World


here = Here()
app = build(lambda: here.world.ports, lambda: here.world.clock.now)
anywhere = schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config("all"))
at_a_job = schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config("positive"))
bounded = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@at_a_job.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Name a job and a run that are there."""
    real = {"partition": "weather", "name": "extract", "ref": REF}
    return {name: real[name] for name in path_parameters} if path_parameters else path_parameters


@pytest.fixture(autouse=True)
def world() -> None:
    here.world = place("09:05", replace(KEYS, context_key=OPERATOR_KEY))
    here.world.groups.behave("fails:1", duration=30, exit_code=3, log="one\ntwo\n")
    here.world.add("weather/report", Schedule="*/10 * * * *", Image="fails:1", Retries=2)
    here.world.ticks("09:10", "09:11", "09:12", "09:20")


@anywhere.parametrize()
@bounded
def test_every_operation_answers_as_it_says_and_refuses_what_does_not_fit(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=OPERATOR)


@at_a_job.parametrize()
@bounded
def test_every_operation_answers_as_it_says_of_a_job_and_a_run_that_are_there(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=OPERATOR)
