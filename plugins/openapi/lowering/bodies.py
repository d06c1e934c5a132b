"""The request body as an argument: its schema, depending on its media type."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from plugins.openapi.lowering.descriptions import FILE
from plugins.openapi.lowering.schemas import Schemas
from plugins.openapi.lowering.shapes import Shapes
from plugins.openapi.lowering.walk import Notes, Schema
from plugins.openapi.lowering.words import joined, plain, shortened
from plugins.openapi.operation import Content, OperationBody
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
    body: OperationBody, schemas: Schemas, shapes: Shapes, notes: Notes
) -> tuple[Schema, Sequence[Content]]:
    """Return the schema of the preferred media type, and all contents with shapes as schemas."""
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
    description = joined(shortened(plain(body.description), _LONG), shown.get("description", ""))
    if description:
        shown = {**shown, "description": description}
    return shown, contents


def _as_sent(content: Content, schema: Schema) -> Schema:
    """Return the schema of the argument: structured as the body's, or a string."""
    media_type = content.media_type
    structured = is_json(media_type) or is_form(media_type) or is_multipart(media_type)
    if structured or is_json_lines(media_type) or media_type in ANYTHING:
        return schema
    if is_text(media_type):
        return {
            "type": "string",
            "description": joined(_description(schema), f"Sent as {media_type}"),
        }
    if schema.keys() & {"properties", "items", "anyOf", "allOf", "$ref"}:
        return schema
    own = _description(schema).removesuffix(FILE).rstrip()
    description = joined(own, FILE, f"Sent as {media_type}")
    return {"type": "string", "format": "binary", "description": description}


def _description(schema: Any) -> str:
    return str(schema.get("description", ""))
