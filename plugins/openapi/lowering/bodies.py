"""The body as an argument: its schema, as its media type has it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from plugins.openapi.lowering.descriptions import FILE
from plugins.openapi.lowering.schemas import Schema, Schemas
from plugins.openapi.lowering.shapes import Shapes
from plugins.openapi.lowering.walk import Notes
from plugins.openapi.lowering.words import joined, plain, shortened
from plugins.openapi.operation import Body, Content
from plugins.openapi.wire.media_types import (
    ANYTHING,
    is_form,
    is_json,
    is_json_lines,
    is_multipart,
    is_text,
    preferred,
)

_LONG: Final = 400  # characters of a description


def body_schema(
    body: Body, schemas: Schemas, shapes: Shapes, notes: Notes
) -> tuple[Schema, Sequence[Content]]:
    """Return the schema of the body's preferred form, and all forms, their schemas as shapes."""
    chosen = preferred(body.contents)
    contents = []
    shown: Schema = {}
    for content in body.contents:
        own: Notes = {} if content is not chosen else notes
        schema = schemas.lower(content.schema, own)
        if content is chosen:
            shown = _as_sent(content, schema)
        in_parts = is_form(content.media_type) or is_multipart(content.media_type)
        contents.append(
            replace(content, schema=shapes.of_form(schema) if in_parts else shapes.kind(schema))
        )
    told = joined(shortened(plain(body.description), _LONG), shown.get("description", ""))
    if told:
        shown = {**shown, "description": told}
    return shown, contents


def _as_sent(content: Content, schema: Schema) -> Schema:
    """Return how a model gives such a body: structured, or as text."""
    media_type = content.media_type
    structured = is_json(media_type) or is_form(media_type) or is_multipart(media_type)
    if structured or is_json_lines(media_type) or media_type in ANYTHING:
        return schema
    if is_text(media_type):
        return {"type": "string", "description": joined(_told(schema), f"Sent as {media_type}")}
    if schema.keys() & {"properties", "items", "anyOf", "allOf", "$ref"}:
        return schema
    told = joined(_told(schema).removesuffix(FILE).rstrip(), FILE, f"Sent as {media_type}")
    return {"type": "string", "format": "binary", "description": told}


def _told(schema: Any) -> str:
    return str(schema.get("description", ""))
