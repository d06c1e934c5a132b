"""Reads price lists: Puerto's own, or the operator's."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from domain.models.prices import Price, Prices

OURS: Final = Path(__file__).with_name("prices.toml")

_REQUIRED: Final = {"input", "output"}
_ALLOWED: Final = _REQUIRED | {"cached_input", "up_to"}


def load_prices(path: Path | None = None) -> Prices:
    """Read a price list; ``prices.toml`` beside this module explains the format.

    Raises:
        ValueError: the file is missing or malformed; the message names file and line or key.

    """
    file = path or OURS
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        return Prices({name: _models(name, table) for name, table in data.items()})
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, _WrongError) as error:  # the first is said of what is not TOML or UTF-8
        raise ValueError(f"{file}: {error}.") from error


class _WrongError(Exception):
    """The price list is malformed; the message names the key."""


def _models(provider: str, table: Any) -> Mapping[str, Price]:
    lines = _table(table, provider, "of models")
    return {model: _price(f"{provider}.{model}", line) for model, line in lines.items()}


def _price(at: str, line: Any) -> Price:
    numbers = _table(line, at, "such as { input = 1.25, output = 10 }")
    if missing := _REQUIRED - numbers.keys():
        raise _WrongError(f"{at} has no {min(missing)}")
    if unknown := numbers.keys() - _ALLOWED:
        raise _WrongError(f"{at} has an unknown key {min(unknown)}")
    values = {key: _number(value, f"{at}.{key}") for key, value in numbers.items()}
    return Price(**{"cached_input": values["input"]} | values)


def _table(value: Any, at: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongError(f"{at} is not a table {what}")
    return value


def _number(value: Any, at: str) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < float("inf"):
        raise _WrongError(f"{at} is not a number from 0 up")
    return value
