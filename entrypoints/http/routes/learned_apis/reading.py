"""Parsing of request bodies that are an OpenAPI document, or JSON about one."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from quart import request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from domain.learning.documents import Document
from domain.learning.drafts import LearnOrder
from entrypoints.http.routes.learned_apis.bodies import LearnRequest, NewDocument, document_of
from entrypoints.http.routes.learned_apis.undecoded import objects_inside, replaced
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
_BEFORE_IT: Final = re.compile(rb'(?<!\\)"source"\s*:\s*\Z')
_NEAR: Final = 64  # bytes before a document that are searched for its name
_IN_QUERY: Final = ("name", "base_url", "strict")
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


async def read_order() -> LearnOrder:
    """Parse the request to learn an API.

    The body is JSON as of `LearnRequest`, or the document itself, in JSON or YAML, with ``name``,
    ``base_url`` and ``strict`` in the query.

    Raises:
        BadRequest: the body is not valid JSON.
        RequestSchemaValidationError: the body or the query is invalid.
        UnsupportedMediaType: the media type is neither JSON nor YAML.

    """
    body = await _body()
    query = {name: request.args[name] for name in _IN_QUERY if name in request.args}
    return await asyncio.to_thread(_order, body, request.mimetype, query)


async def read_new_document() -> Document | None:
    """Parse the document in the request's body, in the forms of `read_order`; None without a body.

    Raises:
        BadRequest: the body is not valid JSON.
        RequestSchemaValidationError: the body is invalid.
        UnsupportedMediaType: the media type is neither JSON nor YAML.

    """
    body = await _body()
    if not body.strip():
        return None
    return await asyncio.to_thread(_new_document, body, request.mimetype)


async def read_body(model: type[M]) -> M:
    """Parse a small JSON body; an empty body counts as an empty object.

    Raises:
        BadRequest: the body is not valid JSON.
        RequestSchemaValidationError: the body is invalid.
        UnsupportedMediaType: the media type is not JSON.

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


def _order(body: bytes, media_type: str, query: Mapping[str, str]) -> LearnOrder:
    about, document = _sent(body, media_type)
    if about is None:
        strict = query.get("strict", "false")
        about = {**query, "strict": _TRUTHS.get(strict, strict), _SOURCE: ""}
    order = _valid(LearnRequest, about).order()
    return order if document is None else replace(order, document=Document(data=document))


def _new_document(body: bytes, media_type: str) -> Document | None:
    about, document = _sent(body, media_type)
    source = None if about is None else _valid(NewDocument, about).source
    if document is not None:
        return Document(data=document)
    return None if source is None else document_of(source)


def _sent(body: bytes, media_type: str) -> tuple[Any, bytes | None]:
    """Return the JSON about a document, and the document, undecoded, if the body has it.

    The first is None if the body is the document itself, and has an empty text in the document's
    place if it holds the document as an object.
    """
    if media_type in _YAML | _JSON:
        return None, body
    if media_type != "application/json":
        raise UnsupportedMediaType(
            "Send JSON as application/json, or a document as application/yaml."
        )
    objects = list(objects_inside(body))
    outline = _loaded(replaced(body, objects, b"{}"), body)
    if not isinstance(outline, dict) or _SOURCE not in outline:
        is_document = isinstance(outline, dict) and any(sign in outline for sign in _SIGNS)
        return (None, body) if is_document else (_checked(_loaded(body, body)), None)
    documents = [each for each in objects if _is_document(body, each)]
    about = _checked(_loaded(replaced(body, documents, b'""'), body))
    return about, body[documents[-1]] if documents and outline[_SOURCE] == {} else None


def _is_document(body: bytes, part: slice) -> bool:
    return _BEFORE_IT.search(body, max(0, part.start - _NEAR), part.start) is not None


def _loaded(text: bytes, body: bytes) -> Any:
    """Parse what remains of the body; errors are those of the body."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is not valid JSON: {error}") from error


def _checked(value: Any) -> Any:
    """Return the value; check all but the document as strictly as any other body (`read_json`)."""
    rest = (
        {key: inner for key, inner in value.items() if key != _SOURCE}
        if isinstance(value, dict)
        else value
    )
    read_json(orjson.dumps(rest))
    return value


def _valid(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise RequestSchemaValidationError(error) from error
