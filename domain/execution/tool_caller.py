"""The tool caller: makes a tool's context, runs the tool, and stores its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from domain.accounts.users import User
from domain.conversations.calls import CallOutcome
from domain.conversations.conversation import Message
from domain.conversations.ports import Conversations
from domain.execution.call_services.inputs import UserInputs
from domain.execution.progress import Reporter
from domain.execution.results import Results
from domain.execution.tool_calls import perform
from domain.execution.tool_selection import ToolSelector
from domain.plugins.incidents import ReportIncident, no_report
from domain.runs.call_events import ToolErred, ToolFinished
from domain.runs.events import Body
from domain.runs.run import Call, Run
from domain.shared.errors import ToolFailed
from domain.shared.paging import MAX_LIMIT
from domain.tools.context import PluginContexts
from domain.tools.http import ReadingHttpClient
from domain.tools.ports import Toolbox
from domain.tools.questions import Asker, NoAsker, ToolQuestion
from domain.tools.result_pages import ResultPage, page_of
from domain.tools.secrets import Secrets, discreet_log
from domain.tools.services import CallServices, NoServices
from domain.tools.tool import Tool, ToolSpec
from domain.tools.tool_context import ToolContext

Say = Callable[[Body], None]

_NO_SERVICES: Final = NoServices()


class ToolCaller:
    """Runs tool calls.

    ``environ`` holds the environment variables that tools may require; ``tell`` records what is
    wrong with a tool.
    """

    def __init__(
        self,
        conversations: Conversations,
        results: Results,
        contexts: PluginContexts,
        environ: Mapping[str, str],
        tool_selector: ToolSelector,
        inputs: UserInputs,
        tell: ReportIncident = no_report,
    ) -> None:
        self._conversations = conversations
        self._results = results
        self._contexts = contexts
        self._environ = environ
        self._tool_selector = tool_selector
        self.inputs: Final = inputs
        self._tell = tell

    def toolbox(self, run: Run) -> Toolbox:
        """Return the tools that a run may call."""
        return self._tool_selector.toolbox(run)

    async def call(
        self,
        tool: Tool,
        call: Call,
        run: Run,
        user: User,
        say: Say,
        services: CallServices = _NO_SERVICES,
    ) -> ToolFinished | ToolErred | ToolQuestion:
        """Run the tool; return its result or error, redacted. ``say`` publishes its progress.

        Where it put a question to its user instead, that comes back: the call is suspended.

        Raises:
            Unavailable: the database, which has to store the result, does not answer.

        """
        secrets = self._secrets(tool.spec)
        reporter = Reporter(call.id, call.tool, secrets, say)
        try:
            asker = self._asker(call, secrets)
            context = replace(
                self._context(tool.spec, call, run, user, secrets),
                report=reporter.report,
                stream_output=reporter.stream_output,
                asker=asker,
                read_credentials=self.inputs.credentials(user.id, tool.spec.plugin, secrets, asker),
                services=services,
            )
            body = await perform(tool, call, context, self._tell)
        finally:
            reporter.close()
        if not isinstance(body, ToolFinished):
            return body
        return replace(body, result=await self._results.keep(body.result, call, run, secrets))

    def _asker(self, call: Call, secrets: Secrets) -> Asker:
        if call.parent is not None:
            return NoAsker(f"{call.tool} was called by a tool, so it cannot ask its user.")
        return self.inputs.questions(call, secrets)

    def preview_context(self, spec: ToolSpec, call: Call, run: Run, user: User) -> ToolContext:
        """Return the context of a call's preview: its HTTP client only reads, nothing is shown."""
        secrets = self._secrets(spec)
        context = self._context(spec, call, run, user, secrets)
        reader = self.inputs.credentials(user.id, spec.plugin, secrets, NoAsker())
        return replace(context, http=ReadingHttpClient(context.http), read_credentials=reader)

    def _secrets(self, spec: ToolSpec) -> Secrets:
        values = {name: self._environ.get(name, "").strip() for name in spec.requires}
        required = {name: value for name, value in values.items() if value}
        return Secrets({**self._contexts.secrets(spec.plugin), **required}).hide_in_log()

    def _context(
        self, spec: ToolSpec, call: Call, run: Run, user: User, secrets: Secrets
    ) -> ToolContext:
        async def search(text: str, limit: int) -> Sequence[Message]:
            question_id = run.started.question_id  # contains the words itself
            found = await self._conversations.search(user.id, text, limit, question_id)
            return [replace(each, content=each.for_models) for each in found if each.for_models]

        async def read(call_id: str, page: int) -> ResultPage:
            outcome = await self._outcome(run, call_id)
            return page_of(call_id, await self._results.text(user.id, outcome), page)

        plugin = self._contexts.of(spec.plugin)
        return ToolContext(
            plugin=plugin.plugin,
            log=discreet_log(f"puerto.tools.{spec.name}", lambda: secrets),
            http=plugin.http,
            clock=plugin.clock,
            storage=plugin.storage,
            user_storage=self._contexts.user_storage(spec.plugin, user.id),
            read_settings=plugin.read_settings,
            user=user,
            call_id=call.id,
            search_conversations=search,
            run_id=run.id,
            conversation_id=run.started.conversation_id,
            secrets=secrets,
            read_result=read,
            read_artifact=partial(self._results.artifact, user.id),
            search_tools=partial(self._tool_selector.search, run),
            read_schema=partial(self._tool_selector.schema, run),
        )

    async def _outcome(self, run: Run, call_id: str) -> CallOutcome:
        """Return the outcome of a call of this run, or of an earlier run of the conversation."""
        call = run.calls.get(call_id)
        if call is not None and call.is_settled:
            return call.outcome()
        if run.started.conversation_id:
            page = await self._conversations.messages(
                run.started.user_id, run.started.conversation_id, MAX_LIMIT, None
            )
            for message in page.items:
                for outcome in message.results:
                    if outcome.id == call_id:
                        return outcome
        raise ToolFailed(f"There is no result of a call {call_id!r} in this conversation.")
