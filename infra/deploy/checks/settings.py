"""The app would start with these settings: read them with the scheduler's own eyes before Azure gets them.

Scenario: a table is named `my-jobs`, or the tick `*/5 * * * *`. The template takes both, everything is made, and then
each tick fails, or none ever comes.
"""

from collections.abc import Container, Iterator, Mapping

from infra.deploy.asked import Asked
from infra.deploy.finding import Fault
from infra.deploy.plan import PARAMETER_FILE, Template
from scheduler.schedule import Schedule
from scheduler.settings import Settings, SettingsError
from scheduler.wall import Refused

#: Each app setting that a parameter goes into as it is.
_FROM = {
    "JOBS_TABLE": "jobsTable",
    "RUNS_TABLE": "runsTable",
    "LOGS_CONTAINER": "logsContainer",
    "MAX_ACTIVE_RUNS": "maxActiveRuns",
    "PRICE_VCPU_HOUR": "priceVcpuHour",
    "PRICE_GB_HOUR": "priceGbHour",
    "PRICE_SPOT_FACTOR": "priceSpotFactor",
}
#: The columns of NCRONTAB, which the Functions timer reads with seconds first.
_COLUMNS = 6


def find(template: Template, asked: Asked, known: Container[str]) -> Iterator[Fault]:
    """Find what the app could not start with; `known` are parameters that are refused already."""
    values = {
        setting: "" if parameter in known else template.value(parameter, asked.parameters)
        for setting, parameter in _FROM.items()
    }
    prices = ("PRICE_VCPU_HOUR", "PRICE_GB_HOUR")
    if any(values[price] for price in prices):  # main.bicep makes 0 of one that is missing
        values |= {price: values[price] or "0" for price in prices}
    while error := _error(values):
        setting = next((name for name in _FROM if name in error), "")
        yield _fault(_FROM.get(setting, ""), error.removesuffix("."), "what the app can start with", asked)
        plain = "0" if setting.startswith("PRICE") else ""
        if values.get(setting, plain) == plain:
            break
        values[setting] = plain  # what else is wrong is told, too
    if "tickSchedule" not in known:
        yield from _tick(template.value("tickSchedule", asked.parameters, "0 * * * * *"), asked)


def _error(values: Mapping[str, str]) -> str:
    """Tell the first thing that the scheduler refuses."""
    try:
        Settings.read({"AzureWebJobsStorage__accountName": "any", **values})
    except SettingsError as error:
        return str(error)
    return ""


def _tick(text: str, asked: Asked) -> Iterator[Fault]:
    needed = "NCRONTAB in UTC, six columns, seconds first; each minute is `0 * * * * *`"
    try:
        Schedule.parse(text)
    except Refused as refused:
        yield _fault("tickSchedule", f"The parameter tickSchedule is {text!r}: {refused}", needed, asked)
        return
    if len(text.split()) != _COLUMNS:
        yield _fault("tickSchedule", f"The parameter tickSchedule is {text!r}.", needed, asked)


def _fault(parameter: str, found: str, needed: str, asked: Asked) -> Fault:
    file = f"or in {PARAMETER_FILE}: param {parameter} = '…'"
    value = "0 * * * * *" if parameter == "tickSchedule" else "VALUE"
    return Fault(found, needed, (asked.with_parameter(parameter, value), file) if parameter else ())
