"""Reader of Parameter Objects, of Swagger 2 and of OpenAPI 3."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from plugins.openapi.operation import Parameter, ParameterLocation
from plugins.openapi.path_template import path_template
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import References
from plugins.openapi.reading.values import bare_name, entries, is_true, text, truth

_STYLES: Final = {
    ParameterLocation.PATH: ("simple", "label", "matrix"),
    ParameterLocation.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    ParameterLocation.QUERYSTRING: ("form",),
    ParameterLocation.HEADER: ("simple",),
    ParameterLocation.COOKIE: ("form", "cookie"),
}
"""The styles of each place, the default first; ``collectionFormat`` adds its own."""
_COLLECTIONS: Final = {
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_EXPLODED: Final = ("form", "cookie", "deepObject")
_BESIDE_PATHS: Final = frozenset(
    {ParameterLocation.QUERYSTRING, ParameterLocation.HEADER, ParameterLocation.COOKIE}
)
_SCHEMA_WORDS: Final = frozenset(
    {
        *("type", "format", "items", "default", "enum", "nullable", "x-nullable"),
        *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf"),
        *("maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems"),
        *("properties", "required", "additionalProperties", "oneOf", "anyOf", "allOf"),
    }
)
_PLACES: Final = {place.value: place for place in ParameterLocation} | {
    "cookies": ParameterLocation.COOKIE,
    "headers": ParameterLocation.HEADER,
    "params": ParameterLocation.QUERY,
    "url": ParameterLocation.PATH,
    "uri": ParameterLocation.PATH,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as declared in the document; ``place`` may also be ``body`` or ``formdata``."""

    name: str
    place: str
    raw: Mapping[str, Any]


def declared_parameters(
    lists: Sequence[Any], path: str, references: References
) -> tuple[Sequence[Declared], Sequence[str]]:
    """Return the parameters of a path and an operation, and notes on those that are left out.

    The later list overrides. A parameter whose reference cannot be resolved is left out: the
    operation is often useful without it, and the API reports what is missing.
    """
    declared: dict[tuple[str, str], Declared] = {}
    notes: list[str] = []
    for listed in lists:
        for value in _listed(listed):
            try:
                raw = references.resolved(value)
            except BadReference as error:
                notes.append(f"A parameter is left out. {error}")
                continue
            if (one := _declared(raw, path)) is not None:
                declared[_identity(one)] = one
    return list(declared.values()), notes


def _listed(value: Any) -> Iterable[Any]:
    """Return the parameters of a list, or of an object with their names as keys."""
    if isinstance(value, dict):
        if "name" in value and "in" in value:
            return [value]
        return [
            {"name": name, **one} if isinstance(one, dict) and "$ref" not in one else one
            for name, one in value.items()
        ]
    return value if isinstance(value, list) else []


def _declared(raw: Any, path: str) -> Declared | None:
    if not isinstance(raw, dict):
        return None
    name = text(raw.get("name")).strip()
    place = text(raw.get("in")).strip().lower()
    if place in ("body", "formdata", "form"):
        return Declared(name or "body", "body" if place == "body" else "formdata", raw)
    if not name:
        return None
    if place not in _PLACES:
        place = ParameterLocation.PATH if f"{{{name}}}" in path else ParameterLocation.QUERY
    return Declared(name, _PLACES[place], raw)


def _identity(one: Declared) -> tuple[str, str]:
    if one.place == "body":
        return "body", ""
    return one.place, one.name.lower() if one.place == ParameterLocation.HEADER else one.name


