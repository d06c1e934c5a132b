"""What a log line is about: the request, run, user and worker of the task that writes it.

The fields follow the task: what is bound in a request's task is bound in the tasks that it
starts, so also in the one that drives its run. A formatter adds them to each line.
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
    """Return the fields that are bound here, in the order in which they were bound."""
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
    """Log what goes wrong in the block, whatever it is, and go on.

    For the rounds of a loop, of which the next one tries again; ``what`` is what did not work.
    """
    try:
        yield
    except PuertoError as error:
        log_failure(log, what, error)
    except Exception:
        log.exception(what)


def log_failure(log: logging.Logger, what: str, error: PuertoError) -> None:
    """Log that something did not work this time and is tried again.

    A store that is away is told of once, by its adapter: of who runs into it there would be no end.
    """
    level = logging.DEBUG if isinstance(error, StoreUnavailable) else logging.WARNING
    log.log(level, "%s: %s", what, error)
