"""Settings of OpenTelemetry: the standard variables that decide whether it is used, and where to.

The library reads them itself, and many more (https://opentelemetry.io/docs/specs/otel/configuration).
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from entrypoints.settings.values import check_collector


class TelemetrySettings(BaseSettings):
    """Settings of what is sent to a collector."""

    otlp_endpoint: Annotated[str, AfterValidator(check_collector)] | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Address of an OpenTelemetry collector, such as `http://127.0.0.1:4318`: "
        "traces and metrics are sent there by OTLP over HTTP. It takes the extra `puerto[otel]`. "
        "Not set: nothing is sent, and no trace context with requests to others.",
    )
    otlp_headers: SecretStr | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="Headers for the collector, such as a key: `name=value`, separated by commas.",
    )
    otlp_protocol: Literal["http/protobuf"] = Field(
        "http/protobuf",
        validation_alias="OTEL_EXPORTER_OTLP_PROTOCOL",
        description="How the collector is spoken to.",
    )
    otel_service_name: str = Field(
        "puerto",
        validation_alias="OTEL_SERVICE_NAME",
        description="The service's name in traces and metrics.",
    )
    otel_sdk_disabled: bool = Field(
        default=False,
        validation_alias="OTEL_SDK_DISABLED",
        description="Whether nothing is sent in spite of an address.",
    )

    @property
    def sends_telemetry(self) -> bool:
        """Whether traces and metrics are sent to a collector."""
        return self.otlp_endpoint is not None and not self.otel_sdk_disabled
