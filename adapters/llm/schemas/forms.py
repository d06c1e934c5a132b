"""Converts arguments to and from a provider's strict form.

Each form has two functions on JSON values: ``express`` converts a value that fits the tool's schema
to the provider's form, ``restore`` converts a model's value back. A value of an unexpected shape
stays unchanged, so that validation can explain what is wrong.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from adapters.llm.encoded_tools import exact_json

if TYPE_CHECKING:
    from jsonschema_rs import Validator


class ValueForm(Protocol):
    """The provider's form of a value."""

    __slots__ = ()

    def express(self, value: Any) -> Any:
        """Return the provider's form of a value."""
        ...

    def restore(self, value: Any) -> Any:
        """Return the tool's form of a value."""
        ...


@dataclass(frozen=True, slots=True)
class Plain(ValueForm):
    """Values that stay the same."""

    @override
    def express(self, value: Any) -> Any:
        """Return the value."""
        return value

    @override
    def restore(self, value: Any) -> Any:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class TextForm(ValueForm):
    """Any values, as JSON text."""

    @override
    def express(self, value: Any) -> Any:
        """Return the value as JSON text."""
        return exact_json(value)

    @override
    def restore(self, value: Any) -> Any:
        """Parse the text; return the text itself if it is not JSON."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value


@dataclass(frozen=True, slots=True)
class Nullable(ValueForm):
    """Values that are null or of another form."""

    form: ValueForm

    @override
    def express(self, value: Any) -> Any:
        """Return null, or the value in its form."""
        return None if value is None else self.form.express(value)

    @override
    def restore(self, value: Any) -> Any:
        """Return null, or the value restored."""
        return None if value is None else self.form.restore(value)


@dataclass(frozen=True, slots=True)
class Items(ValueForm):
    """Arrays whose items have a form."""

    form: ValueForm

    @override
    def express(self, value: Any) -> Any:
        """Return the array with each item in its form."""
        return list(map(self.form.express, value)) if isinstance(value, list) else value

    @override
    def restore(self, value: Any) -> Any:
        """Return the array with each item restored."""
        return list(map(self.form.restore, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Properties(ValueForm):
    """Objects with all their properties: null stands for a missing one."""

    forms: Mapping[str, ValueForm]
    optional: frozenset[str]

    @override
    def express(self, value: Any) -> Any:
        """Return the object with every property of the schema, and no other."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: form.express(value[name]) if name in value else None
            for name, form in self.forms.items()
        }

    @override
    def restore(self, value: Any) -> Any:
        """Return the object without the properties that are null."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: self.forms[name].restore(each) if name in self.forms else each
            for name, each in value.items()
            if each is not None or name not in self.optional
        }


@dataclass(slots=True)
class Named(ValueForm):
    """The form of a definition, which may contain itself, so it is set once it is known."""

    form: ValueForm = field(default_factory=Plain)

    @override
    def express(self, value: Any) -> Any:
        """Return the value in the definition's form."""
        return self.form.express(value)

    @override
    def restore(self, value: Any) -> Any:
        """Return the value restored from the definition's form."""
        return self.form.restore(value)


@dataclass(slots=True)
class Branch:
    """One of several alternatives: its own schema, the provider's, and the form."""

    own: Mapping[str, Any]
    sent: Mapping[str, Any]
    form: ValueForm
    _checks: "tuple[Validator, Validator] | None" = None

    def checks(self) -> "tuple[Validator, Validator]":
        """Return validators for both schemas, created at first use."""
        if self._checks is None:
            from jsonschema_rs import validator_for

            self._checks = (
                validator_for(dict(self.own), offline=True),
                validator_for(dict(self.sent), offline=True),
            )
        return self._checks


@dataclass(frozen=True, slots=True)
class OneOf(ValueForm):
    """Values in the form of the first alternative that they fit."""

    branches: Sequence[Branch]

    @override
    def express(self, value: Any) -> Any:
        """Return the value in the form of its alternative."""
        for branch in self.branches:
            own, _ = branch.checks()
            if own.is_valid(value):
                return branch.form.express(value)
        return value

    @override
    def restore(self, value: Any) -> Any:
        """Return the value restored from the form of its alternative."""
        for branch in self.branches:
            own, sent = branch.checks()
            if sent.is_valid(value) and own.is_valid(restored := branch.form.restore(value)):
                return restored
        return value
