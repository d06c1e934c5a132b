"""Telemetry: who observes what runs do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.shared.errors import Unavailable
from domain.telemetry.fan_out import TelemetryFanOut
from domain.telemetry.measurements import Measurements
from domain.telemetry.measuring import MeasuringTelemetry
from entrypoints.settings.settings import Settings
from entrypoints.settings.version import NAME, VERSION

if TYPE_CHECKING:
    from adapters.telemetry.exporting import Exporter

_NOT_INSTALLED: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
    "pip install 'puerto[otel]', or unset it."
)


class TelemetryExport:
    """Traces and metrics for a collector, if the settings name one; begun with the service."""

    def __init__(self, settings: Settings, telemetry: TelemetryFanOut) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._exporter: Exporter | None = None

    def start(self, worker_id: str) -> None:
        """Begin, if that is wanted.

        Raises:
            Unavailable: the libraries for it are not installed.

        """
        if not self._settings.sends_telemetry:
            return
        try:
            from adapters.telemetry.exporting import Exporter
        except ImportError as error:
            raise Unavailable(_NOT_INSTALLED) from error
        resource = {
            "service.name": self._settings.otel_service_name,
            "service.namespace": NAME,
            "service.version": VERSION,
            "service.instance.id": worker_id,
        }
        self._exporter = Exporter(resource)
        self._telemetry.observers += (self._exporter.observer,)

    async def stop(self) -> None:
        """Send what waits, for some seconds at most."""
        if self._exporter is not None:
            await self._exporter.close()


@dataclass(frozen=True, slots=True)
class TelemetryParts:
    """``measurements`` counts for `/metrics`; ``telemetry`` is told what runs do."""

    measurements: Measurements
    telemetry: TelemetryFanOut
    export: TelemetryExport


def wire_telemetry(settings: Settings) -> TelemetryParts:
    """Put together what observes runs; nothing is sent yet."""
    measurements = Measurements()
    telemetry = TelemetryFanOut([MeasuringTelemetry(measurements)])
    return TelemetryParts(measurements, telemetry, TelemetryExport(settings, telemetry))
