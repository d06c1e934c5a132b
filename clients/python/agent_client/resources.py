"""What a client offers: chat, conversations, runs, tools, consents; each once, for both faces."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Unpack

from agent_client._core import Call, Core, read
from agent_client._faces import Awaiting, Blocking, Iteration, Operation
from agent_client._following import Following
from agent_client._lists import PAGE, items, path_of
from agent_client._replies import ConsentReply
from agent_client._runs import WAITS, RunFollowing, answer_consent, follow_run, run_failed
from agent_client.errors import UnexpectedAnswerError
from agent_client.fields import ChatFields, ConversationChanges, ConversationFields
from agent_client.records import (
    Answer,
    Consent,
    ConsentAnswered,
    Conversation,
    Execution,
    Message,
    Run,
    Tool,
    WholeConversation,
)
from agent_client.streams import opens_events, opens_run


class _Resource:
    def __init__(self, core: Core) -> None:
        self._core = core


class _ChatOperations(_Resource):
    @Operation
    async def send(self, message: str, **fields: Unpack[ChatFields]) -> Answer:
        """Send a message and return the answer; without a conversation, a new one begins.

        The answer may wait for consent (`Answer.consent_requests`): give the client ``on_consent``,
        or answer with `consents` and go on with ``runs.follow(answer.run_id, answer.cursor)``.

        Raises:
            RunFailedError: there is no answer, since the run failed.

        """
        following = _chat(self._core, message, fields)
        try:
            return await following.answer()
        finally:
            await following.close()

    @opens_run
    def stream(self, message: str, **fields: Unpack[ChatFields]) -> RunFollowing:
        """Send a message, when the stream is first read, and return the events of its run."""
        return _chat(self._core, message, fields)


def _chat(core: Core, message: str, fields: ChatFields) -> RunFollowing:
    given = {name: value for name, value in fields.items() if value is not None}
    body = {**given, "message": message, "stream": True}
    return RunFollowing(core, Call("POST", path_of("chat"), body=body))


class _RunsOperations(_Resource):
    @Operation
    async def get(self, run_id: str) -> Run:
        """Return a run as it stands."""
        return await self._core.get(Call("GET", path_of("runs", run_id)), Run)

    @Operation
    async def cancel(self, run_id: str) -> Run:
        """Stop a run, and return how it stands."""
        return await self._core.get(Call("POST", path_of("runs", run_id, "cancel")), Run)

    @opens_run
    def follow(self, run_id: str, after: str = "") -> RunFollowing:
        """Return the events of a run: from its start, or after a cursor."""
        return follow_run(self._core, run_id, after)

    @Iteration
    def list(
        self, *, conversation_id: str | None = None, status: str | None = None, limit: int = 20
    ) -> AsyncGenerator[Run, None]:
        """Yield your runs, the newest first; ``limit`` is how many a page has."""
        query = {"conversation_id": conversation_id, "status": status, "limit": limit}
        return items(self._core, path_of("runs"), "runs", Run, query)


class _ConversationsOperations(_Resource):
    @Operation
    async def create(
        self, title: str | None = None, **fields: Unpack[ConversationFields]
    ) -> Conversation:
        """Begin an empty conversation."""
        given = {name: value for name, value in fields.items() if value is not None}
        body = given if title is None else {"title": title, **given}
        return await self._core.get(Call("POST", path_of("conversations"), body=body), Conversation)

    @Operation
    async def get(self, conversation_id: str) -> WholeConversation:
        """Return a conversation and its last 100 messages, the oldest first."""
        call = Call("GET", path_of("conversations", conversation_id))
        return await self._core.get(call, WholeConversation)

    @Operation
    async def update(
        self, conversation_id: str, **changes: Unpack[ConversationChanges]
    ) -> Conversation:
        """Rename a conversation, or choose who answers in it from the next message on."""
        path = path_of("conversations", conversation_id)
        return await self._core.get(Call("PATCH", path, body=dict(changes)), Conversation)

    @Operation
    async def delete(self, conversation_id: str) -> None:
        """Forget a conversation, with its messages and runs."""
        await self._core.send(Call("DELETE", path_of("conversations", conversation_id)))

    @Iteration
    def messages(self, conversation_id: str, *, limit: int = PAGE) -> AsyncGenerator[Message, None]:
        """Yield the messages of a conversation, the newest first."""
        path = path_of("chat", conversation_id, "history")
        return items(self._core, path, "messages", Message, {"limit": limit}, is_oldest_first=True)

    @opens_events
    def follow(self, conversation_id: str, after: str = "") -> Following:
        """Return every run's events in a conversation as they come, those begun elsewhere too.

        ``after`` is a cursor, or the id of the last message that is known. Without it: the active
        run from its start, if there is one, and all that begin later. The stream has no end.
        """
        path = path_of("conversations", conversation_id, "events")
        return Following(self._core, Call("GET", path), path, after)

    @Iteration
    def list(self, *, q: str | None = None, limit: int = 20) -> AsyncGenerator[Conversation, None]:
        """Yield your conversations, the last changed first; with ``q``, those that hold it."""
        path = path_of("conversations")
        return items(self._core, path, "conversations", Conversation, {"q": q, "limit": limit})


async def _finished(core: Core, tool: str, waiting: Execution) -> Execution:
    """Follow a call that waits for consent, and return what came of it."""
    following = follow_run(core, waiting.run_id)
    try:
        answer = await following.answer()
    finally:
        await following.close()
    if answer.status == WAITS:
        return Execution(
            tool=tool,
            run_id=waiting.run_id,
            status=WAITS,
            consent_request=answer.requires_consent or waiting.consent_request,
        )
    for each in answer.results:
        if each.id == answer.tool_calls[0].id:  # the others are those that it made itself
            if each.error is not None:
                raise run_failed(each.error, waiting.run_id)
            return Execution(tool=tool, run_id=waiting.run_id, result=each.result)
    raise UnexpectedAnswerError(f"The run {waiting.run_id} ended without a result of its call.")


class _ToolsOperations(_Resource):
    @Operation
    async def execute(self, tool: str, /, **arguments: Any) -> Execution:
        """Call a tool, without the agent, and return its result.

        Every keyword is an argument of the tool. A call that needs consent gives an `Execution`
        that waits, unless the client has ``on_consent``.

        Raises:
            APIError: it is refused, or failed; ``details["tool_error"]`` says how.

        """
        body = {"tool": tool, "parameters": arguments}
        response = await self._core.send(Call("POST", path_of("tools", "execute"), body=body))
        execution = read(response, Execution).model_copy(update={"tool": tool})
        if execution.status != WAITS or self._core.options.on_consent is None:
            return execution
        return await _finished(self._core, tool, execution)

    @Operation
    async def get(self, name: str) -> Tool:
        """Return one tool."""
        return await self._core.get(Call("GET", path_of("tools", name)), Tool)

    @Iteration
    def list(self, *, q: str | None = None, limit: int = PAGE) -> AsyncGenerator[Tool, None]:
        """Yield the tools by name; with the task ``q``, those that fit it, the best first."""
        return items(self._core, path_of("tools"), "tools", Tool, {"q": q, "limit": limit})


class _ConsentsOperations(_Resource):
    @Operation
    async def get(self, request_id: str) -> Consent:
        """Return a consent request as it stands."""
        return await self._core.get(Call("GET", path_of("consents", request_id)), Consent)

    @Operation
    async def approve(
        self,
        request_id: str,
        *,
        arguments: Mapping[str, Any] | None = None,
        confirm: Mapping[str, Any] | None = None,
    ) -> ConsentAnswered:
        """Approve a call: with other ``arguments``, and those to ``confirm`` typed again."""
        reply = ConsentReply(approved=True, arguments=arguments, confirm=confirm)
        return await answer_consent(self._core, request_id, reply)

    @Operation
    async def reject(self, request_id: str, *, reason: str = "") -> ConsentAnswered:
        """Say no; the agent is told the reason."""
        return await answer_consent(self._core, request_id, ConsentReply(reason=reason))

    @Operation
    async def reply(self, request_id: str, reply: ConsentReply) -> ConsentAnswered:
        """Answer a request of any kind."""
        return await answer_consent(self._core, request_id, reply)

    @Iteration
    def list(self, *, status: str | None = None, limit: int = 20) -> AsyncGenerator[Consent, None]:
        """Yield what your runs have asked, the newest first; ``waiting`` is what is open."""
        query = {"status": status, "limit": limit}
        return items(self._core, path_of("consents"), "consents", Consent, query)


class Chat(Blocking, _ChatOperations):
    """Messages to the agent, and its answers."""


class AsyncChat(Awaiting, _ChatOperations):
    """Messages to the agent, and its answers."""


class Conversations(Blocking, _ConversationsOperations):
    """Conversations, and what was said in them."""


class AsyncConversations(Awaiting, _ConversationsOperations):
    """Conversations, and what was said in them."""


class Runs(Blocking, _RunsOperations):
    """Runs: messages that are being answered, or were."""


class AsyncRuns(Awaiting, _RunsOperations):
    """Runs: messages that are being answered, or were."""


class Tools(Blocking, _ToolsOperations):
    """Tools, and calls of them without the agent."""


class AsyncTools(Awaiting, _ToolsOperations):
    """Tools, and calls of them without the agent."""


class Consents(Blocking, _ConsentsOperations):
    """What runs ask a person, and the answers."""


class AsyncConsents(Awaiting, _ConsentsOperations):
    """What runs ask a person, and the answers."""
