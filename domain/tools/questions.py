"""Questions that a running tool puts to its user, and the answers.

A question ends the attempt of the call that puts it. When the user has answered, the tool is called
again from its beginning, and is given the answer at the same place.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from typing_extensions import override

from domain.shared.errors import ToolFailed

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class QuestionKind(StrEnum):
    """What a tool asks its user for: values for a form."""

    INPUT = "input"


@dataclass(frozen=True, slots=True)
class ToolQuestion:
    """A question of a call; ``message`` is for the user, ``fields`` are what its kind adds.

    The fields are JSON. Those of `QuestionKind.INPUT` are ``schema``: the JSON Schema of the
    values, an object.
    """

    kind: QuestionKind
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """The answer to a question; ``values`` is None where the user declined, for ``reason``."""

    question: ToolQuestion
    values: Mapping[str, Any] | None
    reason: str = ""


class AnswerForm(Protocol[T_co]):
    """What a tool asks for, as a form."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema (2020-12, type object) of the values."""
        ...

    def read(self, values: Mapping[str, Any]) -> T_co:
        """Return what the tool asked for, made of the user's values.

        Raises:
            InvalidArguments: they do not fit.

        """
        ...


class AnswerForms(Protocol):
    """Makes forms, and validates what was filled in."""

    def of(self, kind: type[T]) -> AnswerForm[T]:
        """Return the form that asks for a value of this type.

        Raises:
            ToolFailed: there is no form for it; the message says why.

        """
        ...

    def check(self, schema: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Validate values against the schema of a form; return them.

        Raises:
            InvalidArguments: they do not fit; ``fields`` names which.

        """
        ...


class Asker(Protocol):
    """Puts the questions of one attempt of a call."""

    @property
    def pending(self) -> ToolQuestion | None:
        """The question that ended the attempt, if one did."""
        ...

    def begin(self, limit: asyncio.Timeout) -> None:
        """Begin the attempt, which runs within this timeout: a question lets it expire."""
        ...

    def end(self) -> None:
        """End the attempt: nothing is asked any more."""
        ...

    def ask(self, kind: type[T], message: str) -> Awaitable[T]:
        """Return the user's answer; where there is none yet, the attempt ends here.

        Raises:
            AskDeclined: the user declined.
            InvalidArguments: the answer does not fit the form.
            ToolFailed: the question cannot be put.

        """
        ...


class NoAsker(Asker):
    """Puts no questions."""

    @property
    @override
    def pending(self) -> ToolQuestion | None:
        return None

    @override
    def begin(self, limit: asyncio.Timeout) -> None:
        pass

    @override
    def end(self) -> None:
        pass

    @override
    def ask(self, kind: type[T], message: str) -> Awaitable[T]:
        raise ToolFailed("Nobody can be asked here.")
