"""Finds messages and codes in providers' error bodies of any form.

The forms are those of OpenAI, Anthropic and Google, and of other servers and gateways:
``{"error": {...}}``, ``{"error": "text"}``, ``[{"error": ...}]``, ``{"detail": ...}`` with a text
or a list, ``{"object": "error", "message": ...}``, ``{"errors": [...]}``, an error encoded in the
text of another, or plain text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.llm.reading.json_shapes import as_text
from domain.shared.json_values import storable

_DEEPEST: Final = 6
_MOST: Final = 4  # messages
_LARGEST: Final = 64 * 1024  # bytes that are looked at
_STATUSES: Final = range(400, 600)

_IN_WORDS: Final = (
    *("message", "msg", "error", "detail", "errors", "error_message", "errorMessage"),
    *("error_description", "error_msg", "description", "reason", "title", "raw"),
)
_IN_OBJECTS: Final = ("metadata", "details", "innererror", "response")
_CODES: Final = ("code", "type", "status", "error_code", "error_type", "errorCode")

_KEY_LIKE: Final = re.compile(
    r"\b(?:(?:sk|pk|rk|gsk|xai|pplx|hf|r8)[-_]|AIza|ya29\.|(?:Bearer|Basic) |key ?[=:] ?)"
    r"[-.:\w]{6,}"
    r"|\b(?=\w*\d)(?=\w*[A-Za-z])\w{32,}",
    re.IGNORECASE,
)
_LONGEST_MESSAGE: Final = 2000  # characters


@dataclass(slots=True)
class ErrorWords:
    """What an error body says.

    ``codes`` are its machine-readable codes, in lower case; ``status`` is an HTTP status in the
    body; ``retry_delay`` is Google's time to wait, as text; ``fields`` are the request fields that
    it names.
    """

    messages: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    status: int | None = None
    fields: list[str] = field(default_factory=list)
    retry_delay: str = ""

    @property
    def message(self) -> str:
        """The messages in one line, with stars in place of anything that looks like a key."""
        return redacted("; ".join(dict.fromkeys(self.messages)))


def redacted(words: str) -> str:
    """Return the text in one line, with stars in place of anything that looks like a key.

    Some services repeat half of a refused key, followed by stars.
    """
    tokens = storable(words[:_LONGEST_MESSAGE]).split()
    return _KEY_LIKE.sub("***", " ".join("***" if "**" in each else each for each in tokens))


def words_of(value: Any) -> ErrorWords:
    """Read an error from a JSON value."""
    words = ErrorWords()
    _read(value, words, 0)
    if not words.messages and isinstance(value, dict):  # in unknown fields
        words.messages += [each for each in _texts(value, 0) if each.strip()][:_MOST]
    return words


def words_of_body(body: bytes) -> ErrorWords:
    """Read an error from the body of a response: JSON, plain text, or the title of a web page."""
    try:
        return words_of(json.loads(body[:_LARGEST]))
    except (ValueError, RecursionError):
        text = body[:_LARGEST].decode("utf-8", "replace").strip()
        if text.startswith("<"):  # a gateway's page, whose title is its status in words
            title = re.search(r"<title>([^<]{1,200})</title>", text, re.IGNORECASE)
            text = title[1].strip() if title else ""
        return ErrorWords([text] if text else [])


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth <= _DEEPEST:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth + 1)


def _read(value: Any, words: ErrorWords, depth: int) -> None:
    if depth > _DEEPEST or len(words.messages) >= _MOST:
        return
    match value:
        case str() if value.strip():
            _read_text(value.strip(), words, depth)
        case list():
            for each in value[:_MOST]:
                _read(each, words, depth + 1)
        case dict():
            _read_object(value, words, depth)


def _read_text(text: str, words: ErrorWords, depth: int) -> None:
    if text.startswith(("{", "[")):  # an error of another service, passed on as it came
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            _read(inner, words, depth + 1)
            return
    words.messages.append(text)


def _read_object(error: Mapping[str, Any], words: ErrorWords, depth: int) -> None:
    for name in _CODES:
        code = error.get(name)
        if isinstance(code, int) and code in _STATUSES:
            words.status = words.status or code
        elif isinstance(code, str) and code:
            words.codes.append(code.lower())
            if code.isdecimal() and int(code) in _STATUSES:
                words.status = words.status or int(code)
    words.fields += _named(error)
    words.retry_delay = words.retry_delay or as_text(error.get("retryDelay"))
    if depth and as_text(error.get("reason")):
        words.codes.append(as_text(error["reason"]).lower())
    for name in (*_IN_WORDS, *_IN_OBJECTS):
        inner = error.get(name)
        if name in _IN_OBJECTS and not isinstance(inner, dict | list):
            continue
        _read(inner, words, depth + 1)


def _named(error: Mapping[str, Any]) -> list[str]:
    """Return the request fields that an error names: OpenAI's ``param``, pydantic's ``loc``."""
    place = error.get("loc")
    steps = [each for each in place if isinstance(each, str)] if isinstance(place, list) else []
    parameter = as_text(error.get("param"))
    return [*steps, *([parameter] if parameter else [])]
