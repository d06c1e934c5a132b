"""Routes of plugins: list, switch on or off, reload, and search for new ones."""

from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from domain.plugins.administration import PluginReport
from domain.plugins.incidents import PluginPart
from domain.plugins.plugin import PluginState
from entrypoints.encoding import time_text
from entrypoints.http.fields import Enabling, Timestamp
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("plugins", __name__, url_prefix="/api/plugins")


class IncidentView(BaseModel):
    """Failures of one part of a plugin, counted since the start of the answering worker."""

    part: PluginPart = Field(
        description="`task`: one that it started, did not await and left behind. `model`: one of "
        "its providers raised what no provider should, or could not be made."
    )
    count: int
    last_error: str
    where: str = Field(description="A file and a line; empty where nobody knows.")
    at: Timestamp = Field(description="When it failed last.")


class PluginView(BaseModel):
    """A plugin, and what became of it on the worker that answers."""

    name: str
    version: str = Field(description="That of its distribution; empty for a file.")
    distribution: str = Field(description="The installed package; empty for a file.")
    file: str = Field(description="The path of a plugin that is one file, else empty.")
    state: PluginState = Field(
        description="`quarantined`: it is broken; `disabled`: an operator switched it off; "
        "`waiting`: its settings are missing or do not fit; "
        "`blocked`: `PUERTO_PLUGINS_BLOCKED` names it."
    )
    enabled: bool = Field(description="Whether it is in use.")
    reason: str = Field(
        description="Why it is not in use, or which of its tools were refused or set aside and "
        "why; empty if all is well."
    )
    tools: list[str] = Field(description="Its tools that can be called.")
    notes: list[str] = Field(
        description="What works, but should be changed by its author: a deprecated hook, say."
    )
    incidents: list[IncidentView] = Field(
        description="What failed while it was in use, but for calls of tools, of which runs tell."
    )


class PluginList(BaseModel):
    """The plugins, in the order in which names of tools are given away."""

    plugins: list[PluginView]


def plugin_view(report: PluginReport) -> dict[str, Any]:
    """Encode a plugin."""
    plugin = report.plugin
    return {
        "name": plugin.name,
        "version": plugin.version,
        "distribution": plugin.distribution,
        "file": plugin.file,
        "state": plugin.state,
        "enabled": plugin.state is PluginState.ACTIVE,
        "reason": plugin.reason,
        "tools": list(plugin.tools),
        "notes": list(plugin.notes),
        "incidents": [
            {
                "part": each.part,
                "count": each.count,
                "last_error": each.last_error,
                "where": each.where,
                "at": time_text(each.at),
            }
            for each in report.incidents
        ],
    }


@blueprint.get("")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginList)
async def find() -> dict[str, Any]:
    """List the plugins, the broken ones too."""
    return {"plugins": [plugin_view(each) for each in await services().plugins.all(caller())]}


@blueprint.patch("/<plugin_name>")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@validate_request(Enabling)
@document_response(PluginView)
@can_fail(409)
async def change(plugin_name: str, data: Enabling) -> dict[str, Any]:
    """Switch a plugin on or off: here at once, on every worker within 2 seconds.

    It stays so after a restart. A plugin that is off is not even imported. Calls of its tools
    that have begun go on; others are refused. Switched on, it is read from disk.
    """
    plugins = services().plugins
    return plugin_view(await plugins.turn(caller(), plugin_name, is_on=data.enabled))


@blueprint.post("/<plugin_name>/reload")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginView)
@can_fail(409)
async def reload(plugin_name: str) -> dict[str, Any]:
    """Read a plugin from disk again: here at once, on every worker within 2 seconds.

    What was quarantined of it is tried again. If the new version is broken, the one before stays
    in use, and `reason` says why. Calls that have begun end with the version they began with.
    """
    return plugin_view(await services().plugins.reload(caller(), plugin_name))


@blueprint.post("/reload")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginList)
async def search() -> dict[str, Any]:
    """Search for plugins again: here at once, on every worker within 2 seconds.

    Takes in packages that were installed since, drops those that are gone, and tries those again
    that changed or did not work. Nothing is ever installed.
    """
    return {"plugins": [plugin_view(each) for each in await services().plugins.search(caller())]}
