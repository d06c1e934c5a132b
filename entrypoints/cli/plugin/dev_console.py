"""What ``puerto plugin dev`` shows: the tools, how providers take them, and each call."""

from datetime import datetime
from typing import Any, Final

import typer

from domain.notifications.notices import Notice, NoticeType
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.tools.tool import ToolSpec
from entrypoints.cli.screen import as_line, plain
from entrypoints.wiring.container import Container
from entrypoints.wiring.services import Services
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.host.host import PluginInfo, PluginState

_NAME: Final = "dev-console"
_MOST_EVENTS: Final = 10_000
_COLOURS: Final = {"destructive": "red", "write": "yellow", "read": "green"}


class DevConsole:
    """Prints lines at the terminal. It hears of calls as a plugin of the service does."""

    def __init__(self, container: Container, services: Services) -> None:
        self._log = container.persistence().runs.log
        self._schemas = services.tool_schemas
        self._toolbox = services.toolbox
        self._host = container.plugins().host
        self._shown: dict[str, str] = {}
        self._url = ""

    def begin(self, url: str, token: str) -> None:
        """Say how the service is reached, and begin to hear of calls."""
        self._url = url
        self._host.register(self, _NAME)
        typer.echo(f"Serving at {url} (its documentation: {url}/api/docs). Talk to it with:")
        typer.echo(f"  puerto chat --url {url} --token {token}")

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        """Register the observer."""
        registry.add_observer(self.hear)

    async def hear(self, notice: Notice) -> None:
        """Show a call that was made."""
        if notice.type is not NoticeType.TOOL_EXECUTED:
            return
        call_id = notice.data["call_id"]
        events = await self._log.read(str(notice.data["run_id"]), None, _MOST_EVENTS)
        bodies = [event.body for event in events]
        asked = (each for each in bodies if isinstance(each, ToolIntended))
        params: Any = next((each.params for each in asked if each.call_id == call_id), {})
        self._line(f"{notice.data['tool']} {as_line(params)}")
        for body in bodies:
            match body:
                case ToolFinished() if body.call_id == call_id:
                    typer.echo(f"         -> {as_line(body.result)} ({body.duration_ms:.0f} ms)")
                case ToolErred() if body.call_id == call_id:
                    failed = plain(f"         {body.code}: {body.message}")
                    typer.secho(failed, fg=typer.colors.RED)

    def show_plugin(self, info: PluginInfo) -> None:
        """Show the state of a plugin that was just read, and its tools that are new or changed."""
        is_well = info.state is PluginState.ACTIVE and not info.reason
        self._line(f"{info.name}: {info.state}, {len(info.tools)} tools")
        for told in filter(None, [info.reason, *info.notes]):
            colour = typer.colors.YELLOW if is_well else typer.colors.RED
            typer.secho(plain(f"         {told}"), fg=colour)
        for name in info.tools:
            self._show_tool(self._toolbox.get(name).spec)

    def _show_tool(self, spec: ToolSpec) -> None:
        """Show a tool that is new or was changed, and which providers take its schema changed."""
        if self._shown.get(spec.name) == spec.version:
            return
        self._shown[spec.name] = spec.version
        effect = typer.style(f"{spec.effect:<11}", fg=_COLOURS.get(spec.effect))
        typer.echo(f"         {effect} {plain(spec.name)}")
        changes: dict[str, int] = {}
        for provider in self._schemas.providers():
            schema = self._schemas.of(spec, provider)
            changes[provider] = len(schema.losses)
            if schema.refusal:
                typer.echo(plain(f"           off for {provider}: {schema.refusal}"))
        told = ", ".join(f"{provider} {count}" for provider, count in changes.items() if count)
        if told:
            path = f"{self._url}/api/tools/{spec.name}/schemas/PROVIDER"
            typer.echo(f"           schema changes by provider: {told} ({path})")

    def _line(self, text: str) -> None:
        now = datetime.now().astimezone()
        typer.echo(f"{now:%H:%M:%S} {plain(text)}")
