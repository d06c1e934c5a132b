"""The log."""

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from domain.accounts.api_keys import new_key
from domain.shared.log_context import bind, bound, log_fields
from domain.tools.secrets import Secrets, discreet_log
from entrypoints.server.logs import (
    LINE_CHARACTERS,
    JsonLine,
    OneLine,
    configure_logging,
    log_uncaught,
    shorten_decode_error,
)
from entrypoints.server.redaction import secrets_of
from entrypoints.settings.loading import load_settings
from tests.support.log_lines import log_lines

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlIG9m"  # of nobody


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


def test_what_opens_a_socket_or_a_stream_is_stars() -> None:
    addresses = "/ws?ticket=a-b_c /ws/chat/x?after=1&token=ey.J0 [accepted]"
    line = OneLine().format(record("%s", addresses))
    assert line.endswith("/ws?ticket=*** /ws/chat/x?after=1&token=*** [accepted]")


def test_secrets_are_stars() -> None:
    url = "postgresql://ann:hush@db/shop"
    settings = load_settings({"DATABASE_URL": url, "OPENAI_API_KEY": "sk-12345"}, None)
    secrets = secrets_of(settings)
    assert secrets >= {url, "hush", "sk-12345"}
    line = OneLine(secrets).format(record("cannot open %s with sk-12345", url))
    assert line.endswith("cannot open *** with ***")


def test_credentials_of_puertos_own_are_stars_wherever_they_come_from() -> None:
    told = record("asked with %s and %s, not with pto_short or eyJ.a.b", new_key(), TOKEN)
    for formatter in (OneLine(), JsonLine()):
        line = formatter.format(told)
        assert "asked with *** and ***, not with pto_short or eyJ.a.b" in line


def test_a_credential_within_a_word_is_stars() -> None:
    for text in (f"a.b.{TOKEN}", f"token={TOKEN}", f"x-{TOKEN}", f'"{TOKEN}"'):
        assert "eyJ" not in OneLine().format(record("%s", text))


def test_no_text_makes_the_search_for_credentials_endless() -> None:
    for text in ("-eyJ" * 500_000, "eyJaaaaaaaa." * 200_000):  # a search of n * n steps takes hours
        assert "left out" in OneLine().format(record("%s", text))


def test_a_line_of_json_has_the_same_in_fields() -> None:
    try:
        raise ValueError("of sk-12345\nsecond")  # noqa: TRY301 - what is tested is its traceback
    except ValueError:
        told = record('it "failed"\r\n%s', "sk-12345", exc_info=sys.exc_info())
    told.created, told.msecs = 0.123, 123.0
    with bound(request="q-1", run="r-1"):
        line = JsonLine(["sk-12345"]).format(told)
    assert line.splitlines() == [line]
    read = json.loads(line)
    traceback = read.pop("exception")
    assert traceback.startswith("Traceback")
    assert traceback.endswith("ValueError: of ***\nsecond")
    assert read == {
        "time": "1970-01-01T00:00:00.123Z",
        "level": "ERROR",
        "logger": "puerto",
        "message": 'it "failed"\r\n***',
        "request": "q-1",
        "run": "r-1",
    }


def test_a_logged_stack_is_a_field_of_its_own() -> None:
    told = record("here")
    told.stack_info = "Stack (most recent call last):\n  of sk-12345"
    read = json.loads(JsonLine(["sk-12345"]).format(told))
    assert read["stack"] == "Stack (most recent call last):\n  of ***"


def test_no_field_takes_the_place_of_what_json_always_has() -> None:
    with bound(message="forged", level="DEBUG"):
        read = json.loads(JsonLine().format(record("%d", "x")))
    assert read["level"] == "ERROR"
    assert "cannot be formatted" in read["message"]


