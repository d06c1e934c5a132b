"""The exception hierarchy: all of Puerto's errors, grouped by who must act.

::

    PuertoError
    |- CallerError            the caller: mend the request, then try again
    |  |- InvalidRequest        a field is missing, ill-typed or out of range
    |  |- Unauthenticated       no, bad or expired credentials
    |  |- Forbidden             known, but not allowed
    |  |- NotFound              unknown, or another user's
    |  |- Conflict              the state of things does not allow it now
    |  |  |- RunInProgress           a run is still active in the conversation
    |  |  `- IdempotencyConflict     the same key came with another request
    |  |- Gone                  it was there, and is over
    |  |- Unprocessable         well-formed, but cannot be done
    |  `- RateLimited           too many requests; says when to come back
    |- ToolError              the model: it is told, and may try something else
    |  |- UnknownTool
    |  |- InvalidArguments
    |  |- ToolRefused               the tool changed, or a required plugin went out of use
    |  |- ToolFailed                the tool ran and failed
    |  |- AskDeclined               the user declined to answer the tool's question
    |  `- ToolTimeout
    |- LeaseLost              nobody: another worker goes on with the run
    |- Unavailable            the operator: configure, start or wait
    |  `- StoreUnavailable         the database is away, or cannot be written to
    |- WebError               the server at an address outside
    |  |- AddressRefused          the operator: the address is not open
    |  |- GrantRefused            the user: the server accepts their grant no more
    |  `- WebTimeout
    `- ProviderError          the model's provider
       `- ProviderTimeout

``code`` is what clients see, of those in `domain.shared.error_codes`; each face has its status for
it. A message is written for the one who must act, and never holds a secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.shared.error_codes import ErrorCode, Refusal


class PuertoError(Exception):
    """The base class of all errors; the message is written for the one who must act.

    ``message`` is a sentence; ``details`` is a JSON object for programs.
    """

    code: str = ErrorCode.INTERNAL

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})


class CallerError(PuertoError):
    """The caller must act."""

    code = ErrorCode.INVALID_REQUEST


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field: a path such as ``parameters.count``, and what to do."""

    path: str
    message: str


class InvalidRequest(CallerError):
    """A field is missing, ill-typed or out of range; ``details.fields`` lists which."""

    def __init__(self, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        listed = [{"path": field.path, "message": field.message} for field in fields]
        super().__init__(message, details={"fields": listed} if listed else None)


class Unauthenticated(CallerError):
    """No credentials, or bad or expired ones."""

    code = ErrorCode.UNAUTHORIZED


class Forbidden(CallerError):
    """The caller is known and may not do this."""

    code = ErrorCode.FORBIDDEN


class NotFound(CallerError):
    """Unknown, or another user's: the two look the same from outside."""

    code = ErrorCode.NOT_FOUND


class Conflict(CallerError):
    """The state of things does not allow it now."""

    code = ErrorCode.CONFLICT


class RunInProgress(Conflict):
    """A conversation answers one message at a time."""

    code = ErrorCode.RUN_IN_PROGRESS


def run_in_progress(conversation_id: str, run_id: str) -> RunInProgress:
    """Return the error that names the run which is still active in a conversation."""
    return RunInProgress(
        "A run is still active in this conversation: follow it, or cancel it first.",
        details={"run_id": run_id, "conversation_id": conversation_id},
    )


class IdempotencyConflict(Conflict):
    """The same idempotency key came with another request."""

    code = ErrorCode.IDEMPOTENCY_CONFLICT


class Gone(CallerError):
    """It was there, and its time is over."""

    code = ErrorCode.GONE


class Unprocessable(CallerError):
    """Well-formed, but it cannot be done as it stands."""

    code = ErrorCode.UNPROCESSABLE


class RateLimited(CallerError):
    """Too many requests; ``retry_after`` is in whole seconds."""

    code = ErrorCode.RATE_LIMITED

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, details={"retry_after": retry_after})
        self.retry_after = retry_after


class ToolError(PuertoError):
    """A tool call gave no result; the model receives the reason."""

    code: str = Refusal.TOOL_ERROR


