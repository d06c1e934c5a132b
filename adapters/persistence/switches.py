"""The switches of plugins and tools, a row each."""

from typing import Final

from adapters.persistence.database import Database
from domain.switches import Switch, Switchboard, SwitchKind

_SEARCH: Final = "search"

_LOAD: Final = "SELECT kind, name, is_on, reason, generation FROM switches"
_TURN: Final = """
    INSERT INTO switches (kind, name, is_on, reason, generation) VALUES ($1, $2, $3, $4, 0)
    ON CONFLICT (kind, name) DO UPDATE SET is_on = excluded.is_on, reason = excluded.reason
    RETURNING id
"""
# What the service set aside is tried again; what an operator switched off stays off.
_RENEW: Final = """
    INSERT INTO switches (kind, name, is_on, reason, generation) VALUES ($1, $2, $3, '', 1)
    ON CONFLICT (kind, name) DO UPDATE SET
        generation = switches.generation + 1,
        is_on = switches.is_on OR switches.reason <> '',
        reason = ''
    RETURNING id
"""


class TortoiseSwitches:
    """The switches, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Switchboard:
        """Return how everything is set now."""
        plugins, tools, generation = dict[str, Switch](), dict[str, Switch](), 0
        for row in await self._database.fetch(_LOAD):
            switch = Switch(bool(row["is_on"]), row["reason"], row["generation"])
            match row["kind"]:
                case SwitchKind.PLUGIN:
                    plugins[row["name"]] = switch
                case SwitchKind.TOOL:
                    tools[row["name"]] = switch
                case _:
                    generation = switch.generation
        return Switchboard(plugins, tools, generation)

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool, reason: str = "") -> None:
        """Switch a plugin or tool; ``reason`` is given when the service itself sets it aside."""
        await self._database.fetch(_TURN, kind.value, name, is_on, reason)

    async def renew(self, plugin: str) -> None:
        """Ask every worker to read a plugin from disk again, also one that was set aside."""
        await self._database.fetch(_RENEW, SwitchKind.PLUGIN.value, plugin, True)  # noqa: FBT003  a value

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        await self._database.fetch(_RENEW, _SEARCH, "", True)  # noqa: FBT003  a value
