"""Converts parameters to OpenAI's strict mode.

In strict mode every property is required, so null stands for a missing one, and no object accepts
other properties. What cannot be expressed (objects of any properties, tuples, any value) is asked
for as JSON text. See the page "Structured outputs", section "Supported schemas".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.llm.encoded_tools import exact_json
from adapters.llm.schemas.forms import (
    Branch,
    Items,
    Named,
    Nullable,
    OneOf,
    Plain,
    Properties,
    TextForm,
    ValueForm,
)
from adapters.llm.schemas.keywords import applying, distinct
from adapters.llm.schemas.outcome import Loss
from adapters.llm.schemas.places import SchemaTooLarge
from adapters.llm.schemas.references import Unusable, step
from adapters.llm.schemas.words import explained, in_short
from domain.shared.json_schema import (
    Schema,
    definition_in,
    is_null,
    properties_of,
    types_of,
    values_in,
    walk,
    without,
)

_MOST_PROPERTIES: Final = 5000
_MOST_LEVELS: Final = 10
_MOST_TEXT: Final = 120_000  # characters of names and values
_MOST_VALUES: Final = 1000  # of enums
_MANY_VALUES, _THEIR_TEXT = 250, 15_000

Strict = tuple[dict[str, Any], ValueForm]


def strictly(parameters: Schema) -> tuple[dict[str, Any], ValueForm, tuple[Loss, ...]]:
    """Return the strict form of lowered parameters, the form of arguments, and the losses.

    Raises:
        Unusable: the parameters themselves may have any name.
        TooLarge: the schema exceeds a limit of the provider.

    """
    root = without(parameters, "$defs")
    if _takes_others(root) or "anyOf" in root:
        raise Unusable("its parameters may have names of their own, which a strict schema forbids")
    strictness = _Strictness(parameters.get("$defs", {}))
    schema, form = strictness.of_object(root, "")
    if strictness.definitions:
        schema["$defs"] = strictness.definitions
    _check_limits(schema)
    return schema, form, tuple(strictness.losses)


class _Strictness:
    def __init__(self, own: Mapping[str, Schema]) -> None:
        self._own = own
        self._forms = {name: Named() for name in own}
        self.definitions: dict[str, Any] = {}
        self.losses: list[Loss] = []
        for name, each in own.items():
            self.definitions[name], self._forms[name].form = self._of(each, step("/$defs", name))

    def _of(self, schema: Schema, path: str) -> Strict:
        if "$ref" in schema:
            return dict(schema), self._forms[definition_in(schema["$ref"])]
        if self._is_open(schema):
            return self._as_text(schema, path), TextForm()
        if "anyOf" in schema:
            return self._of_branches(schema, path)
        return self._of_types(schema, types_of(schema), path)

    def _of_types(self, schema: Schema, types: list[str], path: str) -> Strict:
        if len(types) > 1 and {"object", "array"} & set(types):
            each_alone = [_of_type(schema, kind) for kind in types]
            kept = {key: schema[key] for key in ("description",) if key in schema}
            return self._of_branches({"anyOf": each_alone, **kept}, path)
        if types == ["object"]:
            return self.of_object(schema, path)
        if types == ["array"]:
            items = [*schema.get("prefixItems", ()), schema.get("items", {})][0]
            sent, form = self._of(items, step(path, "items"))
            return {**without(schema, "prefixItems"), "items": sent}, _items(form)
        return dict(schema), Plain()

    def of_object(self, schema: Schema, path: str) -> Strict:
        """Return an object of named properties, all of them required."""
        required = set(schema.get("required", ()))
        sent: dict[str, Any] = {}
        forms: dict[str, ValueForm] = {}
        for name, each in schema.get("properties", {}).items():
            at = step(path, "properties", name)
            sent[name], forms[name] = self._of(each, at)
            if name in required:
                continue
            if self._takes_null(each):
                self._lose(at, "type", "weakened: null means that it is left out")
            if not self._takes_null(sent[name]):
                sent[name] = _or_null(sent[name])
            if not isinstance(forms[name], TextForm):  # where null can be written out
                forms[name] = Nullable(forms[name])
        if "additionalProperties" not in schema:
            self._lose(path, "additionalProperties", "narrowed: other names cannot be given")
        rest = {key: value for key, value in schema.items() if key == "description"}
        strict = {
            "type": "object",
            **rest,
            "properties": sent,
            "required": list(sent),
            "additionalProperties": False,
        }
        return strict, Properties(forms, frozenset(sent.keys() - required))

    def _of_branches(self, schema: Schema, path: str) -> Strict:
        branches = schema["anyOf"]
        null = any(map(is_null, branches))
        others = [each for each in branches if not is_null(each)]
        described = {"description": schema["description"]} if "description" in schema else {}
        if any(self._is_open(each) for each in others):
            whole = others[0] if len(others) == 1 else {"anyOf": others}
            text = self._as_text({**whole, **described}, path)
            return (_or_null(text), Nullable(TextForm())) if null else (text, TextForm())
        made = [self._of(each, step(path, "anyOf", at)) for at, each in enumerate(others)]
        sent: list[Any] = distinct(each for each, _ in made)
        if null:
            sent.append({"type": "null"})
        form = self._form_of(others, made)
        return {"anyOf": sent, **described}, Nullable(form) if null else form

    def _form_of(self, branches: Sequence[Schema], made: Sequence[Strict]) -> ValueForm:
        """Return the form of a value of one of these converted branches."""
        if len(made) == 1:
            return made[0][1]
        if all(isinstance(form, Plain) for _, form in made):
            return Plain()
        return OneOf(
            [
                Branch(self._whole(own), self._whole_sent(strict), form)
                for own, (strict, form) in zip(branches, made, strict=True)
            ]
        )

    def _whole(self, schema: Schema) -> Schema:
        return {**schema, "$defs": self._own}

    def _whole_sent(self, schema: Schema) -> Schema:
        return {**schema, "$defs": self.definitions}

    def _is_open(self, schema: Schema, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether the schema accepts values that a strict one cannot describe."""
        if "$ref" in schema:
            name = definition_in(schema["$ref"])
            return name not in seen and self._is_open(self._own[name], seen | {name})
        if "anyOf" in schema:
            return False
        if not (types := types_of(schema)):
            return True
        if "object" in types:
            closed = schema.get("additionalProperties") is False
            if _takes_others(schema) or not (schema.get("properties") or closed):
                return True
        return "array" in types and _has_unlike_items(schema)

    def _takes_null(self, schema: Schema) -> bool:
        if "$ref" in schema:
            own = self._own[definition_in(schema["$ref"])]
            return "$ref" not in own and self._takes_null(own)
        if "anyOf" in schema:
            return any(self._takes_null(each) for each in schema["anyOf"])
        return "null" in types_of(schema) and None in schema.get("enum", [None])

    def _as_text(self, schema: Schema, path: str) -> dict[str, Any]:
        shown = without(schema, "description")
        told = f"as JSON text, of the schema {in_short(shown)}" if shown else "as JSON text"
        self._lose(path, "type", "asked for as JSON text")
        return {"type": "string", "description": explained(schema.get("description", ""), [told])}

    def _lose(self, path: str, keyword: str, what: str) -> None:
        self.losses.append(Loss(path, keyword, what))