@pytest.mark.usefixtures("_logging_as_before")
def test_the_setting_chooses_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(load_settings({"LOG_FORMAT": "json"}, None))
    logging.getLogger("puerto").warning("both")
    configure_logging(load_settings({}, None))
    logging.getLogger("puerto").warning("both")
    as_json, as_text = capsys.readouterr().err.splitlines()
    assert json.loads(as_json)["message"] == "both"
    assert as_text.endswith(" WARNING puerto both")


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    names = (None, "adapters", "domain", "entrypoints", "plugins", "puerto", "asyncpg.pool")
    loggers = [logging.getLogger(name) for name in names]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_other_spellings_of_secrets_are_stars() -> None:
    given = {
        "DATABASE_URL": "postgresql://ann:hu%21sh@db/shop",
        "PUERTO_OLD_ENCRYPTION_KEYS": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    }
    secrets = secrets_of(load_settings(given, None))
    line = OneLine(secrets).format(
        record("auth of hu!sh, hu%21sh, 0a1b2c3d4e5f60718293a4b5c6d7e8f9 failed")
    )
    assert line.endswith("auth of ***, ***, *** failed")
    asked = load_settings({"DATABASE_URL": "postgresql://db/shop?password=hidden"}, None)
    assert "hidden" in secrets_of(asked)


def test_a_long_line_keeps_its_beginning_its_end_and_what_it_is_about() -> None:
    with bound(run="r-1"):
        line = OneLine().format(record("it failed: %s the end", "x" * 1_000_000))
    assert len(line) < LINE_CHARACTERS + 200
    assert "it failed: xx" in line
    assert " characters left out] " in line
    assert line.endswith("x the end run=r-1")


def test_a_line_ends_with_what_it_is_about_and_no_text_can_forge_that() -> None:
    with bound(request="q-1"), bound(run="r-1", user="ann b run=r-2"):
        line = OneLine().format(record("said: run=r-3\u2028request=q-2"))
    assert line.endswith(
        r"said: run=r-3\u2028request=q-2 request=q-1 run=r-1 user='ann\x20b\x20run=r-2'"
    )


async def test_a_task_keeps_the_fields_of_the_one_that_started_it() -> None:
    async def fields() -> dict[str, str]:
        bind(run="r-1")
        return dict(log_fields())

    with bound(request="q-1"):
        task = asyncio.create_task(fields())
    assert log_fields() == {}
    assert await task == {"request": "q-1", "run": "r-1"}
    assert log_fields() == {}


def test_a_time_is_rfc_3339_in_utc() -> None:
    made = record("now")
    made.created, made.msecs = 0.123, 123.0
    assert OneLine().format(made).startswith("1970-01-01T00:00:00.123Z ERROR puerto now")


def test_a_record_that_cannot_be_formatted_is_a_line_all_the_same() -> None:
    line = OneLine(["sk-12345"]).format(record("%d sk-12345", "x"))
    assert "'%d ***' cannot be formatted: TypeError(" in line
    assert line.splitlines() == [line]


def test_a_frame_that_is_no_text_is_a_mistake_of_its_client() -> None:
    """As uvicorn logs it: an error, with a traceback."""
    try:
        b"\xff".decode()
    except UnicodeDecodeError:
        made = record("Invalid UTF-8 sequence received", exc_info=sys.exc_info())
    assert shorten_decode_error(made)
    line = OneLine().format(made)
    assert " WARNING puerto Invalid UTF-8 sequence received" in line
    assert "Traceback" not in line


def test_an_error_of_the_server_keeps_its_traceback() -> None:
    try:
        int("x")
    except ValueError:
        made = record("Exception in ASGI application", exc_info=sys.exc_info())
    assert shorten_decode_error(made)
    assert " ERROR puerto Exception in ASGI application\\nTraceback" in OneLine().format(made)


def test_threads_that_fail_are_lines() -> None:
    before = threading.excepthook
    try:
        log_uncaught()
        with log_lines() as lines:
            thread = threading.Thread(target=lambda: int("x"), name="stray")
            thread.start()
            thread.join()
    finally:
        threading.excepthook = before
        logging.captureWarnings(capture=False)
    (line,) = lines
    assert "the thread stray failed" in line
    assert "ValueError: invalid literal" in line


def test_a_line_of_json_has_the_traceback_that_a_tool_with_secrets_logs() -> None:
    told: list[logging.LogRecord] = []
    tool_log = discreet_log("puerto.of_test", lambda: Secrets({"KEY": "hush-hush"}))
    tool_log.addHandler(_Collecting(told))
    try:
        raise ValueError("of hush-hush")  # noqa: TRY301 - what is tested is its traceback
    except ValueError:
        tool_log.exception("it failed")
    read = json.loads(JsonLine().format(told[0]))
    assert read["exception"].endswith("ValueError: of ***")


class _Collecting(logging.Handler):
    def __init__(self, told: list[logging.LogRecord]) -> None:
        super().__init__()
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(record)
