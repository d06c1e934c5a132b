"""Protection of Python's standard functions and classes against monkeypatching by plugins.

A plugin that replaces ``builtins.open`` or ``json.dumps`` replaces it for the whole process.
"""

import asyncio
import builtins
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from types import ModuleType
from typing import Any, Final, NamedTuple

_MODULES: Final = (builtins, sys, os, time, json, asyncio, threading, logging, socket)
_HOOKS: Final = frozenset({"sys.excepthook", "sys.unraisablehook", "threading.excepthook"})
_LAST_ERROR: Final = frozenset({"sys.last_type"})  # a class; prompts and pytest set and delete it
_ANYTHING: Final = BaseException  # a plugin may delete that name, too


class _KeptFunctions(NamedTuple):
    """The saved functions of a module: each by name, and all at once as ``look`` returns them."""

    module: dict[str, Any]
    named: Sequence[tuple[str, str, Any]]
    look: Callable[[dict[str, Any]], Any]
    values: Any


class StandardFunctions:
    """The functions as they are when this is created.

    To compare some 600 of them takes about 15 microseconds.
    """

    def __init__(self) -> None:
        self._saved = [_save(module) for module in _MODULES]

    def put_back(self) -> Iterator[str]:
        """Restore the functions that were deleted or replaced; yield the name of each.

        It needs none of those functions itself.
        """
        for saved in self._saved:
            try:
                if saved.look(saved.module) == saved.values:
                    continue
            except _ANYTHING:
                pass
            for whole_name, name, value in saved.named:
                if saved.module.get(name) is not value:
                    saved.module[name] = value
                    yield whole_name


def _save(module: ModuleType) -> _KeptFunctions:
    named = [
        (f"{module.__name__}.{name}", name, value)
        for name, value in vars(module).items()
        if callable(value) and (module is builtins or not name.startswith("_"))
    ]
    changing = _HOOKS | _LAST_ERROR  # `ProcessState` checks the hooks
    named = [each for each in named if each[0] not in changing]
    look = itemgetter(*(name for _, name, _ in named))
    return _KeptFunctions(vars(module), named, look, look(vars(module)))
