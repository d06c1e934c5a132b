"""One table from the errors of the house to what HTTP clients see, and one envelope for all."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from quart import Quart, Response, g
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from domain import errors
from entrypoints.encoding import dump
from entrypoints.http.error_texts import OUR_FAULT, text_of
from entrypoints.http.field_messages import field_problems, in_words

_log = logging.getLogger("puerto.http")

_STATUS: Final[dict[type[errors.PuertoError], tuple[int, str]]] = {
    errors.InvalidRequest: (400, "INVALID_REQUEST"),
    errors.Unauthenticated: (401, "UNAUTHORIZED"),
    errors.Forbidden: (403, "FORBIDDEN"),
    errors.NotFound: (404, "NOT_FOUND"),
    errors.RunInProgress: (409, "RUN_IN_PROGRESS"),
    errors.IdempotencyConflict: (409, "IDEMPOTENCY_CONFLICT"),
    errors.Conflict: (409, "CONFLICT"),
    errors.Gone: (410, "GONE"),
    errors.Unprocessable: (422, "UNPROCESSABLE"),
    errors.RateLimited: (429, "RATE_LIMITED"),
    errors.UnknownTool: (404, "NOT_FOUND"),
    errors.InvalidArguments: (400, "INVALID_REQUEST"),
    errors.ToolRefused: (403, "FORBIDDEN"),
    errors.ToolTimeout: (504, "UPSTREAM_TIMEOUT"),
    errors.ToolError: (502, "UPSTREAM_ERROR"),
    errors.Unavailable: (503, "UNAVAILABLE"),
    errors.AddressRefused: (422, "UNPROCESSABLE"),
    errors.WebTimeout: (504, "UPSTREAM_TIMEOUT"),
    errors.WebError: (502, "UPSTREAM_ERROR"),
    errors.ProviderTimeout: (504, "UPSTREAM_TIMEOUT"),
    errors.ProviderError: (502, "UPSTREAM_ERROR"),
}
_HTTP_CODES: Final = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "INVALID_REQUEST",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE",
    429: "RATE_LIMITED",
}
_STATUS_OF_CODE: Final = {code: status for status, code in _STATUS.values()}


def status_and_code(error: errors.PuertoError) -> tuple[int, str]:
    """Return the HTTP status and the canonical code of an error of the house."""
    for kind in type(error).__mro__:
        if (found := _STATUS.get(kind)) is not None:
            return found
    return 500, "INTERNAL"


def status_of_code(code: str) -> int:
    """Return the HTTP status of the problem that ended a run."""
    return _STATUS_OF_CODE.get(code, 500)


def envelope(code: str, message: str, details: Any = None) -> dict[str, Any]:
    """Return the canonical error body."""
    return {
        "error": {
            "code": code,
            "message": message,
            "details": details or {},
            "request_id": g.get("request_id"),
        }
    }


def error_response(
    status: int,
    code: str,
    message: str,
    details: Any = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    """Return an error as a response; the log's line of the request names one that is not theirs."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        g.failure = f"{code}: {message}"
    body = dump(envelope(code, message, details))
    response = Response(body, status=status, content_type="application/json")
    for name, value in headers:
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _house(error: Exception) -> Response:
    assert isinstance(error, errors.PuertoError)  # noqa: S101  registered for this class
    status, code = status_and_code(error)
    g.is_told = isinstance(error, errors.StoreUnavailable)  # by its adapter, once
    headers = []
    if isinstance(error, errors.RateLimited):
        headers.append(("Retry-After", str(error.retry_after)))
    return error_response(status, code, error.message, error.details, headers)


async def _invalid(error: Exception) -> Response:
    assert isinstance(error, RequestSchemaValidationError)  # noqa: S101  registered for this class
    fields = field_problems(error.validation_error)
    return error_response(400, "INVALID_REQUEST", in_words(fields), {"fields": fields})


async def _http(error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class
    status = error.code or 500
    code = _HTTP_CODES.get(status, "INVALID_REQUEST" if status < 500 else "INTERNAL")  # noqa: PLR2004
    return error_response(status, code, text_of(error), headers=error.get_headers())


async def _unforeseen(error: Exception) -> Response:
    _log.error("the request failed", exc_info=error)
    g.is_told = True
    return error_response(500, "INTERNAL", OUR_FAULT)


def install_errors(app: Quart) -> None:
    """Answer every error of the application in the canonical envelope."""
    app.register_error_handler(errors.PuertoError, _house)
    app.register_error_handler(RequestSchemaValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)
