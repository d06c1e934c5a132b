"""The context of a tool call: who calls, and what the call may use."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, overload

from domain.accounts.users import User
from domain.conversations.conversation import Message
from domain.shared.errors import ToolFailed
from domain.tools.artifacts import Artifact
from domain.tools.context import PluginContext
from domain.tools.credentials import AccountCredentials
from domain.tools.questions import Asker, NoAsker
from domain.tools.result_pages import ResultPage
from domain.tools.secrets import Secrets
from domain.tools.services import CallServices, NoServices
from domain.tools.storage import MemoryValues, PluginStorage, Storage

_PAUSE_SECONDS: Final = 0.05

T = TypeVar("T")

ConversationSearch = Callable[[str, int], Awaitable[Sequence[Message]]]
ProgressReport = Callable[[str, float | None], None]
OutputReport = Callable[[str], None]
ToolSearch = Callable[[str], Awaitable[Sequence[Mapping[str, str]]]]
SchemaReader = Callable[[str, str], Awaitable[Mapping[str, Any]]]
CredentialsReader = Callable[[str, str], Awaitable[AccountCredentials]]
ResultReader = Callable[[str, int], Awaitable[ResultPage]]
ArtifactReader = Callable[[str], Awaitable[Artifact]]


def _no_output(_text: str) -> None:
    """Show nothing of a result that is yielded."""


def _no_progress(_message: str, _fraction: float | None) -> None:
    """Ignore a progress report."""


async def _unhurried(work: Awaitable[T]) -> T:
    """Await what a call is given; an error comes after a pause.

    A tool that tries again for ever, whatever comes, would hold the event loop with errors that
    come at once.
    """
    try:
        return await work
    except Exception:
        await asyncio.sleep(_PAUSE_SECONDS)
        raise


async def _no_results(call_id: str, _page: int) -> ResultPage:
    raise ToolFailed(f"There is no result of a call {call_id!r} here.")


async def _no_artifact(artifact_id: str) -> Artifact:
    raise ToolFailed(f"There is no file {artifact_id!r} here.")


async def _no_credentials(account: str, _rejected: str) -> AccountCredentials:
    raise ToolFailed(f"There is no account {account!r} here.")


async def _no_schema(tool: str, _place: str) -> Mapping[str, Any]:
    raise ToolFailed(f"There is no tool {tool!r} here.")


async def _no_tools(_query: str) -> Sequence[Mapping[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class ToolContext(PluginContext):
    """The context of a tool call: that of its plugin, who calls, and what a call may use.

    ``call_id`` stays the same on a retry, so it can serve as an idempotency key.
    ``search_conversations(text, limit)`` finds messages of this user, newest first.
    ``secrets`` holds what the tool requires, and the plugin's secret settings. ``user_storage`` is
    the plugin's storage for this user. ``cancelled`` is set when the result is
    no longer awaited: a tool that runs in a thread should check it, or wait on it.
    ``read_result(call_id, page)`` returns a page of the result of an earlier call of this
    conversation, ``read_artifact(id)`` a file that a tool has made for this user.
    ``search_tools(query)`` returns the tools for a task, each as ``{name, description}``;
    ``read_schema(tool, place)`` returns a part of a tool's parameters.
    ``stream_output(text)`` shows a piece of a result to those who follow the run.
    """

    user: User
    call_id: str
    search_conversations: ConversationSearch
    run_id: str | None = None
    conversation_id: str | None = None
    secrets: Secrets = field(default_factory=Secrets)
    user_storage: Storage = field(default_factory=lambda: PluginStorage(MemoryValues(), ""))
    cancelled: threading.Event = field(default_factory=threading.Event)
    report: ProgressReport = field(default=_no_progress, repr=False)
    stream_output: OutputReport = field(default=_no_output, repr=False)
    read_result: ResultReader = field(default=_no_results, repr=False)
    read_artifact: ArtifactReader = field(default=_no_artifact, repr=False)
    search_tools: ToolSearch = field(default=_no_tools, repr=False)
    read_schema: SchemaReader = field(default=_no_schema, repr=False)
    asker: Asker = field(default_factory=NoAsker, repr=False)
    services: CallServices = field(default_factory=NoServices, repr=False)
    read_credentials: CredentialsReader = field(default=_no_credentials, repr=False)

    @overload
    def ask(self, schema: type[T], message: str) -> Awaitable[T]: ...

    @overload
    def ask(self, schema: object, message: str) -> Awaitable[Any]: ...

    def ask(self, schema: Any, message: str) -> Awaitable[Any]:
        """Ask the user for a value of this type: a pydantic model, or any type pydantic knows.

        Where there is no answer yet, this *ends the attempt*: the run waits, without holding
        anything, for as long as it takes, restarts included. With the answer the tool is called
        again **from its beginning**, with the same ``call_id``, and is given it here. So ask first
        and act afterwards, and ask the same questions in the same order in each attempt.

        Raises:
            AskDeclined: the user declined; the tool may go on without the answer.
            InvalidArguments: the answer does not fit: one of the type's own validators refused it.
            ToolFailed: the question cannot be put: the tool is not async, or the type holds a
                secret, which belongs into a setting or an account.

        """
        return _unhurried(self.asker.ask(schema, message))

    async def ask_model(self, prompt: str, *, system: str = "") -> str:
        """Return the answer of the run's model, or of its fallbacks, to a prompt.

        The model sees neither the conversation nor any tool. What it uses counts for the run, and a
        call asks 10 times at most. The guards of messages are shown the prompt. A later attempt of
        the call that asks the same is given the same answer.

        Raises:
            ToolRefused: the prompt is too long, a guard blocks it, or the call has asked enough.
            ToolFailed: no model gave an answer.

        """
        return await _unhurried(self.services.ask_model(prompt, system))

    async def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the result of a call of another tool, a JSON value.

        Policy and vetoes judge it as they do a call of the model; where they ask, the user is asked
        as by `ask`, which ends the attempt. It is an event of its own. A later attempt of this call
        that makes the same is given the same result.

        Raises:
            UnknownTool: there is no such tool, or the agent has it not.
            InvalidArguments: the arguments do not fit.
            ToolRefused: the policy or a plugin forbids it, or it cannot be made from here.
            AskDeclined: the user did not consent.
            ToolFailed: it gave no result.

        """
        return await _unhurried(self.services.call_tool(name, arguments, self.asker))

    async def credentials(
        self, account: str, *, rejected: AccountCredentials | None = None
    ) -> AccountCredentials:
        """Return the caller's own credentials for an account that the plugin declares.

        Where the user has not connected it, this *ends the attempt* as `ask` does: the run waits
        until the user has, and the tool is called again **from its beginning**. Access tokens are
        renewed before they end, so ask for them in each call, and keep none.

        ``rejected`` are credentials that the service has just refused (401): they are renewed, and
        where that is not possible the user is asked to connect the account again.

        Raises:
            AskDeclined: the user does not connect it.
            ToolFailed: the plugin declares no such account, the tool is not async, or the service
                gives no access now.

        """
        token = "" if rejected is None else rejected.token
        return await _unhurried(self.read_credentials(account, token))

    async def progress(self, message: str, fraction: float | None = None) -> None:
        """Report progress to those who follow the run; ``fraction`` is the part done, from 0 to 1.

        At most a few reports a second are published, cut to 200 characters.
        """
        self.report(message, fraction)
        await asyncio.sleep(0)

    def report_progress(self, message: str, fraction: float | None = None) -> None:
        """Report progress as `progress` does, from any thread."""
        self.report(message, fraction)