def _takes_others(schema: Schema) -> bool:
    """Return whether the schema allows properties that it does not name."""
    return bool(schema.get("additionalProperties", False))


def _has_unlike_items(schema: Schema) -> bool:
    """Return whether the items of an array have different schemas."""
    kinds = list(schema.get("prefixItems", ()))
    if schema.get("maxItems", len(kinds) + 1) > len(kinds):
        kinds.append(schema.get("items", {}))
    return len(distinct(kinds)) != 1 or not kinds[0]


def _items(form: ValueForm) -> ValueForm:
    return Plain() if isinstance(form, Plain) else Items(form)


def _of_type(schema: Schema, kind: str) -> dict[str, Any]:
    """Return the keywords that apply to values of one type."""
    alone = without(schema, "description")
    return applying({**alone, "type": kind}, [kind])


def _or_null(schema: Schema) -> dict[str, Any]:
    """Return the schema with null allowed."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    kind = schema.get("type", [])
    if isinstance(kind, str) and not (schema.keys() & {"items", "properties", "enum", "const"}):
        return {**schema, "type": [kind, "null"]}
    described = {"description": schema["description"]} if "description" in schema else {}
    bare = without(schema, "description")
    return {"anyOf": [bare, {"type": "null"}], **described}


def _check_limits(schema: Schema) -> None:
    text = properties = values = 0
    for path, node in walk(schema):
        level = 1 + sum(steps[0] == "properties" for steps in path)
        if level > _MOST_LEVELS and node.get("type") == "object":
            raise SchemaTooLarge(
                f"its parameters lie deeper in each other than {_MOST_LEVELS} levels"
            )
        names = [*properties_of(node), *node.get("$defs", ())]
        listed = values_in(node) or ()
        written = sum(len(each if isinstance(each, str) else exact_json(each)) for each in listed)
        if len(listed) > _MANY_VALUES and written > _THEIR_TEXT:
            raise SchemaTooLarge("an enum of its parameters is too long")
        text += sum(map(len, names)) + written
        properties += len(properties_of(node))
        values += len(node.get("enum", ()))
    if text > _MOST_TEXT or properties > _MOST_PROPERTIES or values > _MOST_VALUES:
        raise SchemaTooLarge("its parameters have too many names and values")
