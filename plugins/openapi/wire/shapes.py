"""Access to shapes (reduced schemas) for the serialization of values."""

from collections.abc import Mapping
from typing import Any, Final

from domain.shared.json_schema import mapping, properties_of, required_in, types_of

_BASE64: Final = ("byte", "base64")
_TEXTS: Final = ("text/", "application/json")


def property_of(shape: Any, name: str) -> Mapping[str, Any]:
    """Return the shape of a property; an empty one if there is none."""
    return mapping(properties_of(shape).get(name))


def items_of(shape: Any) -> Mapping[str, Any]:
    """Return the shape of a list's items; an empty one if there is none."""
    return mapping(mapping(shape).get("items"))


def is_binary(shape: Mapping[str, Any]) -> bool:
    """Return whether a value is sent as bytes, by the keywords of OpenAPI 2, 3.0 and 3.1."""
    if shape.get("format") == "binary" or shape.get("type") == "file":
        return True
    kind = shape.get("contentMediaType")
    return isinstance(kind, str) and "contentEncoding" not in shape and not kind.startswith(_TEXTS)


def is_base64(shape: Mapping[str, Any]) -> bool:
    """Return whether a value is sent as base64."""
    encoding = shape.get("contentEncoding")
    return shape.get("format") in _BASE64 or (
        isinstance(encoding, str) and encoding.lower() == "base64"
    )


def is_object(shape: Mapping[str, Any]) -> bool:
    """Return whether the schema is of an object, whose value then does not describe a file."""
    return "properties" in shape or "object" in types_of(shape)


def may_be_left_out(shape: Any, name: str) -> bool:
    """Return whether an object has a property that is optional."""
    return bool(property_of(shape, name)) and not is_required(shape, name)


def is_required(shape: Any, name: str) -> bool:
    """Return whether a property is required."""
    return name in required_in(shape)
