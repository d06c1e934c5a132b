"""Values that a document allows, made from its schemas as they stand, by none of our own code.

What is made is a guess, which an independent library judges (`benchmarks/calls_original.py`): only
what that allows is used. So a guess may be wrong, but not a verdict.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from calls_original import Original, Pointer, load
from calls_patterns import matching

__all__ = ["Original", "Pointer", "allowed", "load"]

Schema = Mapping[str, Any]

_TEXTS: Final = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "time": "12:30:00Z",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "email": "rex@example.com",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "ipv4": "192.0.2.1",
    "byte": "AP8=",
    "binary": "AP8=",
}
_DEEP: Final = 4
_MOST_DEEP: Final = 25
_SHARES: Final = (0.0, 1.0, 0.6, 0.3, 0.8, 0.1) * 2


class Endless(Exception):
    """There is no finite value, or none was found."""


@dataclass(frozen=True, slots=True)
class Guesser:
    """Guesses values of a document's schemas."""

    original: Original
    random: Random
    share: float

    def value(self, raw: Any, depth: int = 0) -> Any:
        """Return a value that the schema may allow.

        Raises:
            Endless: none was found.

        """
        if depth > _MOST_DEEP:
            raise Endless
        schema = self._flat(raw, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self.random.choice(schema["enum"])
        kinds = schema.get("type")
        kind = self.random.choice(kinds) if isinstance(kinds, list) and kinds else kinds
        may_be_null = schema.get("nullable") is True or schema.get("x-nullable") is True
        if may_be_null and self.random.random() < self.share / 4:
            return None
        makers: Mapping[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: self._array(schema, depth),
            "integer": lambda: self._number(schema),
            "number": lambda: self._number(schema),
            "boolean": lambda: self.random.random() < 0.5,
            "null": lambda: None,
        }
        make = makers.get(str(kind or self._implied(schema)), lambda: self._string(schema))
        return make()

    @staticmethod
    def _implied(schema: Schema) -> str:
        if schema.keys() & {"properties", "required", "additionalProperties"}:
            return "object"
        return "array" if "items" in schema else "string"

    def _flat(self, raw: Any, depth: int) -> dict[str, Any]:
        """Return a schema with what it refers to, all parts as one, and one choice taken."""
        if depth > _MOST_DEEP or raw is False:
            raise Endless
        if not isinstance(raw, dict):
            return {}
        made = {key: said for key, said in raw.items() if key not in ("$ref", "allOf")}
        if isinstance(raw.get("$ref"), str):
            made = _both(self._flat(_target(self.original, raw["$ref"]), depth + 1), made)
        for part in raw.get("allOf") or ():
            made = _both(made, self._flat(part, depth + 1))
        for keyword in ("oneOf", "anyOf"):
            if choices := made.pop(keyword, None):
                made = _both(made, self._flat(self._choice(choices, depth), depth + 1))
        return made

    def _choice(self, choices: list[Any], depth: int) -> Any:
        if depth <= _DEEP:
            return self.random.choice(choices)
        return min(choices, key=lambda each: len(str(each)) + 1_000 * ("$ref" in str(each)))

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        required = schema.get("required") if isinstance(schema.get("required"), list) else []
        share = self.share if depth <= _DEEP else 0.0
        named = schema.get("properties") or {}
        made = {}
        for name, inner in named.items():
            if self._is_read_only(inner):
                continue
            if name in (required or ()):
                made[name] = self.value(inner, depth + 1)
            elif self.random.random() < share:
                with suppress(Endless):
                    made[name] = self.value(inner, depth + 1)
        for name in required or ():
            if name not in named:
                made[str(name)] = self.value(schema.get("additionalProperties"), depth + 1)
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and self.random.random() < max(share, 0.2):
            made["other"] = self.value(more, depth + 1)
        return made

    def _is_read_only(self, raw: Any) -> bool:
        with suppress(Endless):
            return self._flat(raw, _DEEP).get("readOnly") is True
        return False

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        least = schema.get("minItems") or 0
        wanted = max(least, 0 if depth > _DEEP else self.random.choice((0, 1, 2)))
        wanted = min(wanted, schema.get("maxItems") or wanted)
        return [self.value(schema.get("items"), depth + 1) for _ in range(min(wanted, 20))]

    def _number(self, schema: Schema) -> float:
        low, high = _float(schema.get("minimum")), _float(schema.get("maximum"))
        if schema.get("exclusiveMinimum") is True:  # as before 3.1, in documents of later ones, too
            low = None
        number = self.random.choice([each for each in (low, high, 1.0) if each is not None])
        if schema.get("type") == "number" and low is None and high is None:
            number += 0.5
        return int(number) if number == int(number) else number

    def _string(self, schema: Schema) -> str:
        known = _TEXTS.get(str(schema.get("format")))
        examples = [schema.get("example"), schema.get("default"), known, "a", "Rex 1"]
        if isinstance(pattern := schema.get("pattern"), str):
            with suppress(Exception):  # a pattern that Python does not know makes nothing
                examples = [*examples[:3], matching(pattern, self.random)]
        texts = [each for each in examples if isinstance(each, str)] or ["a"]
        text = self.random.choice(texts)
        return text + "a" * max(0, (schema.get("minLength") or 0) - len(text))


def allowed(original: Original, place: Pointer, seed: str) -> Iterator[Any]:
    """Yield values that the document allows at the place of a schema, each once."""
    seen = []
    for number, share in enumerate(_SHARES):
        guesser = Guesser(original, Random(f"{seed} {number}"), share)
        with suppress(Endless, KeyError, IndexError):
            value = guesser.value(original.at(place))
            if value not in seen and not original.problems(place, value):
                seen.append(value)
                yield value


def _target(original: Original, reference: str) -> Any:
    if not reference.startswith("#/"):
        raise Endless
    steps = [step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")]
    try:
        return original.at(tuple(steps))
    except (KeyError, IndexError, ValueError):
        raise Endless from None


def _float(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    made = {**one, **other}
    for keyword in ("properties",):
        if isinstance(one.get(keyword), dict) and isinstance(other.get(keyword), dict):
            both = {**one[keyword], **other[keyword]}
            for name in one[keyword].keys() & other[keyword].keys():
                both[name] = {"allOf": [one[keyword][name], other[keyword][name]]}
            made[keyword] = both
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        made["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return made
