"""Arguments for a tool out of its schema: some plain, some at the edges, always the same ones."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from calls_patterns import matching

Schema = Mapping[str, Any]

PLAIN: Final = ("a", "Rex", "hello", "abc-123", "north_west")
EDGES: Final = (
    *("", " ", "a b", "  two  ends ", "a/b", "a\\b", "a?b&c=d", "#", ";", "a,b", "a;b=c", "1|2"),
    *(
        "100%",
        "%2F",
        "a+b",
        "=",
        "~",
        "ü",
        "日本語",
        "😀",
        'say "hi"',
        "it's",
        "<b>",
        "{id}",
        "[0]",
    ),
    *("true", "null", "0", "-1", "1e5", "@me", "$top", "*", "a:b", "..a", "x" * 300),
)
_TEXTS: Final = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "time": "12:30:00Z",
    "duration": "P3D",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "email": "rex@example.com",
    "idn-email": "rex@example.com",
    "hostname": "www.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/a?b=c&d=%20e#f",
    "url": "https://example.com/a",
    "uri-reference": "/a?b=c",
    "iri": "https://example.com/ü",
    "json-pointer": "/a/0",
    "regex": "^a$",
    "byte": base64.b64encode(b"\x00\xff bytes").decode(),
    "base64": base64.b64encode(b"\x00\xff bytes").decode(),
    "int64": "42",
    "uint64": "42",
    "int32": "42",
    "binary": base64.b64encode(b"\x00\xff\r\n--bytes").decode(),
}
_PNG: Final = "data:image/png;base64," + _TEXTS["binary"]
_RANGES: Final = {"int32": 2**31 - 1, "uint32": 2**32 - 1, "int64": 2**53, "uint64": 2**53}
_DEEP: Final = 5
_MOST_DEEP: Final = 60


class Endless(Exception):
    """There is no finite value, or none was found."""


@dataclass(frozen=True, slots=True)
class Way:
    """How arguments are chosen: the share of optional properties, and of values at the edges."""

    optional: float
    edges: float


WAYS: Final = (Way(0, 0), Way(1, 0), Way(0.5, 0.3), Way(1, 0.7), Way(0.3, 1))


def arguments_for(schema: Schema, way: Way, random: Random) -> Any:
    """Return arguments that should fit a schema.

    Raises:
        Endless: none were found.

    """
    return _Maker(schema, way, random).value(schema, 0)


class _Maker:
    def __init__(self, root: Schema, way: Way, random: Random) -> None:
        self._root, self._way, self._random = root, way, random
        self._makers: Mapping[str, Callable[[Schema, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _depth: self._random.random() < 0.5,
            "null": lambda _schema, _depth: None,
        }

    def value(self, schema: Any, depth: int) -> Any:
        """Return a value that should fit."""
        if depth > _MOST_DEEP:
            raise Endless
        if not isinstance(schema, Mapping):
            if schema is False:
                raise Endless
            return self._random.choice(PLAIN)
        schema = self._flat(schema, depth)
        if "not" in schema and not schema["not"]:
            raise Endless
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._random.choice(schema["enum"])
        kinds = schema.get("type")
        if isinstance(kinds, list):
            kind = self._random.choice([each for each in kinds if each != "null"] or kinds)
            if "null" in kinds and (depth > _DEEP or self._random.random() < self._way.edges / 2):
                kind = "null"
        else:
            kind = kinds or self._implied(schema)
        return self._makers[kind](schema, depth)

    def _implied(self, schema: Schema) -> str:
        if schema.keys() & {"properties", "required", "additionalProperties"}:
            return "object"
        if schema.keys() & {"items", "prefixItems", "minItems"}:
            return "array"
        if schema.keys() & {"minimum", "maximum", "multipleOf"}:
            return "number"
        return "string"

    def _flat(self, schema: Schema, depth: int) -> dict[str, Any]:
        """Return a schema with what it refers to, one choice taken, and all parts as one."""
        made = {key: said for key, said in schema.items() if key not in ("$ref", "anyOf", "allOf")}
        if (reference := schema.get("$ref")) is not None:
            target = self._root["$defs"][reference.removeprefix("#/$defs/")]
            made = _both(self._flat(target, depth + 1), made)
        if depth > _MOST_DEEP:
            raise Endless
        for part in schema.get("allOf", ()):
            made = _both(made, self._flat(part, depth + 1))
        if choices := schema.get("anyOf"):
            made = _both(made, self._chosen(choices, depth))
        return made

    def _chosen(self, choices: list[Schema], depth: int) -> dict[str, Any]:
        order = list(choices)
        self._random.shuffle(order)
        if depth > _DEEP:
            order.sort(key=lambda each: ("$ref" in each, "properties" in each))
        for choice in order:
            try:
                flat = self._flat(choice, depth + 1)
                if depth > _DEEP:
                    self.value(choice, depth + 1)
            except Endless:
                continue
            return flat
        raise Endless

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        share = self._way.optional if depth <= _DEEP else 0
        more = schema.get("additionalProperties", True)
        made = {}
        for name, inner in schema.get("properties", {}).items():
            if name in required:
                made[name] = self._member(name, inner, depth)
            elif self._random.random() < share:
                with suppress(Endless):
                    made[name] = self._member(name, inner, depth)
        for name in required:
            if name not in made:
                made[name] = self.value(more, depth + 1)
        self._fill(made, schema, depth, some=self._random.random() < share)
        return self._cut(made, schema)

    def _fill(self, made: dict[str, Any], schema: Schema, depth: int, *, some: bool) -> None:
        """Add properties: as many as are needed, and perhaps one that has no name of its own."""
        more = schema.get("additionalProperties", True)
        least = schema.get("minProperties", 0)
        for name, inner in schema.get("properties", {}).items():
            if len(made) < least and name not in made:
                made[name] = self._member(name, inner, depth)
        if some and isinstance(more, Mapping):
            least = max(least, len(made) + 1)
        for number in range(least - len(made)):
            if more is not False:
                made[f"key{number}"] = self.value(more, depth + 1)

    def _cut(self, made: dict[str, Any], schema: Schema) -> dict[str, Any]:
        """Return an object without what is one too many."""
        free = [name for name in made if name not in schema.get("required", ())]
        refused = schema.get("not", {}).get("required", ())
        if refused and all(name in made for name in refused):
            del made[self._random.choice([name for name in refused if name in free])]
        too_many = max(0, len(made) - schema.get("maxProperties", len(made)))
        for name in free[:too_many]:
            made.pop(name, None)
        return made

    def _member(self, name: str, schema: Schema, depth: int) -> Any:
        """Return the value of a property; what is called so is an address, as anybody would say."""
        made = self.value(schema, depth + 1)
        is_text = isinstance(made, str) and not schema.keys() & {"pattern", "enum", "const"}
        kind = "email" if "email" in name.lower() else "ipv4" if name.endswith("_ip") else ""
        meant = _TEXTS.get(kind, "")
        fits = 0 < len(meant) <= schema.get("maxLength", math.inf)
        return meant if is_text and made and fits else made

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        made = [self.value(inner, depth + 1) for inner in first]
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        wanted = 0 if depth > _DEEP else self._random.choice((1, 2, 3))
        if self._random.random() < self._way.edges / 4:
            wanted = 0
        wanted = int(min(max(wanted, least), most, max(least, 50)))
        inner = schema.get("items", True)
        tries = 0
        while len(made) < wanted and inner is not False and tries < wanted * 20 + 20:
            tries += 1
            item = self.value(inner, depth + 1)
            if not schema.get("uniqueItems") or not _is_in(item, made):
                made.append(item)
        return made

    def _string(self, schema: Schema, _depth: int) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        is_image = "Sent as image/" in schema.get("description", "")
        known = _PNG if is_image else _TEXTS.get(schema.get("format", ""))
        if (pattern := schema.get("pattern")) is not None:
            if known is not None and re.search(pattern, known):
                return known
            text = matching(pattern, self._random, least)
            if text is None:
                raise Endless
            bare = "".join(text.split())  # as what has a format is written
            text = bare if known is not None and re.search(pattern, bare) else text
            return text if len(text) <= most else text[: int(most)]
        if known is not None:
            return known
        edge = self._random.random() < self._way.edges
        text = self._random.choice(EDGES if edge else PLAIN)
        while len(text) < least:
            text += (text or "a") + "b"
        return text[: int(most)] if len(text) > most else text

    def _integer(self, schema: Schema, _depth: int) -> int:
        return int(self._in_range(schema, 1))

    def _number(self, schema: Schema, _depth: int) -> float:
        number = self._in_range(schema, 0.25)
        return number if number != int(number) else int(number)

    def _in_range(self, schema: Schema, smallest: float) -> float:
        step: Any = schema.get("multipleOf", smallest)
        widest = _RANGES.get(schema.get("format", ""), 2**31 - 1)
        low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
        high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
        least = math.ceil(max(low, -widest) / step)
        most = math.floor(min(high, widest) / step)
        least += least * step == schema.get("exclusiveMinimum")
        most -= most * step == schema.get("exclusiveMaximum")
        if most < least:
            raise Endless
        near = [each for each in (0, 1, 7, 42) if least <= each <= most] or [least]
        edges = [least, most, *near]
        chosen = self._random.choice(edges if self._random.random() < self._way.edges else near)
        return float(chosen * step) if isinstance(step, float) else int(chosen * step)


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said by two schemas that hold at once."""
    made = {**one, **other}
    if "properties" in one and "properties" in other:
        made["properties"] = {**one["properties"], **other["properties"]}
        for name in one["properties"].keys() & other["properties"].keys():
            parts = [one["properties"][name], other["properties"][name]]
            made["properties"][name] = parts[0] if parts[0] == parts[1] else {"allOf": parts}
    if "required" in one and "required" in other:
        made["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    if "enum" in one and "enum" in other:
        made["enum"] = [each for each in one["enum"] if each in other["enum"]]
    if "type" in one and "type" in other and one["type"] != other["type"]:
        shared = [each for each in _list(one["type"]) if each in _list(other["type"])]
        if not shared:
            raise Endless
        made["type"] = shared[0] if len(shared) == 1 else shared
    return made


def _list(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def _is_in(item: Any, items: list[Any]) -> bool:
    texts = [json.dumps(each, sort_keys=True) for each in items]
    return json.dumps(item, sort_keys=True) in texts
