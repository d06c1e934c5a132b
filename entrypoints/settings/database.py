"""Database settings: the URLs of the database."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from entrypoints.settings.values import check_database_url, check_listen_url


class DatabaseSettings(BaseSettings):
    """Settings of the database connection."""

    database_url: Annotated[SecretStr, AfterValidator(check_database_url)] | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="The database: `postgresql://user:password@host:5432/name` (`postgres://` is "
        "the same) or `sqlite://` and the path of a file. Not set: the file `puerto.db` in the "
        "data folder.",
    )
    database_listen_url: Annotated[SecretStr, AfterValidator(check_listen_url)] | None = Field(
        None,
        validation_alias="DATABASE_LISTEN_URL",
        description="The same PostgreSQL database without the pooler in between, for listening and "
        "migrations. Set it if `DATABASE_URL` leads to a pooler in transaction mode; nothing then "
        "rests on a session. Not set: `DATABASE_URL` is direct, or a pooler in session mode.",
    )
