"""The repository of the switches of plugins and tools: a row each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.database import Database
from domain.plugins.ports import Switches
from domain.plugins.switches import Switch, Switchboard, SwitchKind

_SEARCH: Final = "search"
_SETTINGS: Final = "settings"

_LOAD: Final = """
    SELECT kind, name, is_on, reason, generation, plugin, release, tries, set_aside_at FROM switches
"""
_TURN: Final = """
    INSERT INTO switches
        (kind, name, is_on, reason, generation, plugin, release, tries, set_aside_at)
    VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8)
    ON CONFLICT (kind, name) DO UPDATE SET
        is_on = excluded.is_on,
        reason = excluded.reason,
        plugin = excluded.plugin,
        release = excluded.release,
        tries = excluded.tries,
        set_aside_at = excluded.set_aside_at
    RETURNING id
"""
# A compare-and-set on ``tries``: of several workers one wins. Operators' switches stay off.
_TRY_AGAIN: Final = """
    UPDATE switches SET is_on = $3, reason = ''
    WHERE kind = $1 AND name = $2 AND reason <> '' AND tries = $4
    RETURNING id
"""
# A quarantine is lifted; what an operator switched off stays off.
_RENEW: Final = """
    INSERT INTO switches
        (kind, name, is_on, reason, generation, plugin, release, tries, set_aside_at)
    VALUES ($1, $2, $3, '', 1, '', '', 0, 0)
    ON CONFLICT (kind, name) DO UPDATE SET
        generation = switches.generation + 1,
        is_on = switches.is_on OR switches.reason <> '',
        reason = '',
        plugin = '',
        release = '',
        tries = 0,
        set_aside_at = 0
    RETURNING id
"""


class TortoiseSwitches(Switches):
    """The repository of the switches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def load(self) -> Switchboard:
        plugins, tools, generation = dict[str, Switch](), dict[str, Switch](), 0
        settings = dict[str, int]()
        for row in await self._database.fetch(_LOAD):
            switch = _read(row)
            match row["kind"]:
                case SwitchKind.PLUGIN:
                    plugins[row["name"]] = switch
                case SwitchKind.TOOL:
                    tools[row["name"]] = switch
                case kind if kind == _SETTINGS:
                    settings[row["name"]] = switch.generation
                case _:
                    generation = switch.generation
        return Switchboard(plugins, tools, generation, settings)

    @override
    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        await self._write(kind, name, Switch(is_on=is_on))

    @override
    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        await self._write(kind, name, switch)

    @override
    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        on = True
        return bool(await self._database.fetch(_TRY_AGAIN, kind.value, name, on, tries))

    @override
    async def renew(self, plugin: str) -> None:
        await self._database.fetch(_RENEW, SwitchKind.PLUGIN.value, plugin, True)  # noqa: FBT003  a value

    @override
    async def note_settings(self, plugin: str) -> None:
        await self._database.fetch(_RENEW, _SETTINGS, plugin, True)  # noqa: FBT003  a value

    @override
    async def search(self) -> None:
        await self._database.fetch(_RENEW, _SEARCH, "", True)  # noqa: FBT003  a value

    async def _write(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        at = 0 if switch.since is None else int(switch.since.timestamp())
        values = (switch.is_on, switch.reason, switch.plugin, switch.release, switch.tries, at)
        await self._database.fetch(_TURN, kind.value, name, *values)


def _read(row: Mapping[str, Any]) -> Switch:
    at = row["set_aside_at"]
    return Switch(
        is_on=bool(row["is_on"]),
        reason=row["reason"],
        generation=row["generation"],
        plugin=row["plugin"],
        release=row["release"],
        tries=row["tries"],
        since=datetime.fromtimestamp(at, UTC) if at else None,
    )
