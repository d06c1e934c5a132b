"""``puerto plugin``: the plugins of this environment, for whoever can read the data."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from entrypoints.cli import plugin_check, plugin_new
from entrypoints.cli.program import program

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.plugin_desk import PluginDesk
    from domain.plugins import PluginInfo

T = TypeVar("T")

app = program("See, switch and reload the plugins.")
app.command("new")(plugin_new.command)
app.command("check")(plugin_check.command)

Name = Annotated[str, typer.Argument(help="The plugin's name.")]
ToolOption = Annotated[bool, typer.Option("--tool", help="NAME is that of a tool.")]

_SEEN: Final = "Running services follow within 2 seconds."


@app.command("list")
def list_plugins(
    *, json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False
) -> None:
    """List the plugins of this environment, and what is wrong with them."""
    plugins = _at_the_desk(_all)
    if json:
        from dataclasses import asdict

        from entrypoints.encoding import dump

        typer.echo(dump([asdict(plugin) for plugin in plugins]))
        return
    width = max((len(plugin.name) for plugin in plugins), default=0)
    for plugin in plugins:
        typer.echo(_line(plugin, width))


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

    async def work(desk: "PluginDesk") -> "Sequence[PluginInfo]":
        return await desk.search() if name is None else [await desk.reload(name)]

    plugins = _at_the_desk(work)
    width = max((len(plugin.name) for plugin in plugins), default=0)
    for plugin in plugins:
        typer.echo(_line(plugin, width))
    typer.echo(_SEEN)
    if name is not None and plugins[0].reason:
        raise typer.Exit(1)


def _turn(name: str, *, is_tool: bool, is_on: bool) -> None:
    async def work(desk: "PluginDesk") -> "PluginInfo | None":
        if is_tool:
            await desk.turn_tool(name, is_on=is_on)
            return None
        return await desk.turn_plugin(name, is_on=is_on)

    plugin = _at_the_desk(work)
    state = _state(plugin) if plugin else ("enabled" if is_on else "disabled")
    typer.echo(f"{'tool' if is_tool else 'plugin'} {name}: {state}. {_SEEN}")


def _line(plugin: "PluginInfo", width: int) -> str:
    version = plugin.version or "-"
    tools = f"tools: {', '.join(plugin.tools)}" if plugin.tools else ""
    said = "; ".join(filter(None, [plugin.reason, tools]))
    return f"{plugin.name:<{width}}  {plugin.state:<11}  {version:<8}  {said}".rstrip()


def _state(plugin: "PluginInfo") -> str:
    return f"{plugin.state}, {plugin.reason}" if plugin.reason else plugin.state


async def _all(desk: "PluginDesk") -> "Sequence[PluginInfo]":
    return desk.plugins()


def _at_the_desk(work: "Callable[[PluginDesk], Awaitable[T]]") -> T:
    from entrypoints.cli.embedded import installation

    async def run() -> T:
        async with installation(with_plugins=True) as services:
            return await work(services.plugin_desk)

    return asyncio.run(run())
