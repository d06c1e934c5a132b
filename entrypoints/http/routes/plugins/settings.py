"""Routes of plugins' settings: show them with their schema, and change them."""

from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from entrypoints.http.fields import RequestBody, example
from entrypoints.http.routes.plugins.views import SettingView
from entrypoints.http.security.guard import caller, for_role
from entrypoints.plugin_reports import settings_view
from entrypoints.wiring.services import services

blueprint = Blueprint("plugin_settings", __name__, url_prefix="/api/plugins")


class SettingProblem(BaseModel):
    """What is wrong with a setting."""

    path: str
    message: str


class SettingsView(BaseModel):
    """The settings of a plugin. Secret values are shown as stars, or as empty where they are."""

    plugin: str
    values: dict[str, Any] = Field(description="Empty while they do not fit.")
    settings: list[SettingView]
    problems: list[SettingProblem] = Field(
        description="Why the plugin waits, and is not in use; empty if all is well."
    )
    json_schema: dict[str, Any] = Field(
        serialization_alias="schema", description="A JSON Schema of the values, for a form."
    )


class SettingsChange(RequestBody):
    """The settings to change; the others stay as they are."""

    model_config = example({"values": {"url": "https://crm.example.org"}})

    values: dict[str, Any] = Field(
        description="By name; null takes back what was set, so that the environment or the "
        "default holds again. Secret values are stored encrypted."
    )


@blueprint.get("/<plugin_name>/settings")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(SettingsView)
async def get(plugin_name: str) -> dict[str, Any]:
    """Look at a plugin's settings."""
    return settings_view(await services().plugin_settings.get(caller(), plugin_name))


@blueprint.put("/<plugin_name>/settings")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@validate_request(SettingsChange)
@document_response(SettingsView)
async def change(plugin_name: str, data: SettingsChange) -> dict[str, Any]:
    """Change some of a plugin's settings: here at once, on every worker within 2 seconds.

    They are validated first, together with the environment; if they do not fit, nothing changes.
    The plugin's lifespans are left and entered again, so that connections are made anew.
    """
    found = await services().plugin_settings.change(caller(), plugin_name, data.values)
    return settings_view(found)
