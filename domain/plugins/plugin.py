"""The records of plugins: their state for operators, and what they register beside tools."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin, as operators see it.

    ``reason`` says why it does not work, or which of its tools were refused or quarantined and
    why; it is empty if all is well. ``tools`` are the names of its callable tools. ``file`` is the
    path of a plugin that is one file; the others have a ``distribution``. ``is_whole`` says that
    nothing that it registers was refused or quarantined. ``notes`` tell its author what works, but
    should be changed.
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
