"""What a plugin brings, as operators see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.plugins.incidents import PluginPart
from domain.plugins.timings import CallTimes, LoadTimes
from domain.tools.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class BroughtTool:
    """A tool of a plugin. ``reason`` says why it is off, unless an operator switched it off.

    ``source`` is where a tool comes from that comes and goes, empty for the others.
    """

    spec: ToolSpec
    is_on: bool
    reason: str
    source: str
    calls: CallTimes
    previews: CallTimes


@dataclass(frozen=True, slots=True)
class BroughtFunction:
    """A function that a plugin registers: a veto, say. ``where`` is its file and line."""

    part: PluginPart
    name: str
    where: str
    calls: CallTimes


@dataclass(frozen=True, slots=True)
class PluginContents:
    """What a plugin brings; nothing while it is not loaded.

    ``chat_models`` has the default model by name, ``agents`` the description, ``accounts`` the
    title. ``requires`` is the range of Puerto's versions that it declares, empty if it does not.
    """

    requires: str = ""
    load: LoadTimes | None = None
    tools: Sequence[BroughtTool] = ()
    functions: Sequence[BroughtFunction] = ()
    chat_models: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
