"""Logging: one line a record to standard error, as text or JSON, with secrets redacted."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from typing_extensions import override

from domain.shared.log_context import log_fields
from entrypoints.encoding import dump
from entrypoints.server.redaction import Redaction, secrets_of
from entrypoints.settings.settings import Settings

T = TypeVar("T")

LINE_CHARACTERS: Final = 8000

_OURS: Final = ("adapters", "domain", "entrypoints", "plugins", "puerto")
# They warn at each attempt of what Puerto's own log says once.
_LIBRARY_LEVELS: Final = {"asyncpg.pool": logging.ERROR}
_log: Final = logging.getLogger("puerto")
_TRACEBACKS: Final = logging.Formatter()
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_LINE_BREAKS: Final = (0x2028, 0x2029)  # Unicode's own, which some readers of logs break at
_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0), *_LINE_BREAKS)
_ESCAPED: Final = {code: repr(chr(code))[1:-1] for code in _CONTROLS}


class RedactingFormatter(ABC, logging.Formatter):
    """Formats a record as one line without secrets; `line_of` has the form."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"  # RFC 3339, in UTC: machines and zones compare
    default_msec_format = "%s.%03dZ"
    converter = staticmethod(time.gmtime)

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__(_FORMAT)
        self._redaction = Redaction(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of a record that cannot be formatted, one that says so."""
        return read_record(record, self.line_of)

    @abstractmethod
    def line_of(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""

    def clean(self, text: str) -> str:
        """Return a text without secrets, and shortened."""
        return shortened(self._redaction(text))


class OneLine(RedactingFormatter):
    """Formats a record with its traceback as one line of text.

    The fields of `domain.shared.log_context` stand last, where no text of a message can forge them.
    """

    @override
    def line_of(self, record: logging.LogRecord) -> str:
        """Return the line, with control characters escaped against log injection."""
        line = self.clean(logging.Formatter.format(self, record))
        return line.translate(_ESCAPED) + _context(log_fields())


class JsonLine(RedactingFormatter):
    """Formats a record as one JSON object: ``time, level, logger, message``, ``exception``, fields.

    ``exception`` is the traceback and ``stack`` the logged stack, where there is one. The fields
    are those of `domain.shared.log_context`.
    """

    @override
    def line_of(self, record: logging.LogRecord) -> str:
        """Return the line: JSON escapes line breaks and control characters by itself."""
        line = {
            **log_fields(),
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.clean(record.getMessage()),
        }
        line |= {name: self.clean(text) for name, text in traces_of(record).items()}
        return dump(line).decode()


def read_record(record: logging.LogRecord, read: Callable[[logging.LogRecord], T]) -> T:
    """Return what ``read`` makes of a record; of one that cannot be formatted, one that says so."""
    try:
        return read(record)
    except Exception as error:  # noqa: BLE001  its author's mistake, and no reason to lose it
        record.msg, record.args = f"{record.msg!r} cannot be formatted: {error!r}", None
        return read(record)


def traces_of(record: logging.LogRecord) -> dict[str, str]:
    """Return the traceback of a record, as ``exception``, and its ``stack``, if it has them."""
    formatted = record.exc_text  # by another formatter, or by the log of a tool with secrets
    if record.exc_info and not formatted:
        formatted = _TRACEBACKS.formatException(record.exc_info)
    texts = {"exception": formatted, "stack": record.stack_info}
    return {name: text for name, text in texts.items() if text}


def shortened(line: str) -> str:
    """Return the line, without its middle if it is longer than `LINE_CHARACTERS`."""
    left_out = len(line) - LINE_CHARACTERS
    if left_out <= 0:
        return line
    half = LINE_CHARACTERS // 2
    return f"{line[:half]} [{left_out} characters left out] {line[-half:]}"


def _context(fields: Mapping[str, str]) -> str:
    return "".join(f" {name}={_one_word(value)}" for name, value in fields.items())


def _one_word(value: str) -> str:
    """Return a field's value, escaped if it holds a space or is not printable."""
    return value if value.isprintable() and " " not in value else ascii(value).replace(" ", r"\x20")


_FORMATTERS: Final[Mapping[str, type[RedactingFormatter]]] = {"console": OneLine, "json": JsonLine}


def configure_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Send the log to standard error, at the level of the settings.

    Libraries log from WARNING on, since below that they log headers and bodies. ``quiet``, for
    commands at a terminal, makes WARNING the default level.
    """
    is_set = "log_level" in settings.model_fields_set
    level = "WARNING" if quiet and not is_set else settings.log_level
    handler = logging.StreamHandler()
    handler.setFormatter(_FORMATTERS[settings.log_format](secrets_of(settings)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name, library_level in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(library_level)
    logging.getLogger("uvicorn.error").addFilter(shorten_decode_error)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def shorten_decode_error(record: logging.LogRecord) -> bool:
    """Log a WebSocket frame that is no UTF-8 as a warning without a traceback.

    Uvicorn logs this mistake of a client as an error with a traceback, which anybody can provoke.
    Returns True: as a filter of a logger it lets every record pass.
    """
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def log_uncaught() -> None:
    """Log Python's warnings and the uncaught exceptions of threads.

    Python would write them to standard error in many lines, with secrets unredacted.
    """
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread


def _log_thread(raised: threading.ExceptHookArgs) -> None:
    name = raised.thread.name if raised.thread is not None else "that is gone"
    if raised.exc_value is not None and not isinstance(raised.exc_value, SystemExit):
        _log.error("the thread %s failed", name, exc_info=raised.exc_value)
