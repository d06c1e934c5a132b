"""Trial of a tool's preview: it has to be quick, and to change nothing."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from typing_extensions import override

from domain.execution.steps.previewing import PREVIEW_SECONDS
from domain.shared.untrusted import TooLate, in_short, within
from domain.tools.http import NoHttpClient
from domain.tools.preview import shown_preview
from domain.tools.storage import MemoryValues, PluginStorage
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import FunctionTool
from plugins.checking.findings import Finding, Level, SourcePlace
from plugins.checking.sealing import Attempts
from plugins.checking.tools import place_of
from plugins.host.admission import AdmittedTool

RULE: Final = "preview"

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ACTS: Final = "a preview only reads: leave that to the tool"


class _WatchedHttp(NoHttpClient):
    """No network; ``actions`` gets the requests that do not only read."""

    def __init__(self, actions: list[str]) -> None:
        self._actions = actions

    @override
    async def request(self, method: str, url: str, **options: Any) -> Any:
        self._note(method, url)
        return await super().request(method, url, **options)

    @override
    def stream(self, method: str, url: str, **options: Any) -> Any:
        self._note(method, url)
        return super().stream(method, url, **options)

    def _note(self, method: str, url: str) -> None:
        if str(method).upper() not in _READING:
            self._actions.append(f"it sends {method} {url}")


class _WatchedValues(MemoryValues):
    """An empty storage; ``actions`` gets what is stored and deleted."""

    def __init__(self, actions: list[str]) -> None:
        super().__init__()
        self._actions = actions

    @override
    async def put(self, plugin: str, owner: str, key: str, value: Any, *, most: int) -> bool:
        self._actions.append(f"it stores {key!r}")
        return True

    @override
    async def remove(self, plugin: str, owner: str, key: str) -> bool:
        self._actions.append(f"it deletes {key!r}")
        return True


def has_preview(tool: AdmittedTool) -> bool:
    """Return whether the tool's author wrote a preview."""
    if isinstance(tool.tool, FunctionTool):
        return tool.tool.previewer is not None
    return callable(getattr(tool.tool, "preview", None))


def place_of_preview(tool: AdmittedTool) -> SourcePlace:
    """Return the position of the preview's function, or else of the tool's."""
    previewer = tool.tool.previewer if isinstance(tool.tool, FunctionTool) else None
    code = getattr(previewer.function if previewer is not None else None, "__code__", None)
    return place_of(tool.tool) if code is None else SourcePlace.of(code)


async def try_preview(
    tool: AdmittedTool,
    arguments: Mapping[str, Any],
    context: ToolContext,
    attempts: Attempts,
    seconds: float = PREVIEW_SECONDS,
) -> list[Finding]:
    """Make a preview, within the time that the service gives it; return the findings."""
    actions: list[str] = []
    storage = PluginStorage(_WatchedValues(actions), tool.spec.plugin)
    context = replace(context, http=_WatchedHttp(actions), storage=storage, user_storage=storage)
    before, problem = len(attempts), None
    try:
        shown_preview(await within(seconds, partial(tool.preview, arguments, context)))
    except TooLate:
        message = f"the preview takes more than {seconds:g} s: people are asked without it"
        problem = Level.ERROR, RULE, message, "show what is known at once"
    except Exception as error:  # noqa: BLE001  the author's code
        if len(attempts) > before or "there is no network" in str(error):
            message = "its preview was tried only until it asked the network, which is off here"
            problem = Level.NOTE, "trial", message, ""
        else:
            message = f"the preview failed: {in_short(error)}"
            problem = Level.WARNING, RULE, message, "a preview is a Preview, or a text"
    found = [(Level.ERROR, RULE, f"the preview acts: {each}", _ACTS) for each in actions]
    place, subject = place_of_preview(tool), tool.spec.name
    return [
        Finding(level, rule, subject, message, advice, place)
        for level, rule, message, advice in [*found, *([problem] if problem else [])]
    ]
