"""What comes of compiling a tool for a provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of a tool that a provider is not told, or told differently.

    ``path`` is a JSON Pointer into the tool's own schema, empty for the tool itself;
    ``keyword`` the keyword there; ``what`` says what became of it, in words.
    """

    path: str
    keyword: str
    what: str


def as_they_are(arguments: Arguments) -> dict[str, Any]:
    """Return the arguments unchanged."""
    return dict(arguments)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A tool as one provider takes it.

    With a ``refusal``, a sentence that says why it cannot, there is nothing to send. ``express``
    turns arguments that fit the tool's own schema into those that fit ``parameters``, and
    ``restore`` turns what the model gave back; what does not fit is left for the tool to check.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    losses: tuple[Loss, ...] = ()
    refusal: str | None = None
    express: Callable[[Arguments], dict[str, Any]] = field(default=as_they_are, compare=False)
    restore: Callable[[Arguments], dict[str, Any]] = field(default=as_they_are, compare=False)
