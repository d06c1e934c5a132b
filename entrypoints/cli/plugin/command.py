"""``puerto plugin``: list, switch and reload the plugins of this environment."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from entrypoints.cli.clients.local import with_services
from entrypoints.cli.plugin import check as plugin_check
from entrypoints.cli.plugin import dev as plugin_dev
from entrypoints.cli.plugin import new as plugin_new
from entrypoints.cli.plugin import settings as plugin_settings
from entrypoints.cli.plugin import show as plugin_show
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.plugins.plugin import PluginInfo
    from domain.plugins.service import PluginService

T = TypeVar("T")

app = program("See, switch and reload the plugins.")
app.command("new")(plugin_new.command)
app.command("check")(plugin_check.command)
app.command("dev")(plugin_dev.command)
app.command("show")(plugin_show.command)
app.command("settings")(plugin_settings.command)

Name = Annotated[str, typer.Argument(help="The plugin's name.")]
ToolOption = Annotated[bool, typer.Option("--tool", help="NAME is that of a tool.")]

_SEEN: Final = "Running services follow within 2 seconds."


@app.command("list")
def list_plugins(*, as_json: AsJson = False) -> None:
    """List the plugins of this environment, and what is wrong with them."""
    plugins = _at_the_desk(_all)
    if as_json:
        from dataclasses import asdict

        show_json([asdict(plugin) for plugin in plugins])
        return
    _show(plugins)


@app.command("enable")
def enable(name: Name, *, tool: ToolOption = False) -> None:
    """Switch a plugin or tool on. Running services follow within 2 seconds."""
    _turn(name, is_tool=tool, is_on=True)


@app.command("disable")
def disable(name: Name, *, tool: ToolOption = False) -> None:
    """Switch a plugin or tool off. Running services follow within 2 seconds."""
    _turn(name, is_tool=tool, is_on=False)


@app.command("reload")
def reload(
    name: Annotated[
        str | None, typer.Argument(help="The plugin's name. Not given: search for plugins again.")
    ] = None,
) -> None:
    """Read a plugin from disk again, or search for new ones. Running services follow.

    The exit status is 1 when the plugin does not work.
    """

    async def work(plugin_service: "PluginService") -> "Sequence[PluginInfo]":
        return (
            await plugin_service.search() if name is None else [await plugin_service.reload(name)]
        )

    plugins = _at_the_desk(work)
    _show(plugins)
    typer.echo(_SEEN)
    if name is not None and plugins[0].reason:
        raise typer.Exit(1)


def _turn(name: str, *, is_tool: bool, is_on: bool) -> None:
    async def work(plugin_service: "PluginService") -> "PluginInfo | None":
        if is_tool:
            await plugin_service.turn_tool(name, is_on=is_on)
            return None
        return await plugin_service.turn_plugin(name, is_on=is_on)

    plugin = _at_the_desk(work)
    state = _state(plugin) if plugin else ("enabled" if is_on else "disabled")
    typer.echo(f"{'tool' if is_tool else 'plugin'} {name}: {state}. {_SEEN}")


def _show(plugins: "Sequence[PluginInfo]") -> None:
    rows = [
        [
            plugin.name,
            plugin.state.value,
            plugin.version or "-",
            "; ".join(filter(None, [plugin.reason, ", ".join(plugin.tools)])),
        ]
        for plugin in plugins
    ]
    colours = {"state": {"active": "green", "quarantined": "red"}}
    show(["name", "state", "version", "reason and tools"], rows, colours)


def _state(plugin: "PluginInfo") -> str:
    return f"{plugin.state}, {plugin.reason}" if plugin.reason else plugin.state


async def _all(plugin_service: "PluginService") -> "Sequence[PluginInfo]":
    return plugin_service.plugins()


def _at_the_desk(work: "Callable[[PluginService], Awaitable[T]]") -> T:
    return with_services(lambda services: work(services.plugin_service), with_plugins=True)
