"""Access to the plugins of an installation: of a running service, or in this process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import quote

from typing_extensions import override

from domain.accounts.users import User
from entrypoints.cli.clients.client import Json
from entrypoints.cli.clients.embedded import LOCAL_USER, installation
from entrypoints.cli.clients.remote import RemoteClient, remote
from entrypoints.plugin_reports import plugin_details, settings_view
from entrypoints.server.lifecycle import user_named
from entrypoints.wiring.services import Services


class PluginLine(Protocol):
    """Access to the plugins of one installation, for an operator."""

    async def details(self, plugin: str) -> Json:
        """Return all that is known of a plugin.

        Raises:
            PuertoError: there is no such plugin, or the service cannot be reached.

        """
        ...

    async def settings(self, plugin: str) -> Json:
        """Return the settings of a plugin, with stars for secret values.

        Raises:
            PuertoError: it has none, or the service cannot be reached.

        """
        ...

    async def change(self, plugin: str, values: Json) -> Json:
        """Set some settings of a plugin, and return all; None takes one back.

        Raises:
            PuertoError: they do not fit, or the service cannot be reached.

        """
        ...


@asynccontextmanager
async def plugin_line(
    url: str | None, token: str | None, login: str, password: str
) -> AsyncGenerator[PluginLine, None]:
    """Yield access to the service at the URL; without one, to the data of the settings."""
    if url is None:
        async with installation(with_plugins=True) as services:
            yield LocalPlugins(services, await user_named(services, LOCAL_USER))
    else:
        async with remote(url, token, login, password) as client:
            yield RemotePlugins(client)


class LocalPlugins(PluginLine):
    """The plugins as this process loads them, and the settings in the data of the settings."""

    def __init__(self, services: Services, user: User) -> None:
        self._services = services
        self._user = user

    @override
    async def details(self, plugin: str) -> Json:
        return plugin_details(await self._services.plugins.get(self._user, plugin))

    @override
    async def settings(self, plugin: str) -> Json:
        return settings_view(await self._services.plugin_settings.get(self._user, plugin))

    @override
    async def change(self, plugin: str, values: Json) -> Json:
        settings = self._services.plugin_settings
        return settings_view(await settings.change(self._user, plugin, values))


class RemotePlugins(PluginLine):
    """The plugins of a running service."""

    def __init__(self, client: RemoteClient) -> None:
        self._client = client

    @override
    async def details(self, plugin: str) -> Json:
        return await self._client.get(_path(plugin))

    @override
    async def settings(self, plugin: str) -> Json:
        return await self._client.get(f"{_path(plugin)}/settings")

    @override
    async def change(self, plugin: str, values: Json) -> Json:
        return await self._client.put(f"{_path(plugin)}/settings", {"values": values})


def _path(plugin: str) -> str:
    return f"/api/plugins/{quote(plugin, safe='')}"
