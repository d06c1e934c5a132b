"""What a shape says of the values under it, as far as writing them needs it."""

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
    """Tell whether a value is bytes on the wire: OpenAPI 2's, 3.0's and 3.1's ways to say it."""
    if shape.get("format") == "binary" or shape.get("type") == "file":
        return True
    kind = shape.get("contentMediaType")
    return isinstance(kind, str) and "contentEncoding" not in shape and not kind.startswith(_TEXTS)


def is_base64(shape: Mapping[str, Any]) -> bool:
    """Tell whether a value is base64 on the wire, too."""
    encoding = shape.get("contentEncoding")
    return shape.get("format") in _BASE64 or (
        isinstance(encoding, str) and encoding.lower() == "base64"
    )


def is_object(shape: Mapping[str, Any]) -> bool:
    """Tell whether a value is an object by its schema, and so none that describes a file."""
    return "properties" in shape or "object" in types_of(shape)


def may_be_left_out(shape: Any, name: str) -> bool:
    """Tell whether an object is known to go without a property."""
    return bool(property_of(shape, name)) and not is_required(shape, name)


def is_required(shape: Any, name: str) -> bool:
    """Tell whether an object must have a property."""
    return name in required_in(shape)
