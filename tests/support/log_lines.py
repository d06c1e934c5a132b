"""The lines of the log as an operator sees them, while a block runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from entrypoints.server.logs import OneLine

OURS = ("adapters", "domain", "entrypoints", "plugins", "puerto")


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self.setFormatter(OneLine())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """Yield the list of lines, to which each record is added as it is written."""
    handler = _Lines()
    loggers = [logging.getLogger(name) for name in OURS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def with_words(lines: list[str], *words: str) -> list[str]:
    """Return the lines that hold all of these words."""
    return [line for line in lines if all(word in line for word in words)]
