"""The handler that hands log records over to be kept in the database."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from domain.monitoring.log_keeper import LOGGER
from domain.monitoring.logs import REQUEST_ID, RUN_ID, LogEntry
from domain.shared.log_context import REQUEST, RUN, log_fields
from entrypoints.server.logs import read_record, shortened, traces_of
from entrypoints.server.redaction import Redaction

_NAMES: Final = {REQUEST: REQUEST_ID, RUN: RUN_ID}  # as the wire has them


class KeepingHandler(logging.Handler):
    """Makes an entry of each record from INFO on, without secrets, and passes it to ``take``."""

    def __init__(self, take: Callable[[LogEntry], None], secrets: Collection[str] = ()) -> None:
        super().__init__(logging.INFO)
        self._take = take
        self._redaction = Redaction(secrets)
        self.addFilter(lambda record: record.name != LOGGER)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._take(read_record(record, self._entry))

    def _entry(self, record: logging.LogRecord) -> LogEntry:
        metadata = {"logger": record.name}
        metadata |= {_NAMES.get(name, name): value for name, value in log_fields().items()}
        metadata |= {name: self._clean(text) for name, text in traces_of(record).items()}
        at = datetime.fromtimestamp(record.created, UTC)
        return LogEntry(at, record.levelname, self._clean(record.getMessage()), metadata)

    def _clean(self, text: str) -> str:
        return shortened(self._redaction(text))


@contextmanager
def keeping_logs(take: Callable[[LogEntry], None], secrets: Collection[str] = ()) -> Iterator[None]:
    """Pass an entry of whatever is logged meanwhile to ``take``."""
    handler = KeepingHandler(take, secrets)
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
