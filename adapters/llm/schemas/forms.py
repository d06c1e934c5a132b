"""The forms that arguments take where a provider leaves nothing open, and the way back.

Each form has two functions of a JSON value. ``express`` gives the provider's form of a value
that fits the tool's schema; ``restore`` the tool's form of what a model gave. A value that has
not the shape that was asked for stays as it is: whoever checks it can say better what is wrong.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from adapters.llm.encoded_tools import exact_json

if TYPE_CHECKING:
    from jsonschema_rs import Validator


class Form(Protocol):
    """How a value looks to the provider."""

    def express(self, value: Any) -> Any:
        """Return the provider's form of a value."""
        ...

    def restore(self, value: Any) -> Any:
        """Return the tool's form of a value."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Values that look the same."""

    def express(self, value: Any) -> Any:
        """Return the value."""
        return value

    def restore(self, value: Any) -> Any:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """Values of any shape, as JSON text."""

    def express(self, value: Any) -> Any:
        """Return the value as text."""
        return exact_json(value)

    def restore(self, value: Any) -> Any:
        """Return what the text says, or the text itself if that is no JSON."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value


@dataclass(frozen=True, slots=True)
class Nullable:
    """Values that may be null, else of another form."""

    form: Form

    def express(self, value: Any) -> Any:
        """Return null, or the value in its form."""
        return None if value is None else self.form.express(value)

    def restore(self, value: Any) -> Any:
        """Return null, or the value out of its form."""
        return None if value is None else self.form.restore(value)


@dataclass(frozen=True, slots=True)
class Items:
    """Arrays whose items have a form."""

    form: Form

    def express(self, value: Any) -> Any:
        """Return the array with each item in its form."""
        return list(map(self.form.express, value)) if isinstance(value, list) else value

    def restore(self, value: Any) -> Any:
        """Return the array with each item out of its form."""
        return list(map(self.form.restore, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Properties:
    """Objects that have all their properties: null stands for one that is left out."""

    forms: Mapping[str, Form]
    optional: frozenset[str]

    def express(self, value: Any) -> Any:
        """Return the object with every property, and no other."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: form.express(value[name]) if name in value else None
            for name, form in self.forms.items()
        }

    def restore(self, value: Any) -> Any:
        """Return the object without the properties that are left out."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: self.forms[name].restore(each) if name in self.forms else each
            for name, each in value.items()
            if each is not None or name not in self.optional
        }


@dataclass(slots=True)
class Named:
    """The form of a definition, which may be within itself: it is set when it is known."""

    form: Form = field(default_factory=Plain)

    def express(self, value: Any) -> Any:
        """Return the value in the definition's form."""
        return self.form.express(value)

    def restore(self, value: Any) -> Any:
        """Return the value out of the definition's form."""
        return self.form.restore(value)


@dataclass(slots=True)
class Branch:
    """One of several schemas that a value may fit: its own, the provider's, and the form."""

    own: Mapping[str, Any]
    sent: Mapping[str, Any]
    form: Form
    _checks: "tuple[Validator, Validator] | None" = None

    def checks(self) -> "tuple[Validator, Validator]":
        """Return what checks a value against each schema, made when first needed."""
        if self._checks is None:
            from jsonschema_rs import validator_for

            self._checks = (
                validator_for(dict(self.own), offline=True),
                validator_for(dict(self.sent), offline=True),
            )
        return self._checks


@dataclass(frozen=True, slots=True)
class OneOf:
    """Values that have the form of the first branch that they fit."""

    branches: Sequence[Branch]

    def express(self, value: Any) -> Any:
        """Return the value in the form of its branch."""
        for branch in self.branches:
            own, _ = branch.checks()
            if own.is_valid(value):
                return branch.form.express(value)
        return value

    def restore(self, value: Any) -> Any:
        """Return the value out of the form of its branch."""
        for branch in self.branches:
            own, sent = branch.checks()
            if sent.is_valid(value) and own.is_valid(restored := branch.form.restore(value)):
                return restored
        return value
