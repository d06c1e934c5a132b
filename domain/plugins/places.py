"""Places in plugins' source code, as ``file:line``."""

from functools import partial
from inspect import unwrap
from traceback import walk_tb
from types import CodeType
from typing import Any


def place_of_error(error: BaseException, module: object) -> str:
    """Return the innermost place of an error in the package of a module; empty if there is none."""
    top = _top(module)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno or 0}"
    own = [
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if _top(frame.f_globals.get("__name__")) == top
    ]
    return own[-1] if top and own else ""


def innermost_place(error: BaseException) -> str:
    """Return where an error was raised, in whatever code; empty if it was not."""
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    return "{}:{}".format(*places[-1]) if places else ""


def place_of_function(function: object) -> str:
    """Return where a function begins; empty for what has no source."""
    code = getattr(innermost(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if isinstance(code, CodeType) else ""


def innermost(function: Any) -> Any:
    """Return the function that an author wrote: without wrappers and partial applications."""
    while True:
        try:
            inner = unwrap(function) if callable(function) else function
        except ValueError:  # of wrappers that lead in a circle
            return function
        if not isinstance(inner, partial):
            return inner
        function = inner.func


def _top(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
