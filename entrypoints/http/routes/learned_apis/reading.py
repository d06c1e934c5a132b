"""Bodies that hold a document of an API, or speak of one, in their forms."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from quart import request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from domain.learning.documents import Document
from domain.learning.drafts import Order
from entrypoints.http.routes.learned_apis.bodies import LearnRequest, NewDocument, document_of
from entrypoints.http.streaming.connection import read_json

M = TypeVar("M", bound=BaseModel)

_YAML: Final = frozenset(
    {
        "application/yaml",
        "application/x-yaml",
        "text/yaml",
        "text/x-yaml",
        "application/vnd.oai.openapi",
        "application/openapi+yaml",
    }
)
_JSON: Final = frozenset({"application/openapi+json", "application/vnd.oai.openapi+json"})
_SIGNS: Final = ("openapi", "swagger")
_SOURCE: Final = "source"
_IN_QUERY: Final = ("name", "base_url", "strict")
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


async def read_order() -> Order:
    """Return what the request's body, in one of its forms, asks to be learned.

    That is JSON as `LearnRequest` has it, or the document as it is, in JSON or YAML: what is to
    be said of it beside that stands in the query then, ``name``, ``base_url`` and ``strict``.

    Raises:
        BadRequest: the body cannot be read.
        RequestSchemaValidationError: it is not what it should be.
        UnsupportedMediaType: it is of another media type.

    """
    body = await _body()
    query = {name: request.args[name] for name in _IN_QUERY if name in request.args}
    return await asyncio.to_thread(_order, body, request.mimetype, query)


async def read_new_document() -> Document | None:
    """Return the document in the request's body, if there is one; its forms are those of an order.

    Raises:
        BadRequest: the body cannot be read.
        RequestSchemaValidationError: it is not what it should be.
        UnsupportedMediaType: it is of another media type.

    """
    body = await _body()
    if not body.strip():
        return None
    return await asyncio.to_thread(_new_document, body, request.mimetype)


async def read_body(model: type[M]) -> M:
    """Return a small body in JSON; none at all is an empty object.

    Raises:
        BadRequest: the body cannot be read.
        RequestSchemaValidationError: it is not what it should be.
        UnsupportedMediaType: it is of another media type.

    """
    body = await _body()
    if not body.strip():
        return _valid(model, {})
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as Content-Type: application/json.")
    return _valid(model, read_json(body))


async def _body() -> bytes:
    body = await request.get_data(as_text=False)
    return body if isinstance(body, bytes) else body.encode()


def _order(body: bytes, media_type: str, query: Mapping[str, str]) -> Order:
    told = _told(body, media_type)
    if told is None:
        strict = query.get("strict", "false")
        beside = {**query, "strict": _TRUTHS.get(strict, strict), _SOURCE: ""}
        order = _valid(LearnRequest, beside).order()
        return replace(order, document=Document(data=body))
    return _valid(LearnRequest, told).order()


def _new_document(body: bytes, media_type: str) -> Document | None:
    told = _told(body, media_type)
    if told is None:
        return Document(data=body)
    source = _valid(NewDocument, told).source
    return None if source is None else document_of(source)


def _told(body: bytes, media_type: str) -> Any:
    """Return the JSON that speaks of a document; None if the body is the document itself."""
    if media_type in _YAML | _JSON:
        return None
    if media_type != "application/json":
        raise UnsupportedMediaType(
            "Send JSON as application/json, or a document as application/yaml."
        )
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from error
    if not isinstance(told, dict) or _SOURCE in told:
        return _without_nul(told)
    return None if any(sign in told for sign in _SIGNS) else _without_nul(told)


def _without_nul(told: Any) -> Any:
    """Return the value; all of it but the document is as strict as any other body."""
    rest = (
        {key: value for key, value in told.items() if key != _SOURCE}
        if isinstance(told, dict)
        else told
    )
    read_json(orjson.dumps(rest))
    return told


def _valid(model: type[M], told: Any) -> M:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise RequestSchemaValidationError(error) from error
