"""Attribution of running code to plugins, so that a plugin can cancel only its own tasks.

Code of plugins shares the event loop with the service. While it is awaited here a context variable
names the plugin, which the tasks that it starts inherit; and after each of its steps, before
anything else runs on the loop, the state of the process is checked
(`plugins.containment.process_state`).
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from functools import partial, wraps
from time import perf_counter
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from domain.models.messages import ModelRequest, Piece
from domain.models.ports import ChatModel
from domain.plugins.plugin import Lifespan
from domain.plugins.timings import CallTimes
from plugins.containment.process_state import (
    ProcessChange,
    blame,
    check_process,
    check_step,
    check_unknown,
)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Acting:
    """Running code of a plugin; ``who`` describes it, ``host`` is the task that it runs in."""

    plugin: str
    who: str
    host: asyncio.Task[Any] | None = field(default=None, repr=False)

    def may_cancel(self, task: "OwnedTask") -> bool:
        """Return whether the code runs in this task, or the plugin started the task."""
        owner = task.acting
        return task is self.host or (owner is not None and owner.plugin == self.plugin)


_ACTING: Final[ContextVar[Acting | None]] = ContextVar("acting", default=None)
_at_work: Final[dict["acting", Acting]] = {}  # plugins' code that runs or is awaited now


class OwnedTask(asyncio.Task[Any]):
    """A task that a plugin can cancel only if it has started it; an attempt is an offence."""

    __slots__ = ("acting",)

    def __init__(
        self,
        work: Coroutine[Any, Any, Any],
        *,
        loop: asyncio.AbstractEventLoop,
        name: str | None = None,
        context: Context | None = None,
    ) -> None:
        self.acting = _ACTING.get() if context is None else context.get(_ACTING)
        steps = work if self.acting is None else _Stepped(work, self.acting)
        super().__init__(steps, loop=loop, name=name, context=context)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the task; return False if it has ended, or the caller may not cancel it."""
        acting = _ACTING.get()
        if acting is None or self.done() or acting.may_cancel(self):
            return super().cancel(msg)
        blame(acting.plugin, acting.who, "cancelled a task that is not its own")
        return False


def own_task(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> OwnedTask:
    """Create a task of a coroutine: the task factory of the service's event loop."""
    return OwnedTask(work, loop=loop, **options)


class acting:  # noqa: N801  a context manager that is no generator: see `__exit__`
    """Attributes what runs meanwhile to the plugin, and checks the process at the end."""

    def __init__(self, plugin: str, who: str) -> None:
        try:
            self._now = Acting(plugin, who, asyncio.current_task())
        except RuntimeError:  # there is no loop in this thread
            self._now = Acting(plugin, who)

    def __enter__(self) -> Acting:
        self._before = _ACTING.set(self._now)
        _at_work[self] = self._now
        return self._now

    def __exit__(self, *_: object) -> None:
        check_process(self._now.who, self._now.plugin)  # first: a plugin may have deleted `next`
        del _at_work[self]
        _ACTING.reset(self._before)


def in_own_thread(call: Callable[[], T]) -> T:
    """Call a function in this thread, attributed to the plugin of the context, if there is one."""
    if (now := _ACTING.get()) is None:
        return call()
    with acting(now.plugin, now.who):
        return call()


def check_between() -> None:
    """Check the process between plugins' calls: any code that is running may have changed it."""
    check_unknown(_suspect)


def _suspect(change: ProcessChange) -> tuple[str, str]:
    """Return description and plugin of the code that made a change; the plugin is empty if unsure.

    Code on the loop is checked for some changes after each step: a thread made those.
    """
    suspects = {
        each.plugin: each.who
        for each in tuple(_at_work.values())
        if each.host is None or not change.is_checked_each_step
    }
    match list(suspects.items()):
        case []:
            return "some code of a plugin's, between its calls", ""
        case [(plugin, who)]:
            return who, plugin
    return f"one of: {', '.join(sorted(suspects.values()))}", ""


async def watched(plugin: str, who: str, work: Callable[[], Awaitable[T]]) -> T:
    """Await a plugin's code, attributed to the plugin meanwhile, and return its result."""
    with acting(plugin, who) as now:
        return await _Stepped(_awaited(work), now)


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


class _Stepped(Coroutine[Any, Any, T]):
    """Wrapper of a plugin's coroutine that checks Python's functions after each step."""

    __slots__ = ("_acting", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], acting: Acting) -> None:
        self._work = work
        self._acting = acting

    def send(self, value: Any, /) -> Any:
        try:
            return self._work.send(value)
        finally:
            check_step(self._acting.who, self._acting.plugin)

    def throw(self, *error: Any) -> Any:
        try:
            return self._work.throw(*error)
        finally:
            check_step(self._acting.who, self._acting.plugin)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        return self  # it has all methods of a generator that `await` needs

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)


