"""What a tick tells of itself, caught by the SDK's own in-memory exporters."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from scheduler.cloud.telemetry import OpenTelemetry


def _records() -> InMemoryLogRecordExporter:
    return InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK's own slip


class Caught:
    """Everything that was sent, in the order of its end."""

    def __init__(self) -> None:
        self._spans, self._records, self._reader = (
            InMemorySpanExporter(), _records(), InMemoryMetricReader(),
        )  # fmt: skip
        spans, logs = TracerProvider(shutdown_on_exit=False), LoggerProvider(shutdown_on_exit=False)
        spans.add_span_processor(SimpleSpanProcessor(self._spans))
        logs.add_log_record_processor(SimpleLogRecordProcessor(self._records))
        metrics = MeterProvider([self._reader], shutdown_on_exit=False)
        self.telemetry = OpenTelemetry(spans, metrics, logs)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """The attributes of each span of this name."""
        return [dict(span.attributes or {}) for span in self.spans if span.name == name]

    @property
    def records(self) -> list[Any]:
        return [one.log_record for one in self._records.get_finished_logs()]

    def metric(self, name: str) -> list[tuple[Mapping[str, Any], float]]:
        """Each point of a metric: its labels, and its value or the sum of its values."""
        told = self._reader.get_metrics_data()
        metrics = [
            metric
            for resource in (told.resource_metrics if told else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return [
            (dict(point.attributes or {}), float(getattr(point, "value", None) or getattr(point, "sum", 0) or 0))
            for metric in metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def clear(self) -> None:
        self._spans.clear()
        self._records.clear()
