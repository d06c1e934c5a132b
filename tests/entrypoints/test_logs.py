"""The log."""

import logging
import sys

from entrypoints.logs import OneLine, secrets_of
from entrypoints.settings import load_settings


def record(message: str, *arguments: object, exc_info: object = None) -> logging.LogRecord:
    made = logging.LogRecord("puerto", logging.ERROR, "", 1, message, arguments, None)
    made.exc_info = exc_info  # type: ignore[assignment]  # what logging takes, it says nowhere
    return made


def test_a_record_with_its_traceback_is_one_line() -> None:
    try:
        raise ValueError("first\nsecond")  # noqa: TRY301 - what is tested is its traceback
    except ValueError:
        line = OneLine().format(record("it failed\r\n2026 forged", exc_info=sys.exc_info()))
    assert line.splitlines() == [line]
    assert r"it failed\r\n2026 forged" in line
    assert r"ValueError: first\nsecond" in line


def test_nothing_in_a_line_commands_the_terminal() -> None:
    line = OneLine().format(record("%s", "\x1b[2J\x9b\x7f ñ €"))
    assert line.endswith(r"\x1b[2J\x9b\x7f ñ €")


def test_secrets_are_stars() -> None:
    url = "postgresql://ann:hush@db/shop"
    settings = load_settings({"DATABASE_URL": url, "OPENAI_API_KEY": "sk-12345"}, None)
    secrets = secrets_of(settings)
    assert sorted(secrets) == [url, "sk-12345"]
    line = OneLine(secrets).format(record("cannot open %s with sk-12345", url))
    assert line.endswith("cannot open *** with ***")
