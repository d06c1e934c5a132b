"""A decorator of the switches: the plugin of a cloud that is not enabled is off."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from domain.configuration.ports import Configurations
from domain.plugins.ports import Switches
from domain.plugins.switches import Switch, Switchboard, SwitchKind

_WAITS: Final = "off until cloud_providers.{name}.enabled is true in the configuration"


def without_clouds(board: Switchboard, clouds: Mapping[str, bool]) -> Switchboard:
    """Return the switchboard with the plugin of each disabled cloud switched off."""
    disabled = {
        name: replace(board.plugin(name), waits_for=_WAITS.format(name=name))
        for name, is_enabled in clouds.items()
        if not is_enabled
    }
    return replace(board, plugins={**board.plugins, **disabled})


class CloudSwitches(Switches):
    """The switches; a plugin with the name of a cloud is off until that cloud is enabled."""

    def __init__(self, switches: Switches, configurations: Configurations) -> None:
        self._switches = switches
        self._configurations = configurations

    async def load(self) -> Switchboard:
        """Return the current switchboard."""
        board = await self._switches.load()
        return without_clouds(board, (await self._configurations.load()).clouds)

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        """Switch a plugin or tool on or off, for an operator."""
        await self._switches.turn(kind, name, is_on=is_on)

    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Store the switch of a plugin or tool that the service quarantined."""
        await self._switches.set_aside(kind, name, switch)

    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        """Retry what was quarantined ``tries`` times; False: another worker did."""
        return await self._switches.try_again(kind, name, tries)

    async def renew(self, plugin: str) -> None:
        """Ask every worker to reload a plugin from disk."""
        await self._switches.renew(plugin)

    async def note_settings(self, plugin: str) -> None:
        """Count a change of a plugin's settings, so that every worker reads them again."""
        await self._switches.note_settings(plugin)

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        await self._switches.search()
