"""Conversion of an API's response to the result of a call, or to an error for the model."""

import json
import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from domain.shared.errors import ToolFailed
from domain.tools.artifacts import ARTIFACT_BYTES, NAME_LENGTH, Artifact
from domain.web.ports import WebResponse
from plugins.authoring.json_values import as_json
from plugins.openapi.operation import Operation
from plugins.openapi.wire.charsets import read_json, read_text
from plugins.openapi.wire.header_parameters import parameters_of
from plugins.openapi.wire.media_types import essence, is_json, is_json_lines, is_text

ERROR_LENGTH: Final = 2000  # characters of an API's error that the model sees
_SHOWN_HEADERS: Final = ("location", "link", "retry-after")  # they tell what to do next
_MESSAGES: Final = ("message", "detail", "error_description", "title", "error", "errors", "fault")
_ENCODED_NAME: Final = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.+)", re.IGNORECASE)  # RFC 8187
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff]")
_FAILED: Final = 400
_DEEPEST: Final = 3  # of objects in which an error's message is looked for
_BINARY: Final = object()


def result_of(operation: Operation, response: WebResponse) -> Any:
    """Return the result: JSON as it is, other text as a string, the rest as an `Artifact`.

    A response without a body gives ``{"status": 204}``, with the headers that tell what to do next.

    Raises:
        ToolFailed: the API answered with an error; ``details`` holds its status and body.

    """
    if response.status >= _FAILED:
        raise failure(operation, response)
    if not response.body:
        return {"status": response.status} | _shown_headers(response)
    value = value_of(response)
    return _artifact(response) if value is _BINARY else value


def failure(operation: Operation, response: WebResponse) -> ToolFailed:
    """Return the error for a response with an error status."""
    value = value_of(response) if response.body else ""
    body = "(binary)" if value is _BINARY else value
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    message = _message(body) or text.strip()
    status = f"{response.status} {_phrase(response.status)}".strip()
    answer = f"{operation.name} answered {status}"
    sentence = f"{answer}: {_cut(message)}" if message else f"{answer}."
    details = {"status": response.status, "error": _cut(text)} | _shown_headers(response)
    return ToolFailed(sentence, details=details)


def value_of(response: WebResponse) -> Any:
    """Return a body as JSON (`domain.shared.json_values`), a string, or the mark of binary data."""
    media_type = response.header("content-type") or ""
    if is_json(media_type) or not media_type:
        try:
            return as_json(read_json(response.body, media_type))
        except (ValueError, RecursionError):
            pass  # declared as JSON, but is not
    if is_json(media_type) or is_text(media_type) or is_json_lines(media_type):
        return read_text(response.body, media_type)
    try:
        return _BINARY if media_type else response.body.decode()
    except UnicodeDecodeError:
        return _BINARY


def text_of_answer(response: WebResponse) -> str | None:
    """Return a body as text, JSON indented; None if it is binary."""
    value = value_of(response) if response.body else ""
    if value is _BINARY:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _artifact(response: WebResponse) -> Artifact:
    media_type = essence(response.header("content-type") or "") or "application/octet-stream"
    name = _filename(response)
    if len(response.body) > ARTIFACT_BYTES:
        raise ToolFailed(f"The file has more than {ARTIFACT_BYTES:,} bytes.")
    try:
        return Artifact(response.body, media_type, name)
    except ValueError:  # the server's Content-Type is no media type
        return Artifact(response.body, "application/octet-stream", name)


def _filename(response: WebResponse) -> str:
    parameters = parameters_of(response.header("content-disposition") or "")
    declared = parameters.get("filename", "")
    if (encoded := _ENCODED_NAME.fullmatch(parameters.get("filename*", ""))) is not None:
        declared = unquote(encoded[2], encoding=encoded[1], errors="replace")  # RFC 6266, 4.3
    last_segment = unquote(urlsplit(response.url).path.rpartition("/")[2])
    return _UNFIT.sub("_", declared or last_segment)[:NAME_LENGTH] or "file"


def _shown_headers(response: WebResponse) -> dict[str, str]:
    headers = {name: response.header(name) for name in _SHOWN_HEADERS}
    return {name: value for name, value in headers.items() if value}


def _message(value: Any, depth: int = 0) -> str:
    """Return the message in an error's body, from the places where APIs have it."""
    match value:
        case str():
            return value
        case list() if value and depth < _DEEPEST:
            return "; ".join(filter(None, (_message(item, depth + 1) for item in value[:5])))
        case dict() if depth < _DEEPEST:
            messages = (_message(value[name], depth + 1) for name in _MESSAGES if name in value)
            return next(filter(None, messages), "")
        case _:
            return ""


def _cut(text: str) -> str:
    return text if len(text) <= ERROR_LENGTH else f"{text[:ERROR_LENGTH]} (cut)"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
