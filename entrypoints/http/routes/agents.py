"""Routes of agents."""

from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag

from domain.agents.agent import Agent
from domain.plugins.plugin import Registered
from entrypoints.wiring.services import services

blueprint = Blueprint("agents", __name__, url_prefix="/api/agents")


class AgentOffer(BaseModel):
    """An agent that a plugin brings."""

    name: str = Field(description="Send it as `agent` with a message.")
    description: str
    tools: list[str] = Field(description="Patterns, with `*` and `?`, of the tools it may use.")
    plugin: str


class AgentList(BaseModel):
    """The agents at hand, beside the general one."""

    agents: list[AgentOffer]


def agent_view(agent: Registered[Agent]) -> dict[str, Any]:
    """Encode an agent."""
    return {
        "name": agent.value.name,
        "description": agent.value.description,
        "tools": list(agent.value.tools),
        "plugin": agent.plugin,
    }


@blueprint.get("")
@tag(["agents"])
@document_response(AgentList)
async def find() -> dict[str, Any]:
    """List the agents that a message can be addressed to."""
    return {"agents": [agent_view(agent) for agent in services().agents.agents()]}
