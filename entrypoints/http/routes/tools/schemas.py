"""Routes of tools' schemas as each provider gets them, with what is lost in the conversion."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag

from domain.shared.errors import NotFound, UnknownTool
from domain.tools.ports import ProviderSchema
from domain.tools.tool import ToolSpec
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("tool_schemas", __name__, url_prefix="/api/tools")


class LossView(BaseModel):
    """Something that the provider is not told, or told differently."""

    path: str = Field(description="JSON Pointer into the tool's own schema.")
    keyword: str
    what: str = Field(description="What became of it.")


class ProviderSchemaView(BaseModel):
    """A tool as one provider takes it."""

    provider: str
    name: str
    description: str
    parameters: dict[str, Any] = Field(description="The JSON Schema that is sent.")
    losses: list[LossView]
    refusal: str | None = Field(description="Why the tool is off for this provider, if it is.")


def schema_view(provider: str, schema: ProviderSchema) -> dict[str, Any]:
    """Return it as clients see it."""
    return {"provider": provider, **asdict(schema)}


@blueprint.get("/<tool_name>/schemas/<schema_provider>")
@tag(["tools"])
@document_response(ProviderSchemaView)
async def get(tool_name: str, schema_provider: str) -> dict[str, Any]:
    """Look at what a provider, such as `openai`, is told of a tool.

    Names and schemas that a provider does not take are changed, which `losses` lists. The arguments
    that come back are put into the tool's own form, and checked against its own schema.
    """
    caller()
    schemas = services().tool_schemas
    if schema_provider not in schemas.providers():
        raise NotFound(f"There are no rules of such a provider: {', '.join(schemas.providers())}.")
    return schema_view(schema_provider, schemas.of(_spec(tool_name), schema_provider))


def _spec(name: str) -> ToolSpec:
    try:
        return services().toolbox.get(name).spec
    except UnknownTool as error:
        raise NotFound(error.message) from error
