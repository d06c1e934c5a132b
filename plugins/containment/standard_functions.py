"""The functions and classes of Python's that the service lives on, and no plugin may take away.

A plugin that sets ``builtins.open`` or ``json.dumps`` to something else sets it for everybody.
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
_ANYTHING: Final = BaseException  # that name may be taken away, too


class _Kept(NamedTuple):
    """The functions of a module: each by its name, and all at once as ``look`` returns them."""

    module: dict[str, Any]
    named: Sequence[tuple[str, str, Any]]
    look: Callable[[dict[str, Any]], Any]
    values: Any


class StandardFunctions:
    """How they were when this was made. To look at some 600 takes about 15 microseconds."""

    def __init__(self) -> None:
        self._kept = [_kept(module) for module in _MODULES]

    def put_back(self) -> Iterator[str]:
        """Put back what was taken or replaced; yield the name of each.

        It needs none of those functions itself.
        """
        for kept in self._kept:
            try:
                if kept.look(kept.module) == kept.values:
                    continue
            except _ANYTHING:
                pass
            for whole_name, name, value in kept.named:
                if kept.module.get(name) is not value:
                    kept.module[name] = value
                    yield whole_name


def _kept(module: ModuleType) -> _Kept:
    named = [
        (f"{module.__name__}.{name}", name, value)
        for name, value in vars(module).items()
        if callable(value) and (module is builtins or not name.startswith("_"))
    ]
    named = [each for each in named if each[0] not in _HOOKS]  # looked at by `ProcessState`
    look = itemgetter(*(name for _, name, _ in named))
    return _Kept(vars(module), named, look, look(vars(module)))
