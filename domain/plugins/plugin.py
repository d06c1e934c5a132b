"""The records of plugins: their state for operators, and what they register beside tools."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from domain.models.ports import ChatModel

T = TypeVar("T")

Lifespan = Callable[[], AbstractAsyncContextManager[None]]
"""Returns the context manager entered when a plugin is enabled, and left when disabled."""


class PluginState(StrEnum):
    """The state of a plugin."""

    ACTIVE = "active"
    DISABLED = "disabled"  # an operator switched it off
    QUARANTINED = "quarantined"  # it failed, and the service disabled it; the reason says how
    WAITING = "waiting"  # for its settings: some are missing or do not fit
    BLOCKED = "blocked"  # PUERTO_PLUGINS_BLOCKED names it; it is not imported


class ProblemKind(StrEnum):
    """What is wrong with a plugin."""

    REFUSED = "refused"  # something that it registers is invalid, or its name is taken
    QUARANTINED = "quarantined"  # the plugin, or a tool of it
    SETTING = "setting"  # one is missing or does not fit
    INCIDENT = "incident"  # something of it failed while it was in use


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """One thing that is wrong with a plugin, and what to do about it.

    ``where`` is a file and a line, empty where they are not known. ``count`` says how often it
    happened since ``since``; that is None where nobody noted it.
    """

    kind: ProblemKind
    what: str
    where: str = ""
    since: datetime | None = None
    count: int = 1
    remedy: str = ""

    @property
    def words(self) -> str:
        """The problem in words, for a list of reasons."""
        return f"refused: {self.what}" if self.kind is ProblemKind.REFUSED else self.what


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin, as operators see it.

    ``reason`` says why it does not work, or which of its tools were refused or quarantined and
    why; it is empty if all is well. ``tools`` are the names of its callable tools. ``file`` is the
    path of a plugin that is one file; the others have a ``distribution``. ``is_whole`` says that
    nothing that it registers was refused or quarantined. ``notes`` tell its author what works, but
    should be changed. ``problems`` are what ``reason`` tells in one line.
    """

    name: str
    version: str
    distribution: str
    state: PluginState
    reason: str = ""
    tools: tuple[str, ...] = ()
    file: str = ""
    is_whole: bool = True
    notes: tuple[str, ...] = ()
    problems: tuple[PluginProblem, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Registered(Generic[T]):
    """A value that a plugin registered, with the plugin's name."""

    plugin: str
    value: T


@dataclass(frozen=True, slots=True)
class ChatModelOffer:
    """A model provider that a plugin registers; ``factory`` is called on its first use."""

    name: str
    factory: Callable[[], ChatModel]
    default_model: str