class UnknownTool(ToolError):
    """No enabled tool has this name."""

    code: str = Refusal.UNKNOWN_TOOL


class InvalidArguments(ToolError):
    """The arguments do not fit the tool's schema; ``details.fields`` lists where."""

    code: str = Refusal.INVALID_ARGUMENTS

    def __init__(self, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        listed = [{"path": field.path, "message": field.message} for field in fields]
        super().__init__(message, details={"fields": listed} if listed else None)
        self.fields = tuple(fields)


class ToolRefused(ToolError):
    """The call is not made: its tool has changed since, or a required plugin is not in use.

    A tool gets it, too, that wants of a model or of another tool what it may not.
    """

    code: str = Refusal.TOOL_REFUSED


class ToolFailed(ToolError):
    """The tool ran and reported a failure; the model receives all of it.

    ``code`` is the tool's own, for programs: capital letters, digits and ``_``, such as
    ``TICKET_LOCKED``, and none that the service uses itself. ``retryable`` says that the same call
    may succeed later. ``details`` is a small JSON object.
    """

    code: str = Refusal.TOOL_FAILED

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool = False,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, details=details)
        self.retryable = retryable
        if code is not None:
            self.code = code


class AskDeclined(ToolError):
    """The user declined to answer a question of the tool, which may go on without it."""

    code: str = Refusal.ASK_DECLINED


class ToolTimeout(ToolError):
    """The tool did not answer within its timeout."""

    code: str = Refusal.TOOL_TIMEOUT


class LeaseLost(PuertoError):
    """Another worker drives the run by now, or it has ended."""


class Unavailable(PuertoError):
    """Something is not configured, not started, or shutting down."""

    code = ErrorCode.UNAVAILABLE


class StoreUnavailable(Unavailable):
    """The database does not answer, or cannot be written to.

    The adapter that raises it logs when this begins and when it ends; nobody else need do so.
    """


class WebError(PuertoError):
    """A server outside gave no answer, or none that could be used."""

    code = ErrorCode.UPSTREAM_ERROR


class AddressRefused(WebError):
    """The SSRF guard refuses this address; the message says how the operator may open it."""

    code = ErrorCode.UNPROCESSABLE


class GrantRefused(WebError):
    """An authorization server accepts a code or refresh token no more: the user must consent."""


class WebTimeout(WebError):
    """A server outside took too long."""

    code = ErrorCode.UPSTREAM_TIMEOUT


class ProviderReason(StrEnum):
    """Why a provider did not answer, and so who can mend it."""

    AUTHENTICATION = "authentication"  # 401, 403: the operator's key
    RATE_LIMITED = "rate_limited"  # 429: wait, or raise the quota
    MODEL_NOT_FOUND = "model_not_found"  # 404: the configured model
    REJECTED = "rejected"  # 400, 413, 422: what was sent
    OVERLOADED = "overloaded"  # 5xx, 529: the provider
    UNREACHABLE = "unreachable"  # no connection
    TIMEOUT = "timeout"  # connected, but silent for too long
    TRUNCATED = "truncated"  # the stream ended without saying so
    MALFORMED = "malformed"  # the answer violates the protocol


class ProviderError(PuertoError):
    """The provider of the model failed; ``details.reason`` is a `ProviderReason`.

    ``words`` is the provider's own message for the log, on one line and redacted. ``is_final``
    means that a retry cannot help, whatever the reason.
    """

    code = ErrorCode.UPSTREAM_ERROR
    words = ""
    is_final = False

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        reason: ProviderReason,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        details: dict[str, Any] = {"provider": provider, "reason": reason.value}
        if status is not None:
            details["status"] = status
        if retry_after is not None:
            details["retry_after"] = retry_after
        super().__init__(message, details=details)
        self.provider = provider
        self.reason = reason
        self.retry_after = retry_after


class ProviderTimeout(ProviderError):
    """The provider was silent for longer than the timeout allows."""

    code = ErrorCode.UPSTREAM_TIMEOUT

    def __init__(self, message: str, *, provider: str) -> None:
        super().__init__(message, provider=provider, reason=ProviderReason.TIMEOUT)
