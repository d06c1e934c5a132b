"""Reading a human's reply to a consent request: each kind of request has its own answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.consents.consent import Consent, ConsentDecision, ConsentKind, ConsentStatus
from domain.shared.errors import FieldProblem, InvalidArguments, InvalidRequest, ToolError
from domain.shared.json_text import is_larger
from domain.shared.json_values import require_json
from domain.tools.ports import Toolbox
from domain.tools.questions import AnswerForms

VALUES_SIZE: Final = 100_000  # characters of JSON
_ONLY_FOR_FORMS: Final = "This request asks for no values: send approved alone."


@dataclass(frozen=True, slots=True)
class ConsentReply:
    """A human's answer, as received. Anything but ``approved`` true is a no.

    ``params`` are edited arguments; ``outcome`` (done, not_done, try_again) answers a question
    about an interrupted call, ``values`` the form of a question that the tool itself has put.
    ``confirm`` holds the arguments that were to be typed again, as values or as text.
    """

    approved: bool = False
    params: Mapping[str, Any] | None = None
    reason: str = ""
    outcome: ConsentStatus | None = None
    values: Mapping[str, Any] | None = None
    confirm: Mapping[str, Any] | None = None


class ReplyReader:
    """Validates replies."""

    def __init__(self, toolbox: Toolbox, forms: AnswerForms) -> None:
        self._toolbox = toolbox
        self._forms = forms

    def read(self, consent: Consent, reply: ConsentReply) -> ConsentDecision:
        """Return the answer that the reply gives to this request.

        Raises:
            InvalidRequest: it answers another kind of request, or what it holds does not fit.

        """
        if consent.question is not None:
            return self._answer(consent.question.fields.get("schema"), reply)
        if reply.values is not None:
            raise InvalidRequest(_ONLY_FOR_FORMS, [FieldProblem("values", _ONLY_FOR_FORMS)])
        if consent.kind is ConsentKind.OUTCOME:
            return _outcome(reply)
        return self._approval(consent, reply)

    def _approval(self, consent: Consent, reply: ConsentReply) -> ConsentDecision:
        if reply.outcome is not None:
            raise InvalidRequest("This request asks for approval: send approved, not outcome.")
        if not reply.approved:
            return ConsentDecision(ConsentStatus.DENIED, None, reply.reason)
        params = None if reply.params is None else self._arguments(consent.tool, reply.params)
        _require_confirmed(
            consent.confirm, reply.confirm or {}, consent.params if params is None else params
        )
        return ConsentDecision(ConsentStatus.APPROVED, params, reply.reason)

    def _arguments(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._toolbox.get(name).check(params)
        except ToolError as error:
            raise InvalidRequest(f"The edited arguments do not fit: {error.message}") from error

    def _answer(self, schema: Mapping[str, Any] | None, reply: ConsentReply) -> ConsentDecision:
        """Return the answer to a tool's question; without a schema it is a yes or no."""
        if reply.outcome is not None or reply.params is not None:
            raise InvalidRequest("A tool asks here: send approved, and values where it has a form.")
        if not reply.approved:
            return ConsentDecision(ConsentStatus.DENIED, None, reply.reason)
        if schema is not None:
            values = self._values(schema, reply.values or {})
        elif reply.values is None:
            values = {}
        else:
            raise InvalidRequest(_ONLY_FOR_FORMS, [FieldProblem("values", _ONLY_FOR_FORMS)])
        return ConsentDecision(ConsentStatus.APPROVED, None, reply.reason, values)

    def _values(self, schema: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        if is_larger(values, VALUES_SIZE):
            message = f"The values have more than {VALUES_SIZE:,} characters."
            raise InvalidRequest(message, [FieldProblem("values", message)])
        try:
            return self._forms.check(schema, require_json(dict(values)))
        except ValueError as error:
            message = f"The values are not valid JSON: {error}."
            raise InvalidRequest(message, [FieldProblem("values", message)]) from error
        except InvalidArguments as error:
            fields = [FieldProblem(_place(each.path), each.message) for each in error.fields]
            raise InvalidRequest(error.message, fields) from error


def _require_confirmed(
    names: Sequence[str], typed: Mapping[str, Any], params: Mapping[str, Any]
) -> None:
    """Check that these arguments of the call that is to run were typed again.

    Raises:
        InvalidRequest: one was not, or differs.

    """
    wrong = [
        name
        for name in names
        if not (name in typed and name in params and is_typed(typed[name], params[name]))
    ]
    if wrong:
        message = "Type this argument again, exactly as the call has it."
        fields = [FieldProblem(f"confirm.{name}", message) for name in wrong]
        listed = ", ".join(wrong)
        raise InvalidRequest(f"Send {listed} in confirm, exactly as the call has it.", fields)


def is_typed(typed: Any, value: Any) -> bool:
    """Tell whether what a human typed is this value: it is equal, or its JSON as text."""
    if isinstance(typed, str) and not isinstance(value, str):
        try:
            typed = json.loads(typed)
        except (ValueError, RecursionError):
            return False
    return json.dumps(typed, sort_keys=True) == json.dumps(value, sort_keys=True)


def _outcome(reply: ConsentReply) -> ConsentDecision:
    if reply.params is not None:
        raise InvalidRequest("An interrupted call cannot be given other arguments.")
    otherwise = ConsentStatus.TRY_AGAIN if reply.approved else ConsentStatus.DENIED
    return ConsentDecision(reply.outcome or otherwise, None, reply.reason)


def _place(path: str) -> str:
    return f"values.{path}" if path else "values"
