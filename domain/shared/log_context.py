"""Log context: the request, run, user and worker of the current task, in a context variable.

Tasks inherit the fields: those bound in a request's task hold in the tasks that it starts, so also
in the one that drives its run. A log formatter adds them to each line.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

from domain.shared.errors import PuertoError, StoreUnavailable

REQUEST: Final = "request"
RUN: Final = "run"
USER: Final = "user"
WORKER: Final = "worker"

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_fields: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default=_NOTHING)


def log_fields() -> Mapping[str, str]:
    """Return the fields bound in this task, in the order in which they were bound."""
    return _fields.get()


def bind(**fields: str) -> None:
    """Bind these fields for the rest of the task, and for the tasks that it starts."""
    _fields.set({**_fields.get(), **fields})


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Bind these fields within the block, and for the tasks that are started in it."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def current_request() -> str:
    """Return the id of the request that this task works for; empty where there is none."""
    return _fields.get().get(REQUEST, "")


@contextmanager
def failures_logged(log: logging.Logger, what: str) -> Iterator[None]:
    """Log and suppress any exception of the block.

    For the rounds of a loop, of which the next one retries; ``what`` is the log message.
    """
    try:
        yield
    except PuertoError as error:
        log_failure(log, what, error)
    except Exception:
        log.exception(what)


def log_failure(log: logging.Logger, what: str, error: PuertoError) -> None:
    """Log an error of work that is retried; ``what`` is the log message.

    `StoreUnavailable` is logged at debug level: the database's adapter warns of an outage once, and
    without this every loop would repeat it.
    """
    level = logging.DEBUG if isinstance(error, StoreUnavailable) else logging.WARNING
    log.log(level, "%s: %s", what, error)
