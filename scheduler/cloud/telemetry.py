"""`telemetry.Telemetry` by OpenTelemetry, sent to Application Insights.

The providers are our own and not the process's: the web framework would send a second row for each request that the
Functions host tells of already, as soon as a provider of the process is there. Nothing here waits for the network:
batches go out from threads of the SDK, and what cannot be sent is dropped.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, time_ns
from typing import Any, Self

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorLogExporter,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import context as contexts
from opentelemetry import trace as traces
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.metrics import Meter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from scheduler.cloud.wire import identity
from scheduler.facts.fact import DETAIL, Count, Fact, Label, Labels
from scheduler.facts.sending import TelemetryBack, TelemetryFailing
from scheduler.settings import Settings
from scheduler.spoken import Spoken

_NAME = "crontable"
_SEVERITIES = {20: SeverityNumber.INFO, 30: SeverityNumber.WARN, 40: SeverityNumber.ERROR}
#: How the exporter's log is called; what it has to say becomes one fact of ours.
_THEIRS = logging.getLogger("azure.monitor.opentelemetry")


class Span:
    """A span of OpenTelemetry. `kept`: it is to be sent."""

    def __init__(self, span: traces.Span, *, kept: bool) -> None:
        self._span, self.kept = span, kept

    def note(self, **attributes: Label | None) -> None:
        """Add attributes."""
        told = {name: value for name, value in attributes.items() if value is not None}
        self.kept = self.kept or bool(told)
        self._span.set_attributes(told)


class OpenTelemetry(Spoken):
    """Spans, metrics and log records of these providers; each fact is said in the process's log, too."""

    def __init__(self, spans: TracerProvider, metrics: MeterProvider, logs: LoggerProvider) -> None:
        super().__init__()
        self._providers = (spans, metrics, logs)
        self._tracer, self._logger = spans.get_tracer(_NAME), logs.get_logger(_NAME)
        self._add = _instruments(metrics.get_meter(_NAME))
        #: Whether the Functions host sends what the process logs: then it must not be sent twice.
        self._hosted = False

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Send to where the settings say; ValueError for a connection string that names no place."""
        watch = _Watch()
        how: dict[str, Any] = {
            "connection_string": settings.telemetry,
            "credential": identity(settings.telemetry_client) if settings.telemetry_identity else None,
            # Scenario: nobody answers for a day. Files in /tmp would outlive the container's memory, and be sent late.
            "disable_offline_storage": True,
            # The SDK's statistics of itself, which it sends to an address of its own.
            "instrumentation_collection": True,
            "retry_total": 2,
        }
        resource = _resource()
        spans = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
        spans.add_span_processor(
            BatchSpanProcessor(watch.over(AzureMonitorTraceExporter)(tracer_provider=spans, **how))
        )
        reader = PeriodicExportingMetricReader(watch.over(AzureMonitorMetricExporter)(**how))
        metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
        logs.add_log_record_processor(BatchLogRecordProcessor(watch.over(AzureMonitorLogExporter)(**how)))
        watch.tell = (telemetry := cls(spans, metrics, logs)).tell
        return telemetry

    @contextmanager
    def trace(self, name: str, parent: str | None = None) -> Iterator[Span]:
        """Begin a trace; in that of a caller it is no request of its own, since the caller tells of it."""
        self._hosted = parent is not None
        above, kind = _above(parent or ""), SpanKind.INTERNAL if self._hosted else SpanKind.SERVER
        with self._tracer.start_as_current_span(name, above, kind, record_exception=not self._hosted) as span:
            yield Span(span, kept=True)

    @contextmanager
    def span(self, name: str, attributes: Labels | None = None, *, quiet: bool = False) -> Iterator[Span]:
        """Time a part; a span that is never ended is never sent."""
        began = self._tracer.start_span(name, attributes=attributes)
        span = Span(began, kept=not quiet)
        try:
            with traces.use_span(began, record_exception=False):
                yield span
        except BaseException:
            span.kept = True
            raise
        finally:
            if span.kept:
                began.end()

    def carried[**P, R](self, call: Callable[P, R]) -> Callable[P, R]:
        """Let another thread's call be part of the present span."""
        present = contexts.get_current()

        def within(*args: P.args, **kwargs: P.kwargs) -> R:
            token = contexts.attach(present)
            try:
                return call(*args, **kwargs)
            finally:
                contexts.detach(token)

        return within

    def tell(self, fact: Fact) -> None:
        """Say it, count it, and send it as a record where the host does not."""
        super().tell(fact)
        for count in fact.counts:
            self._add(count)
        if fact.weight > DETAIL and not self._hosted:
            self._logger.emit(_record(fact))

    def transaction(self, table: str) -> None:
        """Count one request."""
        self._add(Count("crontable.transactions", 1, {"table": table}))

    def flush(self, seconds: float) -> None:
        """Send all that is left; a place that does not answer holds nobody up for longer than that."""
        # The SDK's own limit of time is not obeyed by its batches.
        threads = [Thread(target=provider.force_flush, daemon=True) for provider in self._providers]
        for thread in threads:
            thread.start()
        end = monotonic() + seconds
        for thread in threads:
            thread.join(max(end - monotonic(), 0))


