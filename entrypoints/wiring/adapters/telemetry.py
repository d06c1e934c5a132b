"""Telemetry: who observes what runs do."""

from dataclasses import dataclass

from domain.telemetry.fan_out import TelemetryFanOut
from domain.telemetry.measurements import Measurements
from domain.telemetry.measuring import MeasuringTelemetry
from domain.telemetry.ports import Telemetry


@dataclass(frozen=True, slots=True)
class TelemetryParts:
    """``measurements`` counts for `/metrics`; ``telemetry`` is told what runs do."""

    measurements: Measurements
    telemetry: Telemetry


def wire_telemetry() -> TelemetryParts:
    """Put together what observes runs."""
    measurements = Measurements()
    return TelemetryParts(measurements, TelemetryFanOut([MeasuringTelemetry(measurements)]))
