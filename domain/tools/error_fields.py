"""Sanitizing of errors: code, message and details as they may be recorded and shown.

A plugin may raise Puerto's errors with any values in them, or errors of its own classes.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from domain.conversations.calls import Problem
from domain.shared.error_codes import ErrorCode, Refusal
from domain.shared.errors import PuertoError, ToolFailed
from domain.shared.json_values import TooLarge, normalized, storable, type_name
from domain.tools.secrets import Secrets

MESSAGE_LENGTH: Final = 10_000
DETAILS_SIZE: Final = 20_000  # characters of JSON, about

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
_RESERVED: Final = frozenset[str]({*ErrorCode, *Refusal})
_NO_SECRETS: Final = Secrets()


def code_of(error: PuertoError) -> str:
    """Return the error's code; if it is not valid, that of the service's own class beneath."""
    code: Any = getattr(error, "code", None)
    if has_valid_code(error):
        return str.__str__(code)
    return _service_code(error)


def has_valid_code(error: PuertoError) -> bool:
    """Tell whether the error's code has the form of one, and is not another of the service's.

    So a plugin cannot pretend that a call was denied, say, or that nobody gave consent.
    """
    code: Any = getattr(error, "code", None)
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        return False
    return code not in _RESERVED or code == _service_code(error)


def _service_code(error: PuertoError) -> str:
    kinds = (kind for kind in type(error).__mro__ if issubclass(kind, PuertoError))
    return str(next(kind.code for kind in kinds if kind.__module__ == PuertoError.__module__))


def answer_of(error: PuertoError) -> ErrorCode:
    """Return the error code for a request that failed with this error, also a plugin's class."""
    for kind in type(error).__mro__:
        match vars(kind).get("code"):
            case ErrorCode() as code:
                return code
            case Refusal() as refusal:
                return refusal.answer
    return ErrorCode.INTERNAL


def message_of(error: PuertoError, secrets: Secrets = _NO_SECRETS) -> str:
    """Return the message, redacted, and cut to `MESSAGE_LENGTH`."""
    message: Any = getattr(error, "message", None)
    if not isinstance(message, str):
        return f"{type_name(error)}, without a word of why."
    text = secrets.hide(storable(str.__str__(message)))
    return text if len(text) <= MESSAGE_LENGTH else f"{text[:MESSAGE_LENGTH]}… (cut)"


def details_of(error: PuertoError, secrets: Secrets = _NO_SECRETS) -> dict[str, Any]:
    """Return the details as JSON, redacted; a note instead if they are no JSON or too large."""
    details: Any = getattr(error, "details", None)
    if not details:
        return {}
    try:
        known = normalized(details, size=DETAILS_SIZE)
        if not isinstance(known, Mapping):
            return {"note": "The details are left out: they are no object."}
        hidden: dict[str, Any] = secrets.hide_in(known)
    except TooLarge:
        return {"note": "The details are left out: they are too large."}
    except BaseException as why:  # noqa: BLE001  whatever untrusted objects raise
        return {"note": f"The details are left out: {type_name(why)}."}
    return hidden


def problem_of(error: PuertoError, secrets: Secrets | None = None) -> Problem:
    """Return the record of an error, sanitized and redacted."""
    hidden = Secrets() if secrets is None else secrets
    is_retryable = isinstance(error, ToolFailed) and getattr(error, "retryable", False) is True
    return Problem(
        code_of(error), message_of(error, hidden), details_of(error, hidden), is_retryable
    )
