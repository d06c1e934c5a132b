"""Streams of events, as they are iterated."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import update_wrapper
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from agent_client._faces import Awaiting, Blocking, Operation, run
from agent_client._following import Following
from agent_client._replies import ConsentReply
from agent_client._runs import RunFollowing
from agent_client.events import AnyEvent
from agent_client.records import Answer, ConsentAnswered, ConsentRequest, Run

P = ParamSpec("P")
F = TypeVar("F", bound=Following)
S = TypeVar("S", bound=Blocking)
A = TypeVar("A", bound=Awaiting)


class _Stream(Generic[F]):
    def __init__(self, following: F) -> None:
        self._following = following

    @property
    def cursor(self) -> str:
        """The cursor of the last event, from which another stream can go on."""
        return self._following.cursor

    @Operation
    async def close(self) -> None:
        """Leave the stream. What it follows goes on."""
        await self._following.close()


class _BlockingStream(Blocking, _Stream[F]):
    def __iter__(self) -> Iterator[AnyEvent]:
        """Yield the events; leave the stream when the loop is left. Another loop goes on."""
        try:
            while (event := run(self._following.next())) is not None:
                yield event
                if self._following.is_last(event):
                    return
        finally:
            run(self._following.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        run(self._following.close())


class _AwaitingStream(Awaiting, _Stream[F]):
    async def __aiter__(self) -> AsyncIterator[AnyEvent]:
        """Yield the events. Another loop goes on; ``async with`` leaves the stream."""
        while (event := await self._following.next()) is not None:
            yield event
            if self._following.is_last(event):
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._following.close()


class EventStream(_BlockingStream[Following]):
    """The events of a conversation, as they come; it has no end."""


class AsyncEventStream(_AwaitingStream[Following]):
    """The events of a conversation, as they come; it has no end."""


class _RunOperations(_Stream[RunFollowing]):
    @property
    def run_id(self) -> str:
        """The id of the run.

        Raises:
            AgentClientError: it has none yet, since its first event has not been read.

        """
        return self._following.run_id

    @property
    def conversation_id(self) -> str | None:
        """Its conversation; None before its first event, and of a tool call without the agent."""
        return self._following.transcript.conversation_id

    @property
    def text(self) -> str:
        """The text of the answer so far."""
        return self._following.transcript.text

    @property
    def consent_requests(self) -> Sequence[ConsentRequest]:
        """What the run asked and nobody has answered, as far as this stream knows."""
        return tuple(self._following.transcript.waiting.values())

    @Operation
    async def approve(
        self,
        request: ConsentRequest | str | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        confirm: Mapping[str, Any] | None = None,
    ) -> ConsentAnswered:
        """Approve what the run asks; name the request where it asks several things.

        ``arguments`` take the place of those that were asked for; ``confirm`` holds those that
        must be typed again.
        """
        reply = ConsentReply(approved=True, arguments=arguments, confirm=confirm)
        return await self._following.reply(self._named(request), reply)

    @Operation
    async def reject(
        self, request: ConsentRequest | str | None = None, *, reason: str = ""
    ) -> ConsentAnswered:
        """Say no to what the run asks; the agent is told the reason."""
        return await self._following.reply(self._named(request), ConsentReply(reason=reason))

    @Operation
    async def reply(self, request: ConsentRequest | str, reply: ConsentReply) -> ConsentAnswered:
        """Answer a request of any kind."""
        return await self._following.reply(self._named(request), reply)

    @Operation
    async def cancel(self) -> Run:
        """Stop the run, and return how it stands."""
        return await self._following.cancel()

    @Operation
    async def answer(self) -> Answer:
        """Read on to the end, or to where the run waits for consent; return what it comes to.

        Raises:
            RunFailedError: the run failed.

        """
        return await self._following.answer()

    def _named(self, request: ConsentRequest | str | None) -> str:
        if request is not None:
            return request if isinstance(request, str) else request.id
        waiting = self.consent_requests
        if len(waiting) != 1:
            message = f"The run asks {len(waiting)} things: name the one that is answered."
            raise ValueError(message)
        return waiting[0].id


class RunStream(_RunOperations, _BlockingStream[RunFollowing]):
    """A run that is followed: its events, each once, to the end or to where it waits for consent.

    It goes on by itself after a cut. The run itself goes on whether it is followed or not.
    """


class AsyncRunStream(_RunOperations, _AwaitingStream[RunFollowing]):
    """A run that is followed: its events, each once, to the end or to where it waits for consent.

    It goes on by itself after a cut. The run itself goes on whether it is followed or not.
    """


class Opening(Generic[P, S, A]):
    """A method that returns a stream: of the one kind on a blocking face, of the other else."""

    def __init__(
        self,
        function: Callable[Concatenate[Any, P], Any],
        blocking: Callable[[Any], S],
        awaiting: Callable[[Any], A],
    ) -> None:
        self._function = function
        self._blocking = blocking
        self._awaiting = awaiting

    @overload
    def __get__(self, face: None, owner: type) -> Self: ...
    @overload
    def __get__(self, face: Blocking, owner: type) -> Callable[P, S]: ...
    @overload
    def __get__(self, face: Awaiting, owner: type) -> Callable[P, A]: ...
    def __get__(self, face: object, owner: type) -> Any:
        """Return the method of a face."""
        if face is None:
            return self
        stream: Any = self._blocking if isinstance(face, Blocking) else self._awaiting

        def opening(*args: P.args, **kwargs: P.kwargs) -> Any:
            return stream(self._function(face, *args, **kwargs))

        return update_wrapper(opening, self._function)


def opens_run(
    function: Callable[Concatenate[Any, P], RunFollowing],
) -> Opening[P, RunStream, AsyncRunStream]:
    """Make a method of what says how to follow a run."""
    return Opening(function, RunStream, AsyncRunStream)


def opens_events(
    function: Callable[Concatenate[Any, P], Following],
) -> Opening[P, EventStream, AsyncEventStream]:
    """Make a method of what says how to follow events without an end."""
    return Opening(function, EventStream, AsyncEventStream)
