"""Reading the settings: from environment variables, which override those of a ``.env`` file."""

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource

from entrypoints.settings.env_file import refuse_unreadable
from entrypoints.settings.settings import PREFIX, Settings
from entrypoints.settings.values import variables

ENV_FILE: Final = Path(".env")

_SIMILARITY: Final = 0.88  # of 1: as similar as GOOGLE_API_KEY is to the setting that is meant


class SettingsError(Exception):
    """A setting is wrong. The message is one line: the variable, what is wrong, what to do."""


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
