"""What operators can change while the service runs."""

import logging
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from domain.configuration.configuration import Configuration, changes, require_configured
from domain.conversations.model_preference import ModelChange
from domain.models.messages import ModelChoice
from domain.models.ports import ChatModels
from domain.policy.policy import Autonomy
from entrypoints.http.fields import ModelName, ProviderName, RequestBody, example
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.security.guard import for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("config", __name__, url_prefix="/api")

Level = Literal["manual", "semi", "full"]
_log = logging.getLogger("puerto.changes")

_AUTONOMY = "What the agent may do unasked: nothing, reading, everything."
_MODEL = "A model of the provider; null: its default."


class FallbackView(BaseModel):
    """A model to ask where those before it cannot answer."""

    provider: str
    model: str | None


class LlmView(BaseModel):
    """Which model thinks, and which where that cannot answer."""

    provider: str
    model: str | None
    fallbacks: list[FallbackView]


class AgentView(BaseModel):
    """How freely the agent acts."""

    autonomy_level: Level


class CloudView(BaseModel):
    """A cloud."""

    enabled: bool


class CloudsView(BaseModel):
    """The clouds."""

    aws: CloudView
    azure: CloudView
    gcp: CloudView


class ConfigView(BaseModel):
    """The configuration. No secret is ever in it."""

    llm: LlmView
    agent: AgentView
    cloud_providers: CloudsView


def config_view(configuration: Configuration, models: ChatModels) -> dict[str, Any]:
    """Return the configuration as clients see it, the provider's default model filled in."""
    chosen = _choice_view(configuration.provider, configuration.model, models)
    fallbacks = [
        _choice_view(each.provider, each.model, models) for each in configuration.fallbacks
    ]
    return {
        "llm": {**chosen, "fallbacks": fallbacks},
        "agent": {"autonomy_level": configuration.autonomy},
        "cloud_providers": {
            name: {"enabled": configuration.clouds.get(name, False)}
            for name in CloudsView.model_fields
        },
    }


def _choice_view(provider: str, model: str | None, models: ChatModels) -> dict[str, Any]:
    if not model and provider in models.names():
        model = models.default_model(provider)
    return {"provider": provider, "model": model or None}


@blueprint.get("/config")
@tag(["configuration"])
@document_response(ConfigView)
async def get() -> dict[str, Any]:
    """Look at the configuration that holds for the next run."""
    at_hand = services()
    return config_view(await at_hand.configurations.load(), at_hand.models)


class Fallback(RequestBody):
    """A model to ask where those before it cannot answer."""

    provider: ProviderName
    model: ModelName | None = Field(None, description=_MODEL)


class LlmChange(RequestBody):
    """Which model thinks. Another provider without a model means that provider's default."""

    provider: ProviderName | None = None
    model: ModelName | None = Field(None, description=_MODEL)
    fallbacks: list[Fallback] | None = Field(
        None,
        max_length=10,
        description="Models to ask, in this order, where nothing of an answer has come yet.",
    )


class AgentChange(RequestBody):
    """How freely the agent acts."""

    autonomy_level: Level | None = Field(None, description=_AUTONOMY)


class CloudChange(RequestBody):
    """A cloud to switch on or off."""

    enabled: bool


class CloudsChange(RequestBody):
    """Clouds to switch on or off."""

    aws: CloudChange | None = None
    azure: CloudChange | None = None
    gcp: CloudChange | None = None


class ConfigChange(RequestBody):
    """What to change; what is left out stays. The flat names are the same fields, and win."""

    model_config = example({"agent": {"autonomy_level": "semi"}})

    llm: LlmChange | None = None
    agent: AgentChange | None = None
    cloud_providers: CloudsChange | None = None
    llm_provider: ProviderName | None = None
    model: ModelName | None = Field(None, description=_MODEL)
    autonomy_level: Level | None = Field(None, description=_AUTONOMY)

    def applied_to(self, old: Configuration) -> Configuration:
        """Return the configuration after this change."""
        llm, agent = self.llm or LlmChange(), self.agent or AgentChange()
        chosen = ModelChange()
        if provider := self.llm_provider or llm.provider:
            chosen["provider"] = provider
        for part in (llm, self):
            if "model" in part.model_fields_set:
                chosen["model"] = part.model
        level = self.autonomy_level or agent.autonomy_level
        fallbacks = old.fallbacks
        if llm.fallbacks is not None:
            fallbacks = [ModelChoice(each.provider, each.model or "") for each in llm.fallbacks]
        switched = (self.cloud_providers or CloudsChange()).model_dump(exclude_none=True)
        return replace(
            old.choosing(chosen),
            fallbacks=fallbacks,
            autonomy=Autonomy(level) if level else old.autonomy,
            clouds={**old.clouds, **{name: cloud["enabled"] for name, cloud in switched.items()}},
        )


@blueprint.put("/config")
@for_role(Role.ADMIN)
@tag(["configuration"])
@validate_request(ConfigChange)
@document_response(ConfigView)
@can_fail(409)
async def change(data: ConfigChange) -> dict[str, Any]:
    """Change the configuration, from the next run on, also after a restart.

    A provider that lacks its key is refused with 409.
    """
    at_hand = services()
    if provider := data.llm_provider or (data.llm and data.llm.provider):
        require_configured(provider, at_hand.models, "llm.provider")
    for each in (data.llm and data.llm.fallbacks) or ():
        require_configured(each.provider, at_hand.models, "llm.fallbacks")
    before = await at_hand.configurations.load()
    changed = await at_hand.configurations.change(data.applied_to)
    _log.info("the configuration was changed: %s", changes(before, changed))
    if data.cloud_providers is not None:
        await at_hand.plugin_desk.look()
    return config_view(changed, at_hand.models)
