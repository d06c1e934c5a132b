"""Reader of request bodies: Request Body Objects, or body and form parameters of Swagger 2."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plugins.openapi.operation import Content, OperationBody, ParameterLocation
from plugins.openapi.reading.parameters import Declared, schema_of, style_of
from plugins.openapi.reading.problems import BadReference, Reason
from plugins.openapi.reading.references import References
from plugins.openapi.reading.values import entries, is_true, text, texts
from plugins.openapi.wire.media_types import FORM, is_form, is_multipart

_MULTIPART: Final = "multipart/form-data"
_JSON: Final = "application/json"
_ARGUMENT: Final = "body"


def read_body(
    raw: Mapping[str, Any],
    tree: Mapping[str, Any],
    declared: Sequence[Declared],
    references: References,
) -> OperationBody | None:
    """Return the request body of an operation, or None.

    Raises:
        BadReference: the body is a reference to an external document that is not available.

    """
    if raw.get("requestBody") is not None:
        return _requested(raw["requestBody"], references)
    consumed = texts(raw.get("consumes")) or texts(tree.get("consumes"))
    fields = [one for one in declared if one.place == "formdata"]
    whole = next((one for one in declared if one.place == "body"), None)
    if fields:
        return _form(fields, consumed)
    return _whole(whole, consumed) if whole else None


def _requested(value: Any, references: References) -> OperationBody | None:
    try:
        body = references.resolved(value)
    except BadReference as error:
        if error.reason is Reason.OUTSIDE_REFERENCE:
            raise
        body = {"content": {_JSON: {}}}
    if not isinstance(body, dict):
        return None
    content = entries(body.get("content"))
    if not content and "schema" in body:  # as a body parameter of Swagger 2 has it
        content = {_JSON: {"schema": body["schema"]}}
    contents = []
    for media_type, described in content.items():
        try:
            described = entries(references.resolved(described))  # noqa: PLW2901
        except BadReference:
            described = {}  # noqa: PLW2901  the media type is known, its schema is not
        contents.append(_content(media_type, described))
    if not contents:
        return None
    return OperationBody(
        argument=_ARGUMENT,
        contents=contents,
        required=is_true(body.get("required")),
        description=text(body.get("description")),
    )


def _content(media_type: str, described: Mapping[str, Any]) -> Content:
    schema = described.get("schema", {})
    if "itemSchema" in described and "schema" not in described:  # a stream of items (3.2)
        schema = {"type": "array", "items": described["itemSchema"]}
    if isinstance(schema, dict) and "$ref" not in schema and "example" not in schema:
        example = described.get("example")
        if example is not None and not isinstance(example, dict | list):
            schema = {**schema, "example": example}
    return Content(media_type.strip() or _JSON, schema, entries(described.get("encoding")))


def _whole(one: Declared, consumed: Sequence[str]) -> OperationBody:
    _, schema = schema_of(one.raw)
    media_types = [kind for kind in consumed if not (is_form(kind) or is_multipart(kind))] or [
        _JSON
    ]
    contents = [Content(media_type, schema) for media_type in media_types]
    return OperationBody(
        argument=_ARGUMENT,
        contents=contents,
        required=is_true(one.raw.get("required")),
        description=text(one.raw.get("description")),
    )


def _form(fields: Sequence[Declared], consumed: Sequence[str]) -> OperationBody:
    properties, encoding, required = {}, {}, []
    for one in fields:
        _, schema = schema_of(one.raw)
        described = text(one.raw.get("description"))
        if described and isinstance(schema, dict) and "description" not in schema:
            schema = {**schema, "description": described}
        properties[one.name] = schema
        if isinstance(schema, dict) and schema.get("type") == "array":
            style, explode = style_of(one.raw, ParameterLocation.QUERY)
            encoding[one.name] = {"style": style, "explode": explode}
        if is_true(one.raw.get("required")):
            required.append(one.name)
    has_files = any(one.raw.get("type") == "file" for one in fields)
    only_parts = any(map(is_multipart, consumed)) and not any(map(is_form, consumed))
    media_type = _MULTIPART if has_files or only_parts else FORM
    schema = {"type": "object", "properties": properties, "required": required}
    return OperationBody(
        argument=_ARGUMENT,
        contents=[Content(media_type, schema, encoding)],
        required=bool(required),
    )