class _Watch(logging.Handler):
    """Turns what the exporters complain of into one fact when it begins, and one when it is over."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.tell: Callable[[Fact], None] = Spoken().tell
        self._why, self._failing = "", False
        _THEIRS.handlers[:], _THEIRS.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last complaint."""
        self._why = record.getMessage()

    def heard(self, *, arrived: bool) -> None:
        """Take note of how a batch fared."""
        if self._failing is not arrived:
            return
        self._failing = not arrived
        self.tell(TelemetryBack() if arrived else TelemetryFailing(self._why or "the reason is not known"))

    def over(self, exporter: type[Any]) -> type[Any]:
        """Give the exporter whose batches are watched."""
        watch = self

        class Watched(exporter):  # type: ignore[misc]  # one of three that have no more in common than this
            def export(self, *batch: Any, **how: Any) -> Any:  # noqa: ANN401  as each of the three has it
                result = super().export(*batch, **how)
                watch.heard(arrived=result.name == "SUCCESS")
                return result

        return Watched


def _above(parent: str) -> contexts.Context:
    """Give the context of a traceparent, and an empty one for none.

    Sampled whatever it says: the host leaves its own requests out of that flag, and sends them all the same.
    """
    found = traces.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": parent}))
    there = found.get_span_context()
    if not there.is_valid:
        return contexts.Context()
    sampled = traces.TraceFlags(traces.TraceFlags.SAMPLED)
    above = traces.SpanContext(there.trace_id, there.span_id, is_remote=True, trace_flags=sampled)
    return traces.set_span_in_context(traces.NonRecordingSpan(above), contexts.Context())


def _record(fact: Fact) -> LogRecord:
    # The alerts of infra/ look at the log lines of ticks: by the operation's name, which the host sets for its own.
    attributes = {**fact.attributes, "fact": type(fact).__name__, "ai.operation.name": "tick"}
    return LogRecord(
        timestamp=time_ns(), severity_number=_SEVERITIES[fact.weight], body=fact.sentence, attributes=attributes
    )


def _instruments(meter: Meter) -> Callable[[Count], None]:
    """Make the metrics of docs/telemetry.md; gives what adds to them."""
    counter, histogram, gauge = meter.create_counter, meter.create_histogram, meter.create_gauge
    add: dict[str, Callable[[float, Any], None]] = {
        "crontable.runs": counter("crontable.runs", "{run}", "Runs by outcome").add,
        "crontable.skips": counter("crontable.skips", "{range}", "Ranges of due times that passed without a run").add,
        "crontable.transactions": counter("crontable.transactions", "{request}", "Requests sent to a table").add,
        "crontable.run.duration": histogram("crontable.run.duration", "s", "How long containers ran").record,
        "crontable.lag": histogram("crontable.lag", "s", "From a due time to its start").record,
        "crontable.tick.duration": histogram("crontable.tick.duration", "s", "How long ticks took").record,
        "crontable.creations.left": gauge("crontable.creations.left", "{group}", "What ACI would still create").set,
    }
    return lambda count: add[count.metric](count.amount, dict(count.labels))


def _resource() -> Resource:
    """Say who sends: OTEL_SERVICE_NAME, which infra/ sets to the app's name, as the host calls itself."""
    found = Resource.create({})
    named = not str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
    return found if named else found.merge(Resource({SERVICE_NAME: _NAME}))