def read_parameters(
    declared: Sequence[Declared], path: str
) -> tuple[Sequence[Parameter], Sequence[str]]:
    """Return the parameters, all of the path's first, and notes on what was corrected.

    A placeholder behind the path's ``?`` is a query parameter, whatever the document declares.
    """
    template = path_template(path)
    notes: list[str] = []
    named = {one.name: one for one in declared if one.place == ParameterLocation.PATH}
    queried = {one.name: one for one in declared if one.place == ParameterLocation.QUERY}
    parameters = []
    for name in template.path_names:
        one = _pop(name, [named]) or _undescribed(name, notes)
        parameters.append(_parameter(name, ParameterLocation.PATH, one.raw))
    for name in template.query_names:
        one = _pop(name, [named, queried]) or _undescribed(name, notes)
        parameters.append(
            _parameter(
                name,
                ParameterLocation.QUERY,
                one.raw,
                is_needed=one.place == ParameterLocation.PATH,
            )
        )
    notes += [f"There is no {name!r} in the path; it is left out." for name in named]
    given = {(ParameterLocation.QUERY, part.key) for part in template.query}
    for one in declared:
        if one.place in _BESIDE_PATHS or (
            one.place == ParameterLocation.QUERY and one.name in queried
        ):
            parameter = _parameter(one.name, ParameterLocation(one.place), one.raw)
            has_value = (one.place, one.name) in given  # in the path's query, as a default
            parameters.append(replace(parameter, required=False) if has_value else parameter)
    return parameters, notes


def _undescribed(name: str, notes: list[str]) -> Declared:
    notes.append(f"The path's {name!r} is not described; it is taken for a string.")
    return Declared(name, ParameterLocation.PATH, {"type": "string"})


def _pop(name: str, tables: Sequence[dict[str, Declared]]) -> Declared | None:
    """Remove and return the parameter of a name, else the one that differs in case or signs."""
    for known in tables:
        if name in known:
            return known.pop(name)
    for known in tables:
        for other in known:
            if bare_name(other) == bare_name(name):
                return known.pop(other)
    return None


def _parameter(
    name: str, place: ParameterLocation, raw: Mapping[str, Any], *, is_needed: bool = False
) -> Parameter:
    media_type, schema = schema_of(raw)
    style, explode = style_of(raw, place)
    return Parameter(
        name=name,
        place=place,
        argument=name,
        schema=schema,
        required=place is ParameterLocation.PATH or is_needed or is_true(raw.get("required")),
        style=style,
        explode=explode,
        allow_reserved=is_true(raw.get("allowReserved")),
        allow_empty=is_true(raw.get("allowEmptyValue")),
        media_type=media_type,
        description=text(raw.get("description")),
    )


def schema_of(raw: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return the media type of a parameter's value, if it has one, and its schema.

    In Swagger 2 the keywords of the schema stand in the parameter itself.
    """
    content = entries(raw.get("content"))
    if content and "schema" not in raw:
        media_type, described = next(iter(content.items()))
        return media_type, _with_example(entries(described).get("schema", {}), raw)
    if isinstance(raw.get("schema"), dict | bool):
        return None, _with_example(raw["schema"], raw)
    words = {key: value for key, value in raw.items() if key in _SCHEMA_WORDS}
    if not isinstance(words.get("required"), list):
        words.pop("required", None)
    return None, _with_example(words or {"type": "string"}, raw)


def _with_example(schema: Any, raw: Mapping[str, Any]) -> Any:
    """Return a schema with the example of its parameter, if it has none itself."""
    example = raw.get("example", raw.get("x-example"))
    if example is None or not isinstance(schema, dict) or "$ref" in schema or "example" in schema:
        return schema
    return {**schema, "example": example}


def style_of(raw: Mapping[str, Any], place: ParameterLocation) -> tuple[str, bool]:
    """Return the style of lists and objects, and whether it explodes."""
    if (named := text(raw.get("collectionFormat"))) in _COLLECTIONS:
        return _COLLECTIONS[named]
    style = text(raw.get("style"))
    if style not in _STYLES[place]:
        style = _STYLES[place][0]
    of_swagger = "schema" not in raw and "content" not in raw and "style" not in raw
    default = style in _EXPLODED and not (of_swagger and "type" in raw)  # csv by default
    return style, truth(raw.get("explode"), otherwise=default)
