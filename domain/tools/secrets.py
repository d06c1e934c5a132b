"""Secrets: the settings that a tool requires, and their redaction from results and logs."""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.shared.secrets_in_use import HIDDEN, IN_USE, SHORTEST

__all__ = ["HIDDEN", "Secrets", "discreet_log"]


class Secrets(Mapping[str, str]):
    """Secret values by name. The ``repr`` contains the names only.

    More values may be redacted than are in it: credentials that a call gets while it runs.
    """

    __slots__ = ("_hidden", "_values")

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self._hidden: list[str] = []
        self.also_hide(*self._values.values())

    def __getitem__(self, name: str) -> str:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(f"{name} is not set, or the tool does not require it") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def also_hide(self, *values: str) -> None:
        """Redact these values from now on, too, unless they are shorter than 8 characters."""
        long = {value for value in values if len(value) >= SHORTEST}
        self._hidden = sorted({*self._hidden, *long}, key=len, reverse=True)

    def hide_in_log(self) -> "Secrets":
        """Redact these values in whatever this process logs, too; return them."""
        IN_USE.add(self._hidden)
        return self

    @property
    def hides_nothing(self) -> bool:
        """Tell whether there is no value to redact."""
        return not self._hidden

    @property
    def held_back(self) -> int:
        """The most characters at the end of a text that may be the first part of a secret."""
        return len(self._hidden[0]) - 1 if self._hidden else 0

    def hide(self, text: str) -> str:
        """Redact a text: replace each value of 8 characters or more by stars."""
        for value in self._hidden:
            text = text.replace(value, HIDDEN)
        return text

    def hide_bytes(self, data: bytes) -> bytes:
        """Redact bytes, without changing their length."""
        for value in self._hidden:
            written = value.encode(errors="replace")
            data = data.replace(written, b"*" * len(written))
        return data

    def hide_in(self, value: Any) -> Any:
        """Redact all texts in a JSON value, keys included."""
        if not self._hidden:
            return value
        match value:
            case str():
                return self.hide(value)
            case dict():
                return {self.hide(key): self.hide_in(item) for key, item in value.items()}
            case list():
                return [self.hide_in(item) for item in value]
            case _:
                return value


def discreet_log(name: str, secrets: Callable[[], Secrets]) -> logging.Logger:
    """Return a copy of the logger of that name that redacts what ``secrets`` returns."""
    own = logging.Logger(name)  # noqa: LOG001  not for everybody: others have other secrets
    own.parent = logging.getLogger(name)
    own.addFilter(_RedactionFilter(secrets))
    return own


class _RedactionFilter(logging.Filter):
    """A logging filter that redacts secrets in records, tracebacks included."""

    def __init__(self, secrets: Callable[[], Secrets]) -> None:
        super().__init__()
        self._secrets = secrets
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place, and let it pass."""
        secrets = self._secrets()
        if secrets.hides_nothing:
            return True
        record.msg, record.args = secrets.hide(record.getMessage()), None
        if record.exc_info:
            record.exc_text = secrets.hide(self._formatter.formatException(record.exc_info))
            record.exc_info = None  # else handlers would format it again
        if record.stack_info:
            record.stack_info = secrets.hide(record.stack_info)
        return True
