"""Errors of the client. What the service refuses is an `APIError`, by its status.

AgentClientError
├── APIConnectionError          no answer: refused, cut, or too late
│   └── APITimeoutError
├── APIError                    an answer that says no: its code, message, details and fields
│   ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403,
│   │   NotFoundError 404, ConflictError 409, GoneError 410, UnprocessableError 422,
│   │   RateLimitError 429, ServerError 5xx
│   └── RunFailedError          the run was begun and failed, or its tool call did
├── UnexpectedAnswerError       an answer that is not one of Puerto's: look at ``base_url``
└── WebhookVerificationError    the request was not signed with this secret, or not just now
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx2


class AgentClientError(Exception):
    """The base of every error of this package."""


class APIConnectionError(AgentClientError):
    """The service could not be reached, or the connection was cut more often than is retried."""


class APITimeoutError(APIConnectionError):
    """The service did not answer in time."""


class UnexpectedAnswerError(AgentClientError):
    """The answer is not one of Puerto's; something else listens at this address."""


class WebhookVerificationError(AgentClientError):
    """A webhook's request is not signed with this secret, or was not signed just now."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    path: str
    message: str


class APIError(AgentClientError):
    """The service refuses a request, or could not do what it asks.

    ``code`` is for programs, ``message`` for people, ``details`` depend on the code. ``fields``
    says what is wrong with which field. ``request_id`` finds the request in the service's log.
    ``status`` is the HTTP status, None for an error that came as an event. ``retry_after`` is in
    seconds, None where the service named no time.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = dict(details or {})
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        status = "" if self.status is None else f"{self.status} "
        request = "" if self.request_id is None else f" (request {self.request_id})"
        return f"{status}{self.code}: {self.message}{request}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be pickled: what a worker process raises reaches the process that waits."""
        names = ("code", "details", "status", "request_id", "retry_after")
        return partial(type(self), **{name: getattr(self, name) for name in names}), (self.message,)

    @property
    def fields(self) -> tuple[FieldProblem, ...]:
        """What is wrong with which field; empty where the request is well-formed."""
        found = self.details.get("fields")
        return tuple(
            FieldProblem(str(each.get("path", "")), str(each.get("message", "")))
            for each in (found if isinstance(found, list) else ())
            if isinstance(each, dict)
        )

    @property
    def run_id(self) -> str | None:
        """The run that was begun and failed, or that is in the way."""
        found = self.details.get("run_id")
        return found if isinstance(found, str) else None


class BadRequestError(APIError):
    """400, 405, 413, 415: the request is malformed; `fields` says where."""


class AuthenticationError(APIError):
    """401: no credentials, or bad or expired ones."""


class PermissionDeniedError(APIError):
    """403: the caller, or the policy of calls, does not allow it."""


class NotFoundError(APIError):
    """404: it is unknown, or another user's."""


class ConflictError(APIError):
    """409: the state of things does not allow it now; `run_id` names a run in the way."""


class GoneError(APIError):
    """410: it was there, and its time is over."""


class UnprocessableError(APIError):
    """422: well-formed, but it cannot be done as it stands."""


class RateLimitError(APIError):
    """429: too many requests; `retry_after` says when the next one fits."""


class ServerError(APIError):
    """5xx: the service, a provider or a tool failed, or did not answer in time."""


class RunFailedError(APIError):
    """The run was begun and failed; or the tool call that a person approved did."""


_BY_STATUS: Final[Mapping[int, type[APIError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: UnprocessableError,
    429: RateLimitError,
}
_SERVER_ERRORS: Final = 500
_SHOWN: Final = 200  # characters of an answer that is no error of Puerto's


def error_of(response: httpx2.Response) -> APIError:
    """Return the error that an answer of 4xx or 5xx is; its body has been read."""
    status = response.status_code
    kind = _BY_STATUS.get(status, ServerError if status >= _SERVER_ERRORS else BadRequestError)
    error = _envelope(response)
    return kind(
        str(error.get("message") or response.text[:_SHOWN] or response.reason_phrase),
        code=str(error.get("code", "")) or f"HTTP_{status}",
        details=error.get("details") if isinstance(error.get("details"), dict) else None,
        status=status,
        request_id=error.get("request_id") or response.headers.get("X-Request-ID"),
        retry_after=_seconds(response.headers.get("Retry-After", "")),
    )


def _envelope(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:  # of a proxy, or none at all
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _seconds(text: str) -> float | None:
    # RFC 9110 allows a date, too, which Puerto never sends: it is passed over.
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()) else None


def connection_error(error: httpx2.TransportError) -> APIConnectionError:
    """Return the client's error for one of the transport."""
    kind = APITimeoutError if isinstance(error, httpx2.TimeoutException) else APIConnectionError
    return kind(str(error) or type(error).__name__)
