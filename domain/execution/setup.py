"""Setup of new runs: provider, model, fallbacks, agent and autonomy of their first event."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.accounts.users import User
from domain.configuration.configuration import Configuration, require_configured
from domain.configuration.ports import Configurations
from domain.conversations.sampling import TOOL_CHOICES, Sampling
from domain.execution.tool_calls import intended_call
from domain.models.ports import ChatModels
from domain.plugins.ports import Agents
from domain.runs.call_events import ToolIntended
from domain.runs.events import RunStarted
from domain.shared.errors import FieldProblem, InvalidRequest, UnknownTool
from domain.shared.ids import new_id
from domain.shared.log_context import current_request
from domain.telemetry.traces import caller_traceparent
from domain.tools.ports import Toolbox


class RunSetup:
    """Makes the first events of runs, which may take ``max_steps`` steps of the model."""

    def __init__(
        self,
        configurations: Configurations,
        models: ChatModels,
        agents: Agents,
        toolbox: Toolbox,
        *,
        max_steps: int = 20,
    ) -> None:
        self._configurations = configurations
        self._models = models
        self._agents = agents
        self._toolbox = toolbox
        self._max_steps = max_steps

    async def for_message(
        self,
        user: User,
        conversation_id: str | None,
        *,
        provider: str | None,
        model: str | None,
        agent: str | None,
        sampling: Sampling,
    ) -> tuple[RunStarted, Configuration]:
        """Return the first event of a run that answers a message, and its configuration.

        Raises:
            InvalidRequest: there is no such provider, no such agent, or no such tool to call.
            Conflict: the provider asked for here is not configured.
            Unavailable: no provider is configured.

        """
        if provider is not None:
            require_configured(provider, self._models)
        self._require_tool(sampling)
        configuration = await self._configuration(user, conversation_id)
        configuration = configuration.preferring(provider, model).sampled(sampling)
        if not configuration.fallbacks:
            self._models.get(configuration.provider)  # fail the request, not the run
        started = RunStarted(
            user_id=user.id,
            conversation_id=conversation_id or new_id(),
            question_id=new_id(),
            message_id=new_id(),
            provider=configuration.provider,
            model=configuration.model or self._models.default_model(configuration.provider),
            autonomy=configuration.autonomy,
            max_steps=self._max_steps,
            fallbacks=self._fallbacks(configuration),
            agent=None if agent is None else self._agent(agent),
            request_id=current_request(),
            key_id=user.key_id,
            traceparent=caller_traceparent(),
            sampling=configuration.sampling.given() or None,
        )
        return started, configuration

    async def for_call(
        self, user: User, name: str, params: Mapping[str, Any]
    ) -> tuple[RunStarted, Configuration, ToolIntended]:
        """Return the first events of a direct run, and its configuration.

        Raises:
            UnknownTool: no enabled tool has this name.
            InvalidArguments: the arguments do not fit.

        """
        tool = self._toolbox.get(name)
        intended = intended_call(new_id(), tool.spec, tool.check(params))
        configuration = await self._configurations.load()
        started = RunStarted(
            user_id=user.id,
            conversation_id="",
            question_id="",
            message_id="",
            provider=configuration.provider,
            model=configuration.model or self._default_model(configuration.provider),
            autonomy=configuration.autonomy,
            max_steps=1,
            is_direct=True,
            fallbacks=self._fallbacks(configuration),
            request_id=current_request(),
            key_id=user.key_id,
            traceparent=caller_traceparent(),
        )
        return started, configuration, intended

    async def for_question(
        self, user: User, question: str, sampling: Sampling
    ) -> tuple[RunStarted, Configuration]:
        """Return the first event of a direct run that answers a question, and its configuration.

        Raises:
            Unavailable: no provider is configured.

        """
        started, configuration = await self.for_message(
            user, None, provider=None, model=None, agent=None, sampling=sampling
        )
        direct = replace(
            started,
            conversation_id="",
            question_id="",
            message_id="",
            max_steps=1,
            is_direct=True,
            question=question,
        )
        return direct, configuration

    def _default_model(self, provider: str) -> str:
        """Return the provider's default; empty if it is gone: the call may need no model."""
        known = provider in self._models.names()
        return self._models.default_model(provider) if known else ""

    def _agent(self, name: str) -> dict[str, Any]:
        agents = {each.value.name: each.value for each in self._agents.agents()}
        if name not in agents:
            known = f"choose one of {', '.join(agents)}" if agents else "no plugin brings any"
            message = f"There is no such agent: {known}."
            raise InvalidRequest(message, [FieldProblem("agent", message)])
        agent = agents[name]
        return {"name": name, "instructions": agent.instructions, "tools": list(agent.tools)}

    def _require_tool(self, sampling: Sampling) -> None:
        """Check that a tool which must be called exists."""
        choice = sampling.tool_choice
        if choice is None or choice in TOOL_CHOICES:
            return
        try:
            self._toolbox.get(choice)
        except UnknownTool as error:
            known = ", ".join(sorted(TOOL_CHOICES))
            message = f"It is none of {known}, and no enabled tool has this name."
            problem = FieldProblem("sampling.tool_choice", message)
            raise InvalidRequest(message, [problem]) from error

    async def _configuration(self, user: User, conversation_id: str | None) -> Configuration:
        if conversation_id is None:
            return await self._configurations.load()
        return await self._configurations.load_for(user.id, conversation_id)

    def _fallbacks(self, configuration: Configuration) -> tuple[Mapping[str, str], ...]:
        return tuple(
            {
                "provider": each.provider,
                "model": each.model or self._models.default_model(each.provider),
            }
            for each in configuration.fallbacks
            if each.provider in self._models.names()  # a stored provider may have been uninstalled
        )
