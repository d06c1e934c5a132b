"""The questions of one call: each answer it has is given again, and the next ends the attempt.

A coroutine cannot be stored. So an attempt of a call that puts a question is cancelled, as by its
timeout; with the answer the tool is called again from its beginning, and is given it at the same
place. The answers are part of the run's events, so that this survives every restart.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Mapping
from typing import Any, Final, NoReturn, TypeVar

from typing_extensions import override

from domain.runs.run import Call
from domain.shared.errors import AskDeclined, ToolFailed
from domain.shared.json_values import TooLarge, normalized, storable
from domain.tools.questions import AnswerForms, Asker, QuestionAnswer, QuestionKind, ToolQuestion
from domain.tools.secrets import Secrets

MOST: Final = 20  # questions of one call
MESSAGE_LENGTH: Final = 2_000
SCHEMA_SIZE: Final = 20_000  # characters of JSON
_OVER_SECONDS: Final = 1.0  # between the questions of a call that is over and does not stop asking

T = TypeVar("T")


class CallQuestions(Asker):
    """Puts the questions of one attempt of a call. It is made in the tool's event loop."""

    def __init__(self, call: Call, forms: AnswerForms, secrets: Secrets) -> None:
        self._call = call
        self._forms = forms
        self._secrets = secrets
        self._answers = list(call.answers)
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._limit: asyncio.Timeout | None = None
        self._pending: ToolQuestion | None = None

    @property
    @override
    def pending(self) -> ToolQuestion | None:
        return self._pending

    @override
    def begin(self, limit: asyncio.Timeout) -> None:
        self._limit = limit

    @override
    def end(self) -> None:
        self._limit = None

    @override
    def ask(self, kind: type[T], message: str) -> Awaitable[T]:
        try:
            is_here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_here = False
        if not is_here:
            raise ToolFailed("Only an async tool can ask its user: declare it with async def.")
        return self._ask(kind, message)

    async def _ask(self, kind: type[T], message: str) -> T:
        form = self._forms.of(kind)
        schema = self._secrets.hide_in(_plain(form.schema))
        text = storable(self._secrets.hide(str(message))).strip()
        if not 0 < len(text) <= MESSAGE_LENGTH:
            raise ToolFailed(f"The question has 1 to {MESSAGE_LENGTH:,} characters.")
        return form.read(await self.put(ToolQuestion(QuestionKind.INPUT, text, {"schema": schema})))

    @override
    async def put(self, question: ToolQuestion) -> Mapping[str, Any]:
        answer = self._next(question)
        if answer is None:
            await self._put(question)
        if answer.question != question:
            raise ToolFailed(
                f"{self._call.tool} asks another question than the one that was answered: what it "
                "asks must not change from one attempt of a call to the next."
            )
        if answer.values is None:
            why = f" They said: {answer.reason}" if answer.reason else ""
            raise AskDeclined(f"The user declined to answer.{why}")
        return answer.values

    def _next(self, question: ToolQuestion) -> QuestionAnswer | None:
        """Return the next answer: to a question of this kind, or to this one about an account.

        Once an account is connected nothing is asked about it, so these have no order.
        """
        about_account = question.kind is QuestionKind.CONNECT_ACCOUNT
        for place, answer in enumerate(self._answers):
            is_it = answer.question == question
            if is_it if about_account else answer.question.kind is question.kind:
                return self._answers.pop(place)
        return None

    async def _put(self, question: ToolQuestion) -> NoReturn:
        if self._limit is None:
            await asyncio.sleep(_OVER_SECONDS)
            raise ToolFailed("Nobody can be asked any more: the call is over.")
        if len(self._call.answers) >= MOST:
            raise ToolFailed(f"A call can ask {MOST} questions, and this one has.")
        if self._pending is None:  # of several at once the first is put
            self._pending = question
            # Not in the context of the plugin, which may not cancel a task of the service.
            self._loop.call_soon(self._expire, context=self._context)
        await self._loop.create_future()  # until the attempt is cancelled
        raise AssertionError("nothing resolves it")

    def _expire(self) -> None:
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(0)


def _plain(schema: Mapping[str, Any]) -> Any:
    """Return a schema as it is when it is read again: an answer is compared with the question."""
    try:
        return normalized(dict(schema), size=SCHEMA_SIZE)
    except TooLarge as error:
        message = f"The form has more than {SCHEMA_SIZE:,} characters of JSON Schema."
        raise ToolFailed(message) from error
