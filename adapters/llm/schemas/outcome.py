"""The result of compiling a tool for a provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something in a tool's schema that a provider is not sent, or sent in another way.

    ``path`` is a JSON Pointer into the tool's own schema, empty for the tool itself; ``keyword`` is
    the keyword there; ``what`` describes in words what became of it.
    """

    path: str
    keyword: str
    what: str


def as_they_are(arguments: Arguments) -> dict[str, Any]:
    """Return the arguments unchanged."""
    return dict(arguments)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A tool in one provider's form.

    A ``refusal`` is a sentence that says why the provider cannot use the tool; then there is
    nothing to send. ``express`` converts arguments that fit the tool's own schema to
    ``parameters``, and ``restore`` converts the model's arguments back. What does not fit is left
    for validation.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    losses: tuple[Loss, ...] = ()
    refusal: str | None = None
    express: Callable[[Arguments], dict[str, Any]] = field(default=as_they_are, compare=False)
    restore: Callable[[Arguments], dict[str, Any]] = field(default=as_they_are, compare=False)
