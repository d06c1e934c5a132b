"""The answers of a test to the requests for consent of a run."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from domain.consents.consent import ConsentKind
from domain.consents.replies import ConsentReply
from domain.shared.json_schema import properties_of

Answers: TypeAlias = Mapping[str, Any] | Iterable[Mapping[str, Any] | None]
"""The values for what tools ask: one after another, None for a no; or all of them by field."""


class Replies:
    """What a test says to each request: ``approve``, ``answers`` and ``confirm`` of a chat."""

    def __init__(
        self, *, approve: bool | None, answers: Answers | None, confirm: Mapping[str, Any]
    ) -> None:
        self._approve = approve
        self._fields = answers if isinstance(answers, Mapping) else None
        self._in_order = None if answers is None or isinstance(answers, Mapping) else iter(answers)
        self._confirm = confirm

    def to(self, request: Mapping[str, Any]) -> ConsentReply | None:
        """Return the reply to a request; None if the test leaves it waiting.

        Raises:
            AssertionError: the test answers questions, but not this one.

        """
        if request["kind"] == ConsentKind.INPUT:
            return self._to_question(request)
        if self._approve is None:
            return None
        if self._approve and request["kind"] == ConsentKind.CONNECT_ACCOUNT:
            raise AssertionError(
                f"the user has not connected the account {request['account']!r} of"
                f" {request['plugin']!r}: puerto_service.connect_account(...) does it"
            )
        typed = {name: self._confirm[name] for name in request["confirm"] if name in self._confirm}
        return ConsentReply(approved=self._approve, confirm=typed or None)

    def _to_question(self, request: Mapping[str, Any]) -> ConsentReply | None:
        if self._approve is False:
            return ConsentReply(approved=False)
        if self._fields is not None:
            asked = properties_of(request["schema"])
            values = {name: self._fields[name] for name in asked if name in self._fields}
            return ConsentReply(approved=True, values=values)
        if self._in_order is None and self._approve is None:
            return None
        try:
            answer = next(self._in_order or iter(()))
        except StopIteration:
            raise AssertionError(f"the test gives no answer to: {request['message']}") from None
        return ConsentReply(approved=answer is not None, values=answer)
