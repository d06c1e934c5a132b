"""JSON Schemas that nobody means well with: malformed, deep, and made of themselves."""

from typing import Any, Final

from hypothesis import strategies as st

from domain.shared.json_schema import LISTED, NAMED, SINGLE

_WORDS: Final = sorted({*SINGLE, *LISTED, *NAMED, "$ref", "type", "required", "enum", "const"})
_ENDS: Any = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1.5, "", "a", "string", "object", "null", {}, []),
        *("#", "#/", "#/$defs/a", "#/$defs/%", "#/properties/a", "#/anyOf/0", "#a", "other#/a"),
    ]
)
_values: Any = st.recursive(
    _ENDS,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from([*_WORDS, "a", "b", "maximum", "description"]), inner),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)
hostile_schemas: Any = st.dictionaries(st.sampled_from([*_WORDS, "minimum", "pattern"]), _values)


def _deep(keyword: str, levels: int) -> dict[str, Any]:
    """Return a schema with that many others in each other."""
    schema: Any = {"type": "string"}
    for _ in range(levels):
        holders: dict[bool, Any] = {True: {"a": schema}, False: [schema]}
        schema = {keyword: schema if keyword in SINGLE else holders[keyword in NAMED]}
    return dict(schema)


def _doubling(keyword: str, steps: int = 60) -> dict[str, Any]:
    """Return a schema whose every definition is the next one twice: 2 ** 60 in all."""
    definitions: dict[str, Any] = {
        f"D{at}": {keyword: [{"$ref": f"#/$defs/D{at + 1}"}, {"$ref": f"#/$defs/D{at + 1}"}]}
        for at in range(steps)
    }
    definitions[f"D{steps}"] = {"type": "string"}
    argument = {"$ref": "#/$defs/D0"}
    return {"type": "object", "properties": {"a": argument}, "$defs": definitions}


def _circle(*path: str) -> dict[str, Any]:
    """Return a schema that is itself, by references through these keywords."""
    node: Any = {"$ref": "#/$defs/Node"}
    for keyword in path:
        node = {keyword: [node, node]} if keyword in LISTED else {keyword: {"a": node, "b": node}}
    return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}


MONSTERS: Final = {
    **{f"deep {word}": _deep(word, 300) for word in sorted(SINGLE | LISTED | NAMED)},
    **{f"doubling {word}": _doubling(word) for word in ("allOf", "anyOf", "oneOf", "prefixItems")},
    "itself": _circle(),
    **{f"circle of {word}": _circle(word) for word in ("allOf", "anyOf", "oneOf", "properties")},
    "circle": _circle("properties", "anyOf", "allOf"),
}
