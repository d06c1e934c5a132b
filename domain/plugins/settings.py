"""Settings of plugins: declared by them, from the environment and from what operators set."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final, Protocol

from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.json_values import type_name
from domain.shared.text import shorten
from domain.shared.untrusted import TooLate, original, waited_for
from domain.tools.secrets import Secrets

READ_SECONDS: Final = 5.0  # for a plugin's own validators
_LONGEST: Final = 500  # characters of what is wrong with one setting


class SettingSource(StrEnum):
    """Where the value of a setting comes from."""

    OPERATOR = "operator"  # set through the API, and stored
    ENVIRONMENT = "environment"  # a variable of the process, or a line of .env
    DEFAULT = "default"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class DeclaredSetting:
    """One setting that a plugin declares; ``variable`` is its name in the environment."""

    name: str
    variable: str
    is_secret: bool
    is_required: bool


class SettingsForm(Protocol):
    """The settings that a plugin declares together."""

    @property
    def declared(self) -> Sequence[DeclaredSetting]:
        """The settings, in the order in which they are declared."""
        ...

    @property
    def schema(self) -> Mapping[str, Any]:
        """Their JSON Schema (2020-12, type object), for a form."""
        ...

    def read(self, given: Mapping[str, Any]) -> object:
        """Validate values by the settings' names; return the object that the plugin gets.

        Text from the environment is converted, as ``"5"`` to 5.

        Raises:
            InvalidRequest: they do not fit; the fields say why, and hold no value.

        """
        ...

    def shown(self, settings: object) -> Mapping[str, Any]:
        """Return the values as JSON, without those that are secret."""
        ...

    def secrets(self, settings: object) -> Mapping[str, str]:
        """Return the secret values by name, those of nested models too."""
        ...


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings of one plugin as they were read last.

    ``value`` is the validated object, None where they do not fit; ``problems`` says why. ``shown``
    are the values as JSON, without those that are secret; ``secrets`` are these.
    """

    form: SettingsForm
    stored: Mapping[str, Any]
    value: object | None = None
    problems: Sequence[FieldProblem] = ()
    sources: Mapping[str, SettingSource] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)

    @property
    def problem(self) -> str:
        """What is wrong, in words; empty if nothing is."""
        told = self.told
        return f"it waits for its settings: {'; '.join(told)}" if told else ""

    @property
    def told(self) -> Sequence[str]:
        """Each of the problems in words, with the variable of the setting."""
        variables = {each.name: each.variable for each in self.form.declared}
        return [_told(each, variables) for each in self.problems]


class CurrentSettings:
    """The settings of this process's plugins. Thread-safe.

    ``environ`` holds the variables of the process and of the ``.env`` file. What operators set wins
    over it, and it wins over the defaults.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._stored: Mapping[str, Mapping[str, Any]] = {}
        self._read: dict[str, ReadSettings] = {}
        self._reading = threading.Lock()

    def take(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what operators have set, by plugin and setting; `read` uses it from now on."""
        self._stored = stored

    def read(self, plugin: str, form: SettingsForm) -> ReadSettings:
        """Read the settings of a plugin; the same object comes back while nothing has changed.

        It waits for the plugin's validators, up to `READ_SECONDS`, if something has.
        """
        with self._reading:
            stored = self._stored.get(plugin, {})
            known = self._read.get(plugin)
            if known is None or known.form is not form or known.stored != stored:
                known = self._read[plugin] = self.tried(form, stored)
            return known

    def tried(self, form: SettingsForm, stored: Mapping[str, Any]) -> ReadSettings:
        """Return what the settings would be if operators had set these values.

        It waits for the plugin's validators, up to `READ_SECONDS`. All of a plugin's code that
        settings have runs here, and never again.
        """
        given = dict[str, Any]()
        sources = dict[str, SettingSource]()
        for each in form.declared:
            text = self._environ.get(each.variable, "").strip()
            if each.name in stored:
                given[each.name], sources[each.name] = stored[each.name], SettingSource.OPERATOR
            elif text:
                given[each.name], sources[each.name] = text, SettingSource.ENVIRONMENT
            else:
                unset = SettingSource.MISSING if each.is_required else SettingSource.DEFAULT
                sources[each.name] = unset
        try:
            read = waited_for(partial(_read, form, given), READ_SECONDS)
        except InvalidRequest as error:
            problems = [FieldProblem(**each) for each in error.details.get("fields", ())]
        except TooLate as error:
            problems = [FieldProblem(_ALL, f"{error}: a validator hangs")]
        except Exception as error:  # noqa: BLE001  untrusted code; its text may hold a value
            problems = [FieldProblem(_ALL, f"reading them raised {type_name(original(error))}")]
        else:
            return ReadSettings(form, stored, read[0], (), sources, read[1], read[2])
        return ReadSettings(form, stored, None, list(_discreet(problems, given)), sources)

    def value(self, plugin: str) -> object | None:
        """Return the validated settings of a plugin; None if it has none that fit."""
        known = self._read.get(plugin)
        return None if known is None else known.value

    def secrets(self, plugin: str) -> Secrets:
        """Return the secret ones among a plugin's settings."""
        known = self._read.get(plugin)
        return Secrets() if known is None else known.secrets


_ALL: Final = "settings"  # the path of a problem of all of them together


def _read(
    form: SettingsForm, given: Mapping[str, Any]
) -> tuple[object, Mapping[str, Any], Secrets]:
    value = form.read(given)
    return value, form.shown(value), Secrets(form.secrets(value)).hide_in_log()


def _discreet(problems: Sequence[FieldProblem], given: Mapping[str, Any]) -> Iterator[FieldProblem]:
    """Yield the problems without the values that were given, which an author may quote."""
    values = Secrets({str(at): text for at, text in enumerate(_texts_in(given))})
    for each in problems:
        yield FieldProblem(
            shorten(values.hide(each.path), _LONGEST), shorten(values.hide(each.message), _LONGEST)
        )


def _texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
            with suppress(ValueError, RecursionError):  # in the environment lists are JSON text
                inner = json.loads(value)
                yield from _texts_in(inner) if isinstance(inner, dict | list) else ()
        case Mapping():
            for item in value.values():
                yield from _texts_in(item)
        case list():
            for item in value:
                yield from _texts_in(item)


def _told(problem: FieldProblem, variables: Mapping[str, str]) -> str:
    name = problem.path.partition(".")[0]
    variable = f" ({variables[name]})" if name in variables else ""
    return f"{problem.path}{variable}: {problem.message}"
