"""Routes of plugins: list, show, switch on or off, reload, and search for new ones."""

from typing import Any

from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.users import Role
from entrypoints.http.fields import Enabling
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.routes.plugins.views import PluginDetails, PluginList, PluginView
from entrypoints.http.security.guard import caller, for_role
from entrypoints.plugin_reports import plugin_details, plugin_summary
from entrypoints.wiring.services import services

blueprint = Blueprint("plugins", __name__, url_prefix="/api/plugins")


@blueprint.get("")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginList)
async def find() -> dict[str, Any]:
    """List the plugins, the broken ones too."""
    return {"plugins": [plugin_summary(each) for each in await services().plugins.all(caller())]}


@blueprint.get("/<plugin_name>")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginDetails)
async def get(plugin_name: str) -> dict[str, Any]:
    """Look at one plugin: all that it brings, what is wrong with it, and its timings.

    Timings and incidents are those of the worker that answers.
    """
    return plugin_details(await services().plugins.get(caller(), plugin_name))


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
    return plugin_summary(await plugins.turn(caller(), plugin_name, is_on=data.enabled))


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
    return plugin_summary(await services().plugins.reload(caller(), plugin_name))


@blueprint.post("/reload")
@for_role(Role.OPERATOR)
@tag(["plugins"])
@document_response(PluginList)
async def search() -> dict[str, Any]:
    """Search for plugins again: here at once, on every worker within 2 seconds.

    Takes in packages that were installed since, drops those that are gone, and tries those again
    that changed or did not work. Nothing is ever installed.
    """
    return {"plugins": [plugin_summary(each) for each in await services().plugins.search(caller())]}
