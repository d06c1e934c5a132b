"""Settings of the server: allowed hosts, its log, and limits of connections, bodies and time."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from domain.accounts.api_keys import is_well_formed
from entrypoints.settings.values import check_host, check_public_url, split_list


def check_api_key(key: SecretStr) -> SecretStr:
    """Return an API key of Puerto's own."""
    if not is_well_formed(key.get_secret_value()):
        raise ValueError("must be an API key of Puerto's, whole: `puerto key add` makes one")
    return key


class ServerSettings(BaseSettings):
    """Settings of the HTTP server. The limits apply to each worker process by itself."""

    public_url: Annotated[str, AfterValidator(check_public_url)] | None = Field(
        None,
        validation_alias="PUERTO_PUBLIC_URL",
        description="Address at which browsers reach the service, such as "
        "`https://agent.example.com` or, beneath a path, `https://example.com/puerto`; services to "
        "which users connect their accounts send them back there. Not set: "
        "`http://API_HOST:API_PORT` if that is this machine's own, else none.",
    )
    allowed_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(check_host)], ...], BeforeValidator(split_list)
    ] = Field(
        (),
        validation_alias="PUERTO_ALLOWED_HOSTS",
        description="Values of the Host header that are answered, separated by commas; health "
        "checks may have any. Not set: any.",
    )
    anonymous_key: Annotated[SecretStr, AfterValidator(check_api_key)] | None = Field(
        None,
        validation_alias="PUERTO_ANONYMOUS_KEY",
        description="API key with which requests to `/ask` and `/logs` are made that come without "
        "credentials: they may what the key may, each address within the rate limit. Not set: "
        "they are refused.",
    )
    log_format: Literal["console", "json"] = Field(
        "console",
        validation_alias="LOG_FORMAT",
        description="How a line of the log is written: as text, or as a JSON object.",
    )
    log_entries: int = Field(
        100_000,
        ge=0,
        validation_alias="PUERTO_LOG_ENTRIES",
        description="How many records of the log, from `INFO` on, are kept in the database for "
        "`GET /logs`; the oldest go first. `0`: none.",
    )
    grace_seconds: float = Field(
        10,
        ge=0,
        le=600,
        validation_alias="PUERTO_GRACE_SECONDS",
        description="Seconds that runs have to end when the service is told to stop; then they are "
        "handed over, and streams are closed.",
    )
    max_body_bytes: int = Field(
        1024 * 1024,
        ge=1024,
        validation_alias="PUERTO_MAX_BODY_BYTES",
        description="Largest request body, in bytes. Documents of APIs may have "
        "`PUERTO_MAX_DOCUMENT_BYTES` more.",
    )
    max_connections: int = Field(
        4096,
        ge=16,
        le=65_536,
        validation_alias="PUERTO_MAX_CONNECTIONS",
        description="Open connections of a worker. Beyond them only health probes are answered. "
        "They are fewer where the limit of open files is low.",
    )
    max_anonymous_per_address: int = Field(
        256,
        ge=4,
        le=65_536,
        validation_alias="PUERTO_MAX_ANONYMOUS_PER_ADDRESS",
        description="Open connections of one address, or of one IPv6 network, on which nobody has "
        "authenticated. A further one closes the oldest that wait for their client, but for those "
        "of the last two seconds.",
    )
    anonymous_seconds: float = Field(
        60,
        ge=5,
        le=3600,
        validation_alias="PUERTO_ANONYMOUS_SECONDS",
        description="Seconds after which a connection is closed on which nobody has authenticated; "
        "an answer that is being sent has as long again.",
    )
