"""docs/telemetry.md names the spans, attributes, metrics and labels that there are, and no other."""

import re
from dataclasses import fields
from datetime import UTC, datetime

from scheduler import wiring
from scheduler.facts import asking, jobs, runs, sending, ticks, troubles
from scheduler.facts.fact import WARNING, Fact
from scheduler.facts.runs import CreationsLeft, RunFinished, RunStarted
from scheduler.facts.ticks import Ticked
from scheduler.ports import GroupRefused
from scheduler.run import Cause, State
from tests.servers import ROOT
from tests.telemetry import Caught
from tests.test_docs import first_cells, section
from tests.world import World, minutes

PAGE = (ROOT / "docs/telemetry.md").read_text()
DUE = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROOMS = (asking, jobs, runs, sending, ticks, troubles)
#: One of each kind of fact that counts, whole.
FACTS = [
    RunStarted("a/b", "ct-a-b-0", DUE, 1, "schedule", "westeurope", 2.5),
    RunFinished("a/b", "ct-a-b-0", DUE, 2, State.FAILED, Cause.EXIT, 12.25, 3, "Failed: exit code 3."),
    Ticked(9, 1, 1, 2, 0, 0.5),
    CreationsLeft("westeurope", 99, None),
]


def test_the_page_names_every_span() -> None:
    sources = [*(ROOT / "scheduler").glob("*.py"), *(ROOT / "scheduler/steps").glob("*.py")]
    text = "\n".join(source.read_text() for source in sources)
    made = set(re.findall(r"""\b(?:work\.span|telemetry\.trace|telemetry\.span)\("(\w+)\"""", text))
    assert made == first_cells(section(PAGE, "## Spans").partition("A span of one run")[0])


def test_the_page_names_every_attribute_of_a_run() -> None:
    told = {one.name for kind in (RunStarted, RunFinished) for one in fields(kind)} - {"told", "late"}
    assert first_cells(section(PAGE, "## Spans").partition("A span of one run")[2]) == told | {"found"}


def test_a_day_of_everything_sends_the_spans_and_attributes_of_the_page_and_no_other() -> None:
    """Every span that the page names is sent sooner or later, and what they bear stands there, by span."""
    caught, page = Caught(), section(PAGE, "## Spans")
    table, rest = page.partition("A span of one run")[::2]
    everything(caught)
    assert set(caught.names) == first_cells(table)
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", table, re.MULTILINE)
    own = {name: set(re.findall(r"`(\w+)`", told)) for name, told in rows}
    general = first_cells(rest) | {"runs", "run_ids"}
    sent: dict[str, set[str]] = {}
    for span in caught.spans:
        sent.setdefault(span.name, set()).update(span.attributes or {})
    for name, attributes in sent.items():
        assert attributes <= own[name] | general, name
    assert own.keys() == sent.keys()
    assert set().union(*sent.values()) >= general
    for name, attributes in own.items():
        assert attributes <= sent[name], name


def everything(caught: Caught) -> None:
    """Play a morning in which runs succeed, fail, are tried again, refused and missed, and a chain follows them."""
    world = World("08:30")
    world.ports.telemetry = caught.telemetry
    world.groups.behave(start_delay=1, duration=90, exit_code=3)
    world.add("a/fails", Schedule="0 * * * *", Image="x", Retries="1", Timeout="2m")
    world.add("a/often", Schedule="* * * * *", Image="x")
    world.add("a/chain", Schedule="after fails", Image="x")
    world.add("a/request", Schedule="manual", Image="x")
    for now in minutes("08:31", "09:06"):
        wiring.told(world.ports, world.clock.to(now))
    world.groups.behave(start_delay=1, duration=20)
    world.groups.fail("create", GroupRefused(Cause.IMAGE, "no such image"))
    world.groups.fail("get", GroupRefused(Cause.DENIED, "a role is missing"))
    world.edit("a/request", Request="run")
    for now in minutes("09:07", "10:10"):
        wiring.told(world.ports, world.clock.to(now))


def test_the_page_names_every_metric_with_its_labels() -> None:
    counts = [count for fact in FACTS for count in fact.counts]
    made = {count.metric: set(count.labels) for count in counts} | {"crontable.transactions": {"table"}}
    rows = re.findall(r"^\| `(crontable[\w.]+)` \| [^|]+ \|([^|]*)\|", PAGE, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == made


def test_every_metric_that_a_fact_counts_has_an_instrument() -> None:
    caught = Caught()
    for fact in FACTS:
        caught.telemetry.tell(fact)
    for count in (count for fact in FACTS for count in fact.counts):
        assert (dict(count.labels), count.amount) in caught.metric(count.metric), count


def test_each_fact_says_a_sentence_and_consists_of_plain_attributes() -> None:
    assert [fact.sentence for fact in FACTS] == [
        "a/b: the run due 2026-11-22T09:00:00Z starts in westeurope, 2.5 s after it was due.",
        "a/b: the run due 2026-11-22T09:00:00Z (attempt 2) is over: Failed: exit code 3.",
        "tick: 9 rows looked at, 1 started, 1 finished, 2 skipped, in 0.50 s",
        "ACI would create 99 within five minutes in westeurope.",
    ]
    assert FACTS[1].attributes == {
        "job": "a/b", "run_id": "ct-a-b-0", "due": "2026-11-22T09:00:00Z", "attempt": 2, "state": "Failed",
        "cause": "exit", "seconds": 12.25, "exit_code": 3,
    }  # fmt: skip
    assert "hour" not in FACTS[3].attributes


def test_the_page_tells_which_facts_are_warnings() -> None:
    """Of what could not be looked at, only the number that waits for the next tick; the others are errors."""
    kinds = [one for room in ROOMS for one in vars(room).values() if isinstance(one, type) and issubclass(one, Fact)]
    news = {one.__name__ for one in kinds if issubclass(one, jobs.OfJob)}
    others = {"AlertsFailing", "TelemetryRefused", "TelemetryFailing", "LooksMissed"}
    assert {one.__name__ for one in kinds if one.weight == WARNING} == news | others
    told = (
        "news of jobs, alerts and telemetry that do not arrive, and how many groups were left to the next tick for want"
    )
    assert told in " ".join(section(PAGE, "## The log").split())


def test_no_attribute_of_a_fact_is_a_name_of_pythons_own_log_records() -> None:
    kinds = [one for room in ROOMS for one in vars(room).values() if isinstance(one, type) and issubclass(one, Fact)]
    names = {one.name for kind in kinds for one in fields(kind)}
    assert not names & {"name", "msg", "args", "message", "module", "process", "thread"}
