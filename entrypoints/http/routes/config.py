"""Routes of the configuration that can be changed while the service runs."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from domain.configuration.configuration import Configuration
from domain.configuration.service import DEFAULT_MODEL, ConfigurationChange
from domain.models.messages import ModelChoice
from domain.policy.policy import Autonomy
from entrypoints.http.fields import ModelName, ProviderName, RequestBody, example
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.sampling import SamplingBody, SamplingView, read_change
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("config", __name__, url_prefix="/api")

Level = Literal["manual", "semi", "full"]

_AUTONOMY = "What the agent may do unasked: nothing, reading, everything."
_MODEL = "A model of the provider; null: its default."


class FallbackView(BaseModel):
    """A model to ask where those before it cannot answer."""

    provider: str
    model: str | None


class LlmView(BaseModel):
    """The model that answers, and its fallbacks."""

    provider: str
    model: str | None
    fallbacks: list[FallbackView]
    sampling: SamplingView = Field(description="How it is to answer, unless told otherwise.")


class AgentView(BaseModel):
    """The agent's autonomy."""

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


def config_view(configuration: Configuration) -> dict[str, Any]:
    """Encode the configuration."""
    return {
        "llm": {
            "provider": configuration.provider,
            "model": configuration.model,
            "fallbacks": [
                {"provider": each.provider, "model": each.model or None}
                for each in configuration.fallbacks
            ],
            "sampling": configuration.sampling.given(),
        },
        "agent": {"autonomy_level": configuration.autonomy},
        "cloud_providers": {
            name: {"enabled": configuration.clouds.get(name, False)}
            for name in CloudsView.model_fields
        },
    }


@blueprint.get("/config")
@tag(["configuration"])
@document_response(ConfigView)
async def get() -> dict[str, Any]:
    """Look at the configuration that holds for the next run."""
    return config_view(await services().configuration.get(caller()))


class Fallback(RequestBody):
    """A model to ask where those before it cannot answer."""

    provider: ProviderName
    model: ModelName | None = Field(None, description=_MODEL)


class LlmChange(RequestBody):
    """The model that answers. Another provider without a model means that provider's default."""

    provider: ProviderName | None = None
    model: ModelName | None = Field(None, description=_MODEL)
    fallbacks: list[Fallback] | None = Field(
        None,
        max_length=10,
        description="Models to ask, in this order, where nothing of an answer has come yet.",
    )
    sampling: SamplingBody | None = Field(
        None, description="How it is to answer. What is left out stays; null unsets all."
    )


class AgentChange(RequestBody):
    """The agent's autonomy."""

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
    """What to change; what is left out stays. The flat names are the same fields, and win.

    Of the flat names, null is left out, too.
    """

    model_config = example({"agent": {"autonomy_level": "semi"}})

    llm: LlmChange | None = None
    agent: AgentChange | None = None
    cloud_providers: CloudsChange | None = None
    llm_provider: ProviderName | None = None
    model: ModelName | None = Field(None, description="A model of the provider.")
    autonomy_level: Level | None = Field(None, description=_AUTONOMY)

    def read(self) -> ConfigurationChange:
        """Return the change for the use case; flat fields win over nested ones."""
        llm, agent = self.llm or LlmChange(), self.agent or AgentChange()
        model = self.model
        if model is None and "model" in llm.model_fields_set:
            model = llm.model or DEFAULT_MODEL
        level = self.autonomy_level or agent.autonomy_level
        fallbacks = [ModelChoice(each.provider, each.model or "") for each in llm.fallbacks or ()]
        clouds = (self.cloud_providers or CloudsChange()).model_dump(exclude_none=True)
        sampling = read_change(llm.sampling) if "sampling" in llm.model_fields_set else {}
        return ConfigurationChange(
            provider=self.llm_provider or llm.provider,
            model=model,
            fallbacks=None if llm.fallbacks is None else fallbacks,
            autonomy=Autonomy(level) if level else None,
            clouds={name: cloud["enabled"] for name, cloud in clouds.items()},
            sampling=sampling,
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
    return config_view(await services().configuration.change(caller(), data.read()))
