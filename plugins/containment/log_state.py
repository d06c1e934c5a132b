"""The configuration of the log: changes by plugins are detected and undone.

`logging.config.dictConfig` disables every logger that it does not name, and
`logging.basicConfig(force=True)` removes the handlers: plugins do both without meaning to.
"""

import logging
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Final

_MOST_NAMED: Final = 3
_look: Final = attrgetter("level", "disabled", "propagate", "handlers")


class LogState:
    """A snapshot of the log's configuration; a check takes one or two microseconds.

    Handlers that a plugin adds may stay, unless they replaced those that were there.
    """

    def __init__(self) -> None:
        self._silenced = logging.root.manager.disable
        self._disabled = {each for each in (logging.root, *_loggers()) if each.disabled}
        configured = [logging.root, *(each for each in _loggers() if each.level or each.handlers)]
        self._saved = [(each, (*_look(each)[:-1], [*each.handlers])) for each in configured]
        self._levels = [(each, each.level) for logger in configured for each in logger.handlers]

    def put_back(self) -> Iterator[str]:
        """Restore what was changed; yield a description of each change."""
        if logging.root.manager.disable != self._silenced:
            logging.disable(self._silenced)
            yield "logging was disabled"
        for logger, values in self._saved:
            if _look(logger) != values:
                yield from self._put_back(logger, *values)
        for handler, level in self._levels:
            if (other := handler.level) != level:
                handler.setLevel(level)
                yield f"the level of a handler of the log was set to {other}"

    def _put_back(
        self,
        logger: logging.Logger,
        level: int,
        is_disabled: bool,  # noqa: FBT001  as `_look` returns it
        propagates: bool,  # noqa: FBT001
        handlers: list[logging.Handler],
    ) -> Iterator[str]:
        if (other := logger.level) != level:
            logger.setLevel(level)  # which also clears the cache of enabled levels
            yield f"the level of the logger {logger.name} was set to {other}"
        if logger.disabled != is_disabled:
            yield from self._enable()
        if logger.propagate is not propagates:
            logger.propagate = propagates
            yield f"{logger.name} no longer propagates"
        if not set(handlers) <= set(logger.handlers):
            logger.handlers[:] = handlers
            yield f"the handlers of the logger {logger.name} were removed"

    def _enable(self) -> Iterator[str]:
        """Enable all loggers that were enabled, also those without a configuration of their own."""
        known = [logging.root, *_loggers()]
        if off := [each for each in known if each.disabled and each not in self._disabled]:
            for each in off:
                each.disabled = False
            named = ", ".join(each.name for each in off[:_MOST_NAMED])
            yield f"{len(off)} loggers were disabled ({named}{' ...' * (len(off) > _MOST_NAMED)})"


def _loggers() -> list[Any]:
    """Return all loggers below the root, without placeholders."""
    known = [*logging.root.manager.loggerDict.values()]
    return [each for each in known if isinstance(each, logging.Logger)]
