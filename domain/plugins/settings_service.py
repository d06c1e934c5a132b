"""The use cases of plugins' settings: read the stored ones, show them, and change them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.accounts.users import Role, User
from domain.plugins.ports import Plugins, StoredSettings, Switches
from domain.plugins.settings import CurrentSettings, ReadSettings, SettingsForm
from domain.shared.cipher import Cipher, open_json, seal_json
from domain.shared.errors import FieldProblem, InvalidRequest, NotFound, Unavailable
from domain.shared.json_text import is_larger
from domain.shared.text import did_you_mean
from domain.shared.unit_of_work import UnitOfWork

SIZE: Final = 64_000  # characters of JSON that an operator may set for one plugin

_log = logging.getLogger(__name__)


class SettingsReader:
    """Reads what operators have set, when the switchboard says that it has changed."""

    def __init__(self, stored: StoredSettings, cipher: Cipher, settings: CurrentSettings) -> None:
        self._stored = stored
        self._cipher = cipher
        self._settings = settings
        self._seen: Mapping[str, int] = {}

    async def refresh(self, counts: Mapping[str, int]) -> None:
        """Read the stored settings, if the counts of their changes are other than before.

        Raises:
            Unavailable: the database does not answer.

        """
        if counts != self._seen:
            self._settings.take(await self.load())
            self._seen = counts

    async def load(self) -> dict[str, dict[str, Any]]:
        """Return what operators have set, by plugin; without what cannot be decrypted here."""
        found = dict[str, dict[str, Any]]()
        for plugin, sealed in (await self._stored.load()).items():
            try:
                found[plugin] = open_json(self._cipher, sealed, _place(plugin))
            except Unavailable as error:
                _log.error("the settings of the plugin %s cannot be read: %s", plugin, error)
        return found

    async def store(self, plugin: str, values: Mapping[str, Any]) -> None:
        """Store what an operator has set, encrypted."""
        await self._stored.put(plugin, seal_json(self._cipher, values, _place(plugin)))


@dataclass(frozen=True, slots=True)
class SettingsReport:
    """The settings of one plugin, for operators."""

    plugin: str
    read: ReadSettings


class SettingsAdministration:
    """Shows and changes the settings of plugins, for operators: else `Forbidden`.

    ``look`` applies a change on this worker; the others see it at their next poll.
    """

    def __init__(
        self,
        plugins: Plugins,
        settings: CurrentSettings,
        reader: SettingsReader,
        switches: Switches,
        unit_of_work: UnitOfWork,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._plugins = plugins
        self._settings = settings
        self._reader = reader
        self._switches = switches
        self._unit_of_work = unit_of_work
        self._look = look

    async def get(self, user: User, plugin: str) -> SettingsReport:
        """Return the settings of a plugin.

        Raises:
            NotFound: there is no such plugin in use, or it declares none.

        """
        user.require(Role.OPERATOR)
        return await asyncio.to_thread(self._report, plugin, self._form(plugin))

    def find(self, user: User, plugin: str) -> SettingsReport | None:
        """Return the settings of a plugin; None if it declares none, or is not loaded."""
        user.require(Role.OPERATOR)
        form = self._find_form(plugin)
        return None if form is None else self._report(plugin, form)

    async def change(self, user: User, plugin: str, values: Mapping[str, Any]) -> SettingsReport:
        """Set some of a plugin's settings, on every worker; None takes back what was set.

        Raises:
            NotFound: there is no such plugin in use, or it declares none.
            InvalidRequest: they do not fit; nothing is changed.

        """
        user.require(Role.OPERATOR)
        form = self._form(plugin)
        _require_known(form, values)

        checked = await self._fitting(plugin, form, values)

        async def store() -> None:
            if (kept := await self._with_stored(plugin, values)) != checked:  # set meanwhile
                kept = await self._fitting(plugin, form, values)
            await self._reader.store(plugin, kept)
            await self._switches.note_settings(plugin)

        await self._unit_of_work.run(store)
        _log.info("the settings of the plugin %s were set: %s", plugin, ", ".join(sorted(values)))
        await self._look()
        return await self.get(user, plugin)

    async def _with_stored(self, plugin: str, values: Mapping[str, Any]) -> dict[str, Any]:
        stored = {**(await self._reader.load()).get(plugin, {}), **values}
        return {name: value for name, value in stored.items() if value is not None}

    async def _fitting(
        self, plugin: str, form: SettingsForm, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what would be stored; a thread waits for the plugin's validators.

        Raises:
            InvalidRequest: it does not fit.

        """
        kept = await self._with_stored(plugin, values)
        if is_larger(kept, SIZE):
            raise InvalidRequest(f"The settings have more than {SIZE:,} characters.")
        if problems := (await asyncio.to_thread(self._settings.tried, form, kept)).problems:
            told = [FieldProblem(f"values.{each.path}", each.message) for each in problems]
            raise InvalidRequest("The settings do not fit.", told)
        return kept

    def _form(self, plugin: str) -> SettingsForm:
        if (form := self._find_form(plugin)) is None:
            raise NotFound("There is no such plugin, or it has no settings.")
        return form

    def _find_form(self, plugin: str) -> SettingsForm | None:
        return next((each.value for each in self._plugins.forms() if each.plugin == plugin), None)

    def _report(self, plugin: str, form: SettingsForm) -> SettingsReport:
        return SettingsReport(plugin, self._settings.read(plugin, form))


def _require_known(form: SettingsForm, values: Mapping[str, Any]) -> None:
    known = [each.name for each in form.declared]
    unknown = [name for name in values if name not in known]
    if unknown:
        problems = [
            FieldProblem(f"values.{name}", f"there is no such setting.{did_you_mean(name, known)}")
            for name in unknown
        ]
        raise InvalidRequest(f"The settings are: {', '.join(known)}.", problems)


def _place(plugin: str) -> str:
    return f"plugin_settings {plugin}"
