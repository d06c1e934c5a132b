"""Exporting to a collector, by OTLP over HTTP. The SDK reads the standard ``OTEL_*`` variables."""

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util.genai.handler import TelemetryHandler

from adapters.telemetry.observer import OpenTelemetryObserver
from adapters.telemetry.trace_ids import RunTraceIds

CLOSING_SECONDS: Final = 5.0
CLOSING: Final = "puerto-otel-closing"  # the thread's name


class Exporter:
    """Sends spans and metrics to the collector that the environment names.

    ``resource`` describes this process, as far as ``OTEL_RESOURCE_ATTRIBUTES`` does not.
    """

    def __init__(self, resource: Mapping[str, str]) -> None:
        described = Resource.create(dict(resource)).merge(OTELResourceDetector().detect())
        self._traces = TracerProvider(
            id_generator=RunTraceIds(), resource=described, shutdown_on_exit=False
        )
        if _is_exported("OTEL_TRACES_EXPORTER"):
            self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        readers = []
        if _is_exported("OTEL_METRICS_EXPORTER"):
            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        self._metrics = MeterProvider(readers, resource=described, shutdown_on_exit=False)
        handler = TelemetryHandler(
            self._traces,
            self._metrics,
            instrumentation_scope_name="puerto",
            instrumentation_scope_version=resource["service.version"],
        )
        self.observer: Final = OpenTelemetryObserver(handler)

    async def close(self) -> None:
        """Send what waits, for some seconds at most: a collector that hangs holds no stop up."""
        closing = threading.Thread(target=self._close, name=CLOSING, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSING_SECONDS)

    def _close(self) -> None:
        self._traces.shutdown()
        self._metrics.shutdown()


def _is_exported(variable: str) -> bool:
    """Tell whether a signal is exported: unless the variable for its exporter says ``none``."""
    return os.environ.get(variable, "").strip().lower() != "none"
