"""Questions that a running tool puts to its user, and the answers.

A question ends the attempt of the call that puts it. When the user has answered, the tool is called
again from its beginning, and is given the answer at the same place.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn, Protocol, TypeVar

from typing_extensions import override

from domain.shared.errors import ToolRefused

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class QuestionKind(StrEnum):
    """What a tool asks its user for.

    Values for a form, consent to a call of another tool, or an account that has to be connected.
    """

    INPUT = "input"
    CALL = "call"
    CONNECT_ACCOUNT = "connect_account"


@dataclass(frozen=True, slots=True)
class ToolQuestion:
    """A question of a call; ``message`` is for the user, ``fields`` are what its kind adds.

    The fields are JSON: ``schema`` is the JSON Schema of the values, an object; a question without
    it is a yes or no. ``call`` is the call that is consented to. ``plugin``, ``account``,
    ``title``, ``connect_by`` (oauth or key) and ``instructions`` are of the account to connect.
    ``reason`` is the rule that wants the question, and no part of what is asked.
    """

    kind: QuestionKind
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    reason: str = field(default="the tool asks its user", compare=False)


def account_asked_for(question: ToolQuestion | None) -> tuple[str, str] | None:
    """Return plugin and name of the account that a question asks to connect; None: it does not."""
    if question is None or question.kind is not QuestionKind.CONNECT_ACCOUNT:
        return None
    return question.fields["plugin"], question.fields["account"]


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

    async def put(self, question: ToolQuestion) -> Mapping[str, Any]:
        """Return the values of the user's answer; where there is none yet, the attempt ends here.

        Questions of a kind are told apart by their order.

        Raises:
            AskDeclined: the user declined.
            ToolFailed: the question cannot be put, or another was answered at this place.

        """
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
    """Puts no questions; ``why`` is the sentence for who tries."""

    def __init__(self, why: str = "Nobody can be asked here.") -> None:
        self._why = why

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
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # a thread does not await anything
            raise ToolRefused(self._why) from None
        return self._refused()

    async def _refused(self) -> NoReturn:
        raise ToolRefused(self._why)

    @override
    async def put(self, question: ToolQuestion) -> Mapping[str, Any]:
        raise ToolRefused(self._why)
