"""The shape of error bodies: the canonical one, but on the addresses of a dialect its own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field
from quart import Quart, current_app, has_request_context, request, websocket

_SHAPES: Final = "puerto.error_shapes"


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What an error says, in no shape yet."""

    code: str
    message: str
    details: Mapping[str, Any]
    request_id: str | None


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """A shape of error bodies: its model, for the OpenAPI document, and what makes a body."""

    model: type[BaseModel]
    body: Callable[[ErrorFacts], dict[str, Any]]


class ErrorBody(BaseModel):
    """The error."""

    code: str = Field(description="For programs.")
    message: str = Field(description="For people: what is wrong and what to do.")
    details: dict[str, Any] = Field(
        description="More for programs; `fields` lists `{path, message}` for bad input."
    )
    request_id: str = Field(description="The `X-Request-ID` of this answer: the log knows it.")


class ErrorAnswer(BaseModel):
    """Every error of the API, but for those of addresses of another shape."""

    error: ErrorBody


def _canonical(facts: ErrorFacts) -> dict[str, Any]:
    return {
        "error": {
            "code": facts.code,
            "message": facts.message,
            "details": facts.details,
            "request_id": facts.request_id,
        }
    }


CANONICAL: Final = ErrorShape(ErrorAnswer, _canonical)


def shape_errors(app: Quart, addresses: re.Pattern[str], shape: ErrorShape) -> None:
    """Answer errors in this shape on the paths that match as a whole."""
    app.extensions.setdefault(_SHAPES, []).append((addresses, shape))


def shapes_of(extensions: Mapping[str, Any]) -> list[ErrorShape]:
    """Return all shapes of an application with these extensions, the canonical one first."""
    return [CANONICAL, *(shape for _, shape in extensions.get(_SHAPES, ()))]


def shape_at(extensions: Mapping[str, Any], path: str) -> ErrorShape:
    """Return the shape of errors at a path, or at the rule of a route."""
    shapes = extensions.get(_SHAPES, ())
    found = (shape for addresses, shape in shapes if addresses.fullmatch(path))
    return next(found, CANONICAL)


def shaped(facts: ErrorFacts) -> dict[str, Any]:
    """Return the body of an error that answers the current request, or a socket's handshake."""
    current = request if has_request_context() else websocket
    return shape_at(current_app.extensions, current.path).body(facts)
