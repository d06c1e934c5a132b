"""The settings: read from environment variables, which override those of a ``.env`` file."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from domain.policy.policy import Autonomy
from entrypoints.settings.database import DatabaseSettings
from entrypoints.settings.env_file import refuse_unreadable
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
    variables,
)

PREFIX: Final = "PUERTO_"
ENV_FILE: Final = Path(".env")

# Where React, Angular and Vite serve pages that are being written.
DEVELOPMENT_ORIGINS: Final = tuple(f"http://localhost:{port}" for port in (3000, 4200, 4201, 5173))

_SIMILARITY: Final = 0.88  # of 1: as similar as GOOGLE_API_KEY is to the setting that is meant

Secret = Annotated[SecretStr, AfterValidator(check_secret)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Folder = Annotated[Path, AfterValidator(check_folder)]


class SettingsError(Exception):
    """A setting is wrong. The message is one line: the variable, what is wrong, what to do."""


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
    """All settings of one installation, made by `load_settings`; its repr shows no secret."""

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
        """Read the values passed to the constructor alone: `load_settings` collects them."""
        return (init_settings,)


def load_settings(
    env: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE
) -> Settings:
    """Read the settings from ``env_file`` and the environment, which wins, and validate them.

    ``env`` replaces the environment. A missing file and an empty value count as not set.

    Raises:
        SettingsError: a value is wrong, or a variable is misspelt.

    """
    given = environment(env, env_file)
    known = _known()
    _refuse_misspelt(given, known)
    values = {name: text for name in known if (text := given.get(name, "").strip())}
    _refuse_undecodable(values)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_in_one_line(error, values)) from None


def environment(
    env: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE
) -> dict[str, str]:
    """Return all variables, also those of other programs, of the file and the environment.

    The environment wins; ``env`` replaces it.

    Raises:
        SettingsError: the file cannot be read.

    """
    return _read_file(env_file) | dict(os.environ if env is None else env)


def near_misses(given: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that is no setting but is spelt like one, with a hint at that one."""
    known = _known()
    for name in sorted({*given} - {*known}):
        near = get_close_matches(name.upper(), known, n=1, cutoff=_SIMILARITY)
        if near:
            yield ascii(name)[1:-1], f"it is not a setting; did you mean {near[0]}?"


def _known() -> list[str]:
    return [name for field in Settings.model_fields.values() for name in variables(field)]


def _read_file(path: Path | None) -> dict[str, str]:
    try:
        if path is not None and path.is_file():
            refuse_unreadable(path, _known())
        source = DotEnvSettingsSource(Settings, env_file=path, env_file_encoding="utf-8")
        variables_in_file = source.env_vars
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        raise SettingsError(f"{path} {error}") from None
    return {name: value or "" for name, value in variables_in_file.items()}


def _refuse_misspelt(given: Iterable[str], known: list[str]) -> None:
    ours = [name.removeprefix(PREFIX) for name in known if name.startswith(PREFIX)]
    for name in sorted(given):
        if name.upper().startswith(PREFIX) and name not in known:
            near = get_close_matches(name.upper().removeprefix(PREFIX), ours, n=1)
            advice = f"did you mean {PREFIX}{near[0]}?" if near else "unset it"
            raise SettingsError(f"{ascii(name)[1:-1]} is not a setting; {advice}")


def _refuse_undecodable(values: Mapping[str, str]) -> None:
    for name, text in values.items():
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise SettingsError(f"{name} holds bytes that are not UTF-8; write it again")


def _in_one_line(error: ValidationError, values: Mapping[str, str]) -> str:
    """Return the first error as a line: the variable as written, what to do; never the value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    loc = str(first["loc"][0])
    names = next(names for f in Settings.model_fields.values() if loc in (names := variables(f)))
    name = next(name for name in names if name in values)
    message = first["msg"].removeprefix("Value error, ").replace("Input should", "must")
    return f"{name} {message}"
