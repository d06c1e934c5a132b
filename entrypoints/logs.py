"""The log: one line a record, to standard error."""

import logging
from collections.abc import Collection
from typing import Final

from pydantic import SecretStr

from entrypoints.settings import Settings

_OURS: Final = ("adapters", "domain", "entrypoints", "plugins", "puerto")
_FORM: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_ESCAPED: Final = {code: repr(chr(code))[1:-1] for code in (*range(0x20), *range(0x7F, 0xA0))}


class OneLine(logging.Formatter):
    """Writes a record with its traceback on one line, and stars where a secret would stand."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__(_FORM)
        self._secrets = sorted(secrets, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. What a stranger sent cannot forge another, nor move the cursor."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line.translate(_ESCAPED)


def configure_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Send the log to standard error, at the level that the settings name.

    Libraries are heard from warnings on: what they say below that holds headers and bodies.
    ``quiet`` is for commands that people look at: there a level must be set to be lower.
    """
    is_set = "log_level" in settings.model_fields_set
    level = "WARNING" if quiet and not is_set else settings.log_level
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine(secrets_of(settings)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def secrets_of(settings: Settings) -> list[str]:
    """Return the secrets among the settings."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