def watched_function(
    plugin: str, what: str, function: Callable[P, Awaitable[T]], calls: CallTimes
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return an async function that calls a plugin's, timed and attributed to the plugin."""

    @wraps(function, updated=())
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        work = partial(function, *args, **kwargs)
        began = perf_counter()
        try:
            return await watched(plugin, _description(what, plugin), work)
        finally:
            calls.note(perf_counter() - began)

    return call


def watched_lifespan(plugin: str, function: Lifespan, entries: CallTimes) -> Lifespan:
    """Return a lifespan that wraps a plugin's: entering and leaving are attributed to it.

    Entering is timed.
    """

    @wraps(function, updated=())
    def make() -> AbstractAsyncContextManager[None]:
        return _WatchedLife(plugin, function, entries)

    return make


class _WatchedLife(AbstractAsyncContextManager[None]):
    def __init__(self, plugin: str, function: Lifespan, entries: CallTimes) -> None:
        self._plugin = plugin
        self._entries = entries
        self._who = _description("lifespan", plugin)
        self._function = function
        self._life: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> None:
        began = perf_counter()
        try:
            await watched(self._plugin, self._who, self._enter)
        finally:
            self._entries.note(perf_counter() - began)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        assert self._life is not None  # noqa: S101  it was entered
        leave = partial(self._life.__aexit__, kind, error, trace)
        return await watched(self._plugin, self._who, leave)

    async def _enter(self) -> None:
        life = self._function()
        await life.__aenter__()
        self._life = life


def watched_model(plugin: str, factory: Callable[[], ChatModel]) -> Callable[[], ChatModel]:
    """Return a factory of models that wraps a plugin's: their streams are attributed to it."""

    @wraps(factory, updated=())
    def make() -> Any:
        with acting(plugin, _description("provider of models", plugin)):
            model = factory()
        is_model = callable(getattr(model, "stream", None))
        return _WatchedModel(plugin, model) if is_model else model

    return make


class _WatchedModel:
    def __init__(self, plugin: str, model: ChatModel) -> None:
        self.provider = getattr(model, "provider", "")
        self._plugin = plugin
        self._who = _description("model", plugin)
        self._model = model

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of the model's answer."""
        with acting(self._plugin, self._who):
            pieces = self._model.stream(request)
            anext_ = pieces.__anext__
        try:
            while True:
                try:
                    piece = await watched(self._plugin, self._who, anext_)
                except StopAsyncIteration:
                    return
                yield piece
        finally:
            await watched(self._plugin, self._who, pieces.aclose)

    async def close(self) -> None:
        """Close the model."""
        await watched(self._plugin, self._who, self._model.close)


def _description(what: str, plugin: str) -> str:
    return f"the {what} of the plugin {plugin}"


HANDING_OVER: Final = frozenset(
    each.__code__
    for each in (_awaited, watched, _Stepped.send, _Stepped.throw, _Stepped.__next__, in_own_thread)
)
"""The functions here that do nothing but call a plugin's code."""
