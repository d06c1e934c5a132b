"""The settings of one installation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from domain.policy.policy import Autonomy
from entrypoints.settings.database import DatabaseSettings
from entrypoints.settings.identity import IdentitySettings
from entrypoints.settings.learned_apis import LearnedApiSettings
from entrypoints.settings.limits import LimitSettings
from entrypoints.settings.models import ModelSettings
from entrypoints.settings.plugins import PluginSettings
from entrypoints.settings.retention import RetentionSettings
from entrypoints.settings.server import ServerSettings
from entrypoints.settings.telemetry import TelemetrySettings
from entrypoints.settings.values import (
    ApiKey,
    DatabaseLocation,
    Engine,
    check_folder,
    check_origin,
    check_secret,
    is_loopback,
    read_database,
    split_list,
)

PREFIX: Final = "PUERTO_"

# Where React, Angular and Vite serve pages that are being written.
DEVELOPMENT_ORIGINS: Final = tuple(f"http://localhost:{port}" for port in (3000, 4200, 4201, 5173))

Secret = Annotated[SecretStr, AfterValidator(check_secret)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Folder = Annotated[Path, AfterValidator(check_folder)]


class Settings(
    LearnedApiSettings,
    PluginSettings,
    ServerSettings,
    RetentionSettings,
    LimitSettings,
    IdentitySettings,
    ModelSettings,
    TelemetrySettings,
    DatabaseSettings,
):
    """All settings of one installation, from `load_settings`; its repr shows no secret."""

    model_config = SettingsConfigDict(
        case_sensitive=True, extra="ignore", frozen=True, validate_default=False
    )

    # --- names that many programs share

    jwt_secret: Secret | None = Field(
        None,
        validation_alias="JWT_SECRET",
        description="Signs access tokens. At least 32 random bytes; a weak or well-known one is "
        "refused. Not set: one is made and kept in the data folder.",
    )
    encryption_key: Secret | None = Field(
        None,
        validation_alias="ENCRYPTION_KEY",
        description="Encrypts credentials for learned APIs and connected accounts in the database; "
        "every worker needs the same. At least 32 random bytes; a weak or well-known one is "
        "refused. Not set: one is made and kept in the data folder.",
    )
    serpapi_api_key: ApiKey | None = Field(
        None,
        validation_alias="SERPAPI_API_KEY",
        description="Key of SerpAPI. Not used by this version yet.",
    )
    pinecone_api_key: ApiKey | None = Field(
        None,
        validation_alias="PINECONE_API_KEY",
        description="Key of Pinecone. Not used by this version yet.",
    )
    api_host: str = Field(
        "127.0.0.1",
        validation_alias="API_HOST",
        description="Address to listen on; `0.0.0.0` is every network of the machine.",
    )
    api_port: int = Field(
        8000, ge=0, le=65535, validation_alias="API_PORT", description="Port; `0` is any free one."
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)
    ] = Field(
        "INFO", validation_alias="LOG_LEVEL", description="The least serious level that is logged."
    )
    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(check_origin)], ...], BeforeValidator(split_list)
    ] = Field(
        (),
        validation_alias="CORS_ORIGINS",
        description="Origins of web pages that may call the API, separated by commas, as "
        "`scheme://host[:port]`. `*` is refused, since requests carry credentials. Not set: those "
        "of pages that are being written (ports 3000, 4200, 4201 and 5173 of `http://localhost`) "
        "if `API_HOST` is this machine's own, else none.",
    )

    # --- Puerto's own

    data_dir: Folder = Field(
        Path(".puerto"),
        validate_default=True,
        validation_alias="PUERTO_DATA_DIR",
        description="Folder for what is kept on disk: secrets and the SQLite file. A relative "
        "path starts from the working directory.",
    )
    autonomy: Autonomy = Field(
        Autonomy.SEMI,
        validation_alias="PUERTO_AUTONOMY",
        description="What the agent may do unasked, until it is changed over the API: nothing "
        "(`manual`), reading (`semi`), everything (`full`).",
    )
    registration: Literal["open", "closed"] | None = Field(
        None,
        validation_alias="PUERTO_REGISTRATION",
        description="Whether people may register themselves. Not set: `open` if `API_HOST` is this "
        "machine's own (`127.0.0.1`, `::1`, `localhost`), else `closed`.",
    )
    old_encryption_keys: Annotated[tuple[Secret, ...], BeforeValidator(split_list)] = Field(
        (),
        validation_alias="PUERTO_OLD_ENCRYPTION_KEYS",
        description="Values that `ENCRYPTION_KEY` had before, separated by commas: what they "
        "encrypted can still be used, and is encrypted anew when it is. Not set: none.",
    )
    max_steps: int = Field(
        20,
        ge=1,
        le=1000,
        validation_alias="PUERTO_MAX_STEPS",
        description="How often the model may be asked while one message is answered.",
    )
    tools_shown: int = Field(
        40,
        ge=5,
        le=10_000,
        validation_alias="PUERTO_TOOLS_SHOWN",
        description="How many tools a model is shown at most. Where there are more, it is shown "
        "those that fit the message best, and `search_tools`, which finds the others.",
    )
    tool_tokens: int = Field(
        16_000,
        ge=1_000,
        validation_alias="PUERTO_TOOL_TOKENS",
        description="How many tokens, estimated, the descriptions of the tools that a model is "
        "shown may have; the same again for those that it finds.",
    )
    tool_concurrency: int = Field(
        8,
        ge=1,
        le=1000,
        validation_alias="PUERTO_TOOL_CONCURRENCY",
        description="How many tool calls of one answer run at the same time.",
    )

    lease_seconds: float = Field(
        15,
        ge=1,
        le=600,
        validation_alias="PUERTO_LEASE_SECONDS",
        description="Seconds after which another worker goes on with the runs of one that died.",
    )

    @property
    def database(self) -> DatabaseLocation:
        """The location of the database: by default an SQLite file in the data folder."""
        if self.database_url is None:
            return DatabaseLocation.in_file(self.data_dir / "puerto.db")
        return read_database(self.database_url.get_secret_value())

    @property
    def direct_database(self) -> DatabaseLocation:
        """The location of the database without a pooler in transaction mode in between."""
        if self.database_listen_url is None or self.database.engine is Engine.SQLITE:
            return self.database
        return read_database(self.database_listen_url.get_secret_value())

    @property
    def public_address(self) -> str:
        """The address at which browsers reach the service; empty where it is not known."""
        if self.public_url is not None or not is_loopback(self.api_host) or not self.api_port:
            return self.public_url or ""
        host = f"[{self.api_host}]" if ":" in self.api_host else self.api_host
        return f"http://{host}:{self.api_port}"

    @property
    def page_origins(self) -> Sequence[str]:
        """The origins of web pages that may call the API."""
        if "cors_origins" in self.model_fields_set or not is_loopback(self.api_host):
            return self.cors_origins
        return DEVELOPMENT_ORIGINS

    @property
    def registration_is_open(self) -> bool:
        """Whether people may register themselves; the default is yes on a loopback address only."""
        if self.registration is None:
            return is_loopback(self.api_host)
        return self.registration == "open"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: Source,
        env_settings: Source,  # noqa: ARG003
        dotenv_settings: Source,  # noqa: ARG003
        file_secret_settings: Source,  # noqa: ARG003
    ) -> tuple[Source, ...]:
        """Read the values passed to the constructor alone: `loading` collects them."""
        return (init_settings,)
