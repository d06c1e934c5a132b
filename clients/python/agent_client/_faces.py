"""One implementation, two faces: every operation is written once, as a coroutine function.

On an `Awaiting` face an operation is awaited. On a `Blocking` one it is run to its end at once: its
transport never suspends, so one step of the coroutine is all there is (`run`), with no event loop
and no thread.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from functools import partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")


class Blocking:
    """A face whose operations return when they are done."""


class Awaiting:
    """A face whose operations are awaited."""


def run(awaitable: Awaitable[T]) -> T:
    """Run a coroutine that never suspends to its end, and return what it returns."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    steps.close()
    message = (
        "This client blocks: what it is given (a callback?) must not await. Use AsyncAgentClient."
    )
    raise RuntimeError(message)


def iterate(generator: AsyncGenerator[T, None]) -> Iterator[T]:
    """Yield what an asynchronous generator that never suspends yields; close it at the end."""
    try:
        while True:
            try:
                yield run(anext(generator))
            except StopAsyncIteration:
                return
    finally:
        run(generator.aclose())


class _Bound(Generic[P, T]):
    """What both kinds of operation share: the function, its name and its docstring."""

    def __init__(self, function: Callable[Concatenate[Any, P], T]) -> None:
        self._function = function
        update_wrapper(self, function)  # type: ignore[arg-type]  # typeshed wants a callable

    def _bind(self, face: object) -> Callable[P, T]:
        return partial(self._function, face)


class Operation(_Bound[P, Coroutine[Any, Any, T]]):
    """A method that returns one thing."""

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, face: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, face: object, owner: type) -> Any:
        """Return the method of a face."""
        if face is None:
            return self
        bound = self._bind(face)
        if not isinstance(face, Blocking):
            return bound

        def blocking(*args: P.args, **kwargs: P.kwargs) -> T:
            return run(bound(*args, **kwargs))

        return update_wrapper(blocking, self._function)


class Iteration(_Bound[P, AsyncGenerator[T, None]]):
    """A method that returns an iterator, page by page."""

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, face: Awaiting, owner: type) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(self, face: object, owner: type) -> Any:
        """Return the method of a face."""
        if face is None:
            return self
        bound = self._bind(face)
        if not isinstance(face, Blocking):
            return bound

        def blocking(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            return iterate(bound(*args, **kwargs))

        return update_wrapper(blocking, self._function)
