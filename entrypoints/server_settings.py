"""The settings of the server: how many may be connected, and for how long unknown."""

from pydantic import Field
from pydantic_settings import BaseSettings


class ServerSettings(BaseSettings):
    """What the operator has set about connections; each worker has these bounds of its own."""

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
