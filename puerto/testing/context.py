"""A context for calling tools as plain functions."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from typing_extensions import override

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.shared.clock import Clock, SystemClock
from domain.shared.errors import AskDeclined, ToolRefused
from domain.tools.credentials import AccountCredentials
from domain.tools.http import HttpClient, NoHttpClient
from domain.tools.questions import Asker, NoAsker, ToolQuestion
from domain.tools.secrets import Secrets
from domain.tools.services import CallServices
from domain.tools.tool_context import ToolContext
from plugins.authoring.forms import PydanticForms
from puerto.testing.clock import START

T = TypeVar("T")


def context_for_tests(
    *,
    settings: object | None = None,
    credentials: Mapping[str, str | None] | None = None,
    answers: Sequence[Mapping[str, Any] | None] = (),
    model_answers: Sequence[str] = (),
    results: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    http: HttpClient | None = None,
    clock: Clock | None = None,
) -> ToolContext:
    """Return the context of a call ``call-1`` of the user ``ada``.

    ``settings`` is what the plugin declared with `Registry.use_settings`. ``credentials`` are the
    tokens of the user's accounts, by name; None declines. ``answers`` are the values that the user
    gives to what the tool asks, in order; None declines. ``model_answers`` are what the model says,
    ``results`` those of other tools, by name. ``secrets`` are the variables that the tool requires,
    ``http`` is an `HttpDouble`, ``clock`` a `FakeClock`. Without them it has no secrets and no
    network. It has no conversations, and an empty storage; change it with `dataclasses.replace`.
    """
    connected = dict(credentials or {})

    async def read(account: str, _rejected: str) -> AccountCredentials:
        if account not in connected:
            raise ToolRefused(f"The test gives no credentials for the account {account}.")
        if (token := connected[account]) is None:
            raise AskDeclined(f"No account {account} is connected. The user declined to answer.")
        return AccountCredentials("oauth", token)

    user = User("user-1", "ada@example.org", "ada", "Ada Lovelace", Role.USER, START)
    return ToolContext(
        user,
        "call-1",
        _nothing,
        log=logging.getLogger("puerto.tools"),
        read_settings=lambda: settings,
        asker=_GivenAnswers(answers),
        read_credentials=read,
        services=_GivenServices(model_answers, results or {}),
        secrets=Secrets(secrets or {}),
        http=http or NoHttpClient(),
        clock=clock or SystemClock(),
    )


async def _nothing(_text: str, _limit: int) -> Sequence[Message]:
    return ()


class _GivenAnswers(NoAsker):
    """Answers at once, where the service would end the attempt."""

    def __init__(self, answers: Sequence[Mapping[str, Any] | None]) -> None:
        super().__init__()
        self._answers: Iterator[Mapping[str, Any] | None] = iter(answers)
        self._forms = PydanticForms()

    @override
    async def ask(self, kind: type[T], message: str) -> T:
        form = self._forms.of(kind)
        return form.read(self._forms.check(form.schema, self._next(message)))

    @override
    async def put(self, question: ToolQuestion) -> Mapping[str, Any]:
        return self._next(question.message)

    def _next(self, message: str) -> Mapping[str, Any]:
        try:
            answer = next(self._answers)
        except StopIteration:
            raise ToolRefused(f"The test gives no answer to: {message}") from None
        if answer is None:
            raise AskDeclined("The user declined to answer.")
        return answer


class _GivenServices(CallServices):
    """Answers as a model and other tools would."""

    def __init__(self, model_answers: Sequence[str], results: Mapping[str, Any]) -> None:
        self._model_answers = iter(model_answers)
        self._results = results

    @override
    async def ask_model(self, prompt: str, system: str) -> str:
        try:
            return next(self._model_answers)
        except StopIteration:
            raise ToolRefused(f"The test gives no answer of a model to: {prompt}") from None

    @override
    async def call_tool(self, name: str, arguments: Mapping[str, Any], asker: Asker) -> Any:
        if name not in self._results:
            raise ToolRefused(f"The test gives no result of the tool {name}.")
        return self._results[name]
