"""Check of the settings that a plugin declares, and values of them for trial runs."""

import inspect
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from domain.plugins.settings import DeclaredSetting, SettingsForm
from domain.shared.errors import InvalidRequest
from domain.shared.json_schema import opened, properties_of, values_in
from plugins.authoring.settings import PydanticSettings
from plugins.checking.effects import words_of
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace

SETTINGS_NAME: Final = "PUERTO_CHECK_SETTINGS"

_SECRET_WORDS: Final = {
    *("credential", "credentials", "key", "passphrase", "passwd", "password", "secret", "token"),
}
_TEXTS: Final = {str, bytes, str | None, bytes | None}
_EXAMPLES: Final[Mapping[str, Any]] = {
    "string": "example",
    "integer": 1,
    "number": 1,
    "boolean": False,
    "array": [],
    "object": {},
}
_FORMATS: Final = {"uri": "https://example.org/", "email": "ada@example.org", "date": "2026-01-02"}


def check_settings(form: SettingsForm | None) -> Iterator[Finding]:
    """Yield the findings about the fields of the settings."""
    if isinstance(form, PydanticSettings):
        yield from _fields(form.model, "", set())


def _fields(model: type[BaseModel], path: str, seen: set[type[BaseModel]]) -> Iterator[Finding]:
    """Yield the findings about a model's fields, and about those of the models in it."""
    seen.add(model)
    lines = _lines_of(model)
    for name, field in model.model_fields.items():
        kind, place, subject = field.annotation, lines.get(name, NOWHERE), f"{path}{name}"
        if [*words_of(name)][-1:] and [*words_of(name)][-1] in _SECRET_WORDS and kind in _TEXTS:
            yield Finding(
                Level.WARNING,
                "settings",
                subject,
                "it sounds like a secret, and is plain text: the API, events and logs show it",
                "annotate it SecretStr",
                place,
            )
        if not field.description:
            yield Finding(
                Level.NOTE,
                "settings",
                subject,
                "nothing tells the operator what this setting is",
                'say it with Field(description="...")',
                place,
            )
        if inspect.isclass(kind) and issubclass(kind, BaseModel) and kind not in seen:
            yield from _fields(kind, f"{subject}.", seen)


def _lines_of(model: type[BaseModel]) -> Mapping[str, SourcePlace]:
    """Return where the fields of a model stand, as far as its source is known."""
    try:
        source, first = inspect.getsourcelines(model)
        file = inspect.getsourcefile(model) or ""
    except (OSError, TypeError):
        return {}
    places: dict[str, SourcePlace] = {}
    for number, line in enumerate(source, first):
        if match := re.match(r"\s+(\w+)\s*:", line):
            places.setdefault(match[1], SourcePlace(file, number))
    return places


class CheckSettings:
    """The settings of a plugin in its trials: canaries for what is secret, and examples.

    ``current`` is what `PluginContext.settings` returns: None until they are filled, and where the
    examples do not fit. ``secrets`` are the secret ones by name, ``canaries`` by their variables.
    """

    def __init__(self) -> None:
        self.current: object | None = None
        self.secrets: Mapping[str, str] = {}
        self.canaries: Mapping[str, str] = {}

    def fill(self, form: SettingsForm | None, plugin: object) -> Iterator[Finding]:
        """Make values for a form: the author's, the environment's, else canaries and examples."""
        if form is None:
            return
        given = getattr(plugin, SETTINGS_NAME, {})
        if not isinstance(given, Mapping):
            given = {}
            message = f"{SETTINGS_NAME} is no dict"
            yield Finding(Level.ERROR, "sample", "", message, "write {name of a setting: value}")
        values = {each.name: _value(each, form.schema) for each in form.declared}
        fitting = {name: value for name, value in values.items() if value is not None}
        try:
            self.current = form.read({**fitting, **given})
        except InvalidRequest as error:
            listed = ", ".join(each["path"] for each in error.details.get("fields", ()))
            yield Finding(
                Level.NOTE,
                "trial",
                "",
                f"its tools are tried without settings: no example fits {listed or 'them'}",
                f"give values in {SETTINGS_NAME} = {{name: value}}",
            )
        else:
            variables = {each.name: each.variable for each in form.declared}
            self.secrets = form.secrets(self.current)
            self.canaries = {variables.get(n, n): value for n, value in self.secrets.items()}


def _value(setting: DeclaredSetting, schema: Mapping[str, Any]) -> Any:
    """Return a value to try a setting with; None leaves it to its default."""
    if setting.is_secret:
        return f"canary-{secrets.token_hex(12)}"
    if text := os.environ.get(setting.variable, "").strip():
        return text
    if not setting.is_required:
        return None
    field = opened(properties_of(schema).get(setting.name, {}), schema)
    if choices := values_in(field):
        return next(iter(choices))
    return _FORMATS.get(field.get("format", ""), _EXAMPLES.get(field.get("type", ""), "example"))
