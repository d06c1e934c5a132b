"""Error handlers: the HTTP status of each error code, and the response."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from quart import Quart, Response, g
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from domain.limits.policy import LimitReached
from domain.shared import errors
from domain.shared.error_codes import ErrorCode, Refusal, answer_to
from domain.tools.error_fields import answer_of
from entrypoints.encoding import dump
from entrypoints.http.error_shapes import ErrorFacts, shaped
from entrypoints.http.error_texts import OUR_FAULT, text_of
from entrypoints.http.field_messages import field_problems, in_words
from entrypoints.http.security.limits import note_refusal

_log = logging.getLogger("puerto.http")

STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.IDEMPOTENCY_CONFLICT: 409,
    ErrorCode.RUN_IN_PROGRESS: 409,
    ErrorCode.CONFLICT: 409,
    ErrorCode.GONE: 410,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.UNPROCESSABLE: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UPSTREAM_ERROR: 502,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.UPSTREAM_TIMEOUT: 504,
}
CODES: Final[Mapping[int, ErrorCode]] = {
    **{status: code for code, status in STATUS.items()},  # the last of each status
    408: ErrorCode.INVALID_REQUEST,
}


def status_and_code(error: errors.PuertoError) -> tuple[int, ErrorCode]:
    """Return the HTTP status and the error code of a Puerto error."""
    code = answer_of(error)
    return STATUS[code], code


def status_of_code(code: str) -> int:
    """Return the HTTP status of the error code with which a run failed."""
    if code in Refusal.__members__:
        return STATUS[answer_to(code)]
    return STATUS[ErrorCode.__members__.get(code, ErrorCode.INTERNAL)]


def error_response(
    status: int,
    code: str,
    message: str,
    details: Any = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    """Return an error response in the shape of the address (`entrypoints.http.error_shapes`).

    The access log line of the request has the message of a 5xx.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        g.failure = f"{code}: {message}"
    body = dump(shaped(ErrorFacts(code, message, details or {}, g.get("request_id"))))
    response = Response(body, status=status, content_type="application/json")
    for name, value in headers:
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _puerto_error(error: Exception) -> Response:
    assert isinstance(error, errors.PuertoError)  # noqa: S101  registered for this class
    status, code = status_and_code(error)
    g.is_logged = isinstance(error, errors.StoreUnavailable)  # by the adapter, once
    headers = []
    if isinstance(error, LimitReached):
        note_refusal(error)
    if isinstance(error, errors.RateLimited):
        headers.append(("Retry-After", str(error.retry_after)))
    return error_response(status, code, error.message, error.details, headers)


async def _invalid_request(error: Exception) -> Response:
    assert isinstance(error, RequestSchemaValidationError)  # noqa: S101  registered for this class
    fields = field_problems(error.validation_error)
    return error_response(400, ErrorCode.INVALID_REQUEST, in_words(fields), {"fields": fields})


async def _http_error(error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class
    status = error.code or 500
    is_client_error = status < HTTPStatus.INTERNAL_SERVER_ERROR
    default = ErrorCode.INVALID_REQUEST if is_client_error else ErrorCode.INTERNAL
    return error_response(
        status, CODES.get(status, default), text_of(error), headers=error.get_headers()
    )


async def _unexpected_error(error: Exception) -> Response:
    _log.error("the request failed", exc_info=error)
    g.is_logged = True
    return error_response(500, ErrorCode.INTERNAL, OUR_FAULT)


def install_errors(app: Quart) -> None:
    """Install handlers that answer every error of the application."""
    app.register_error_handler(errors.PuertoError, _puerto_error)
    app.register_error_handler(RequestSchemaValidationError, _invalid_request)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)
