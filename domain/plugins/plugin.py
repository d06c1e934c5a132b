"""Plugins, as operators see them, and what they register beside tools."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from domain.models.ports import ChatModel

T = TypeVar("T")

Lifespan = Callable[[], AbstractAsyncContextManager[None]]
"""Makes what is entered when a plugin comes into use, and left when it goes out of use."""


class PluginState(StrEnum):
    """What became of a plugin."""

    ACTIVE = "active"
    DISABLED = "disabled"  # an operator switched it off
    QUARANTINED = "quarantined"  # it is broken; the reason says how
    BLOCKED = "blocked"  # the settings forbid it; it was not even imported


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What an operator sees of a plugin.

    ``reason`` says why it does not work, or which of its tools were refused or set aside and
    why; it is empty if all is well. ``tools`` are the names of its tools that can be called.
    ``file`` is the path of a plugin that is one file; the others have a ``distribution``.
    ``is_whole`` says that nothing that it registers was refused or set aside.
    """

    name: str
    version: str
    distribution: str
    state: PluginState
    reason: str = ""
    tools: tuple[str, ...] = ()
    file: str = ""
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Registered(Generic[T]):
    """Something that a plugin registered."""

    plugin: str
    value: T


@dataclass(frozen=True, slots=True)
class ChatModelOffer:
    """A provider of models: ``factory`` is called when it is first asked."""

    name: str
    factory: Callable[[], ChatModel]
    default_model: str
