"""Random JSON Schemas of tools, and arguments that fit them."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Schema = dict[str, Any]

NAMES = ("a", "b", "name", "$top", "ids[]", "2nd", "a.b", "naïve", "x" * 70, "properties", "$ref")
_WORDS = st.sampled_from(["", "x", "abc", "5", "2026-01-01", "null", "{}", '{"a":1}', "naïve"])
_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.just(2**70), st.just(0.5), _WORDS
)


@st.composite
def tool_schemas(draw: Draw, *, closed: bool = False) -> Schema:
    """Draw the parameters of a tool; ``closed`` ones take no names that they do not say."""
    schemas = _Schemas(draw, closed=closed)
    root = schemas.object(3)
    if not closed and draw(st.integers(0, 3)) == 0:
        branches = [schemas.object(2, open_too=False) for _ in range(2)]
        root = draw(
            st.sampled_from(
                [
                    {"anyOf": branches},
                    {"oneOf": branches, "description": "either"},
                    {"allOf": [root]},
                    {"type": "object", "allOf": [root, {"description": "both"}]},
                    {"$ref": "#/$defs/Node"},
                ]
            )
        )
    root["$defs"] = {
        "Node": schemas.node(),
        "Leaf/~x": schemas.scalar(),
        "Text": {"type": "string", "description": "a text"},
    }
    return root


class _Schemas:
    def __init__(self, draw: Draw, *, closed: bool) -> None:
        self._draw, self._closed = draw, closed

    def some(self, depth: int) -> Any:
        kinds = ["scalar", "scalar", "ref", "noted"]
        if depth > 0:
            kinds += ["object", "array", "union", "both", "types", "tuple", "any"]
        kind = self._draw(st.sampled_from(kinds))
        made: Schema = getattr(self, kind)(depth)
        if self._draw(st.integers(0, 3)) == 0:
            made = {**made, "description": "what it is", "default": self._draw(_VALUES)}
        return made

    def any(self, _: int) -> Schema:
        made: Schema = self._draw(st.sampled_from([{}, {"title": "Anything"}, {"x-note": 1}]))
        return made

    def scalar(self, _: int = 0) -> Schema:
        bound = self._draw(st.sampled_from([-3, 0, 2.5, 2**60, 2**70]))
        made: Schema = self._draw(
            st.sampled_from(
                [
                    {"type": "string"},
                    {"type": "string", "minLength": 1, "pattern": "^[a-z]"},
                    {"type": "string", "pattern": r"^\p{L}(?!x)"},
                    {"type": "string", "format": "date", "maxLength": 12},
                    {"type": "string", "enum": ["x", "abc", "x"]},
                    {"type": ["string", "null"], "enum": ["x", None]},
                    {"type": "string", "format": "uri-reference"},
                    {"type": "integer", "maximum": bound},
                    {"type": "integer", "exclusiveMinimum": -5, "multipleOf": 1},
                    {"type": "number", "minimum": -bound, "format": "double"},
                    {"type": "integer", "enum": [1, 2, 5]},
                    {"enum": [1, "x", True, None]},
                    {"const": "x"},
                    {"const": 5},
                    {"type": "boolean", "enum": [True]},
                    {"type": ["integer", "null"]},
                    {"type": "boolean"},
                    {"type": "null"},
                    {"type": "string", "not": {"const": "x"}},
                    {"type": "integer", "if": {"minimum": 3}, "then": {"maximum": 7}},
                ]
            )
        )
        return made

    def ref(self, _: int) -> Schema:
        name = self._draw(st.sampled_from(["Node", "Leaf~1~0x", "Text"]))
        return {"$ref": f"#/$defs/{name}"}

    def noted(self, depth: int) -> Schema:
        return {**self.ref(depth), "description": "a reference, explained"}

    def array(self, depth: int) -> Schema:
        more = self._draw(
            st.sampled_from([{}, {"minItems": 1}, {"maxItems": 3.0}, {"uniqueItems": True}])
        )
        items = self._draw(st.booleans())
        return {"type": "array", **more, **({"items": self.some(depth - 1)} if items else {})}

    def tuple(self, depth: int) -> Schema:
        first = self.some(depth - 1)
        rest = self._draw(st.sampled_from([{"items": False}, {}, {"items": first}]))
        second = first if self._draw(st.booleans()) else self.scalar()
        return {"type": "array", "prefixItems": [first, second], **rest}

    def types(self, depth: int) -> Schema:
        return {**self.object(depth), "type": ["object", "string", "null"]}

    def union(self, depth: int) -> Schema:
        keyword = self._draw(st.sampled_from(["anyOf", "oneOf"]))
        branches = [self.some(depth - 1) for _ in range(self._draw(st.integers(1, 3)))]
        if self._draw(st.booleans()):
            branches.append({"type": "null"})
        return {keyword: branches}

    def both(self, depth: int) -> Schema:
        return {
            "allOf": [self.some(depth - 1)],
            **self._draw(st.sampled_from([{}, {"title": "t"}])),
        }

    def node(self) -> Schema:
        node = self.object(1, open_too=False)
        node["properties"]["next"] = {"$ref": "#/$defs/Node"}
        node["properties"]["all"] = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
        node["required"] = [name for name in node["required"] if name not in {"next", "all"}]
        return node

    def object(self, depth: int, *, open_too: bool = True) -> Schema:
        names = self._draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
        required = [name for name in names if self._draw(st.booleans())]
        schema: Schema = {
            "type": "object",
            "properties": {name: self.some(depth - 1) for name in names},
            "required": required,
        }
        others = ["no", "schema"] if self._closed else ["no", "unsaid", "yes", "schema", "patterns"]
        match self._draw(st.sampled_from(others)) if open_too else "no":
            case "no":
                schema["additionalProperties"] = False
            case "yes":
                schema["additionalProperties"] = True
            case "schema":
                schema["additionalProperties"] = self.some(depth - 2)
            case "patterns":
                schema["patternProperties"] = {"^y": self.some(depth - 2)}
                schema["additionalProperties"] = False
        if not self._closed and self._draw(st.integers(0, 4)) == 0:
            schema |= self._draw(
                st.sampled_from(
                    [
                        {"minProperties": 1, "maxProperties": 5},
                        {"propertyNames": {"maxLength": 80}},
                        {"dependentRequired": {"a": ["b"]}},
                        {"not": {"required": ["zzz"]}},
                    ]
                )
            )
        return schema


def fitting(draw: Draw, schema: Any, root: Schema, depth: int = 4) -> Any:
    """Draw a value that probably fits the schema."""
    assume(depth > -6)  # what requires itself has no value
    if not isinstance(schema, Mapping):
        return draw(_VALUES)
    if "enum" in schema or "const" in schema:
        return draw(st.sampled_from(schema.get("enum", [schema.get("const")])))
    if (inner := _inner(draw, schema, root)) is not None:
        return fitting(draw, inner, root, depth - 1)
    kinds = schema.get("type", "anything")
    kind = kinds if isinstance(kinds, str) else draw(st.sampled_from(kinds))
    if kind == "array":
        return _array(draw, schema, root, depth)
    if kind == "object":
        return _object(draw, schema, root, depth)
    return draw(_OF_TYPE.get(kind, _VALUES))


_OF_TYPE: Mapping[str, st.SearchStrategy[Any]] = {
    "string": _WORDS,
    "integer": st.integers(-4, 9),
    "number": st.sampled_from([0, 0.5, -2, 7.25]),
    "boolean": st.booleans(),
    "null": st.none(),
}


def _inner(draw: Draw, schema: Mapping[str, Any], root: Schema) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        return root["$defs"][name]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return draw(st.sampled_from(schema[keyword]))
    return schema["allOf"][0] if "allOf" in schema else None


def _array(draw: Draw, schema: Mapping[str, Any], root: Schema, depth: int) -> list[Any]:
    items = [fitting(draw, each, root, depth - 1) for each in schema.get("prefixItems", [])]
    if schema.get("items") is not False and depth > 0:
        more = draw(st.integers(0, 2))
        items += [fitting(draw, schema.get("items"), root, depth - 1) for _ in range(more)]
    return items


def _object(draw: Draw, schema: Mapping[str, Any], root: Schema, depth: int) -> dict[str, Any]:
    made = {
        name: fitting(draw, each, root, depth - 1)
        for name, each in schema.get("properties", {}).items()
        if name in schema.get("required", ()) or (depth > 0 and draw(st.booleans()))
    }
    others = schema.get("additionalProperties", True)
    if others is not False and depth > 0 and draw(st.booleans()):
        made["extra"] = fitting(draw, others, root, depth - 1)
    return made
