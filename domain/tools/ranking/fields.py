"""The terms of a tool, weighted by the field in which they occur (BM25F)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from domain.shared.json_schema import values_in, walk
from domain.tools.ranking.actions import actions_of
from domain.tools.ranking.topics import topics_of
from domain.tools.ranking.words import WEAK, content, split
from domain.tools.schema_text import decoded
from domain.tools.tool import ToolSpec

_SATURATION: Final = 0.8  # the weight at which a word has half of its maximum (BM25's k1)
_TOPIC_SATURATION: Final = 1.0
_WEAKENED: Final = 0.45  # factor for words that occur in most descriptions
_LEVELLING: Final = 0.6  # length normalization (BM25's b): 0 none, 1 full
_BY_NAME: Final = ("properties", "$defs")
_DEEPEST: Final = 6  # levels of a schema
_MOST: Final = 400  # words of a field


@dataclass(frozen=True, slots=True)
class _Field:
    """The weight of a field's words, and the usual number of words in the field."""

    weight: float
    usual: float
    is_prose: bool = False


_NAME: Final = _Field(3.0, 3.0)
_DESCRIPTION: Final = _Field(1.0, 10.0, is_prose=True)
_PARAMETERS: Final = _Field(0.3, 20.0)
_PATH: Final = _Field(1.0, 4.0, is_prose=True)
_CATEGORY: Final = _Field(2.0, 3.0, is_prose=True)


def impacts_of(spec: ToolSpec) -> dict[str, float]:
    """Return the impact, up to 1, of each of a tool's stems, topics and actions."""
    words: dict[str, float] = defaultdict(float)
    topics: dict[str, float] = defaultdict(float)
    for field, stems in _fields(spec):
        counts = Counter(islice(stems, _MOST))
        level = 1 - _LEVELLING + _LEVELLING * counts.total() / field.usual
        for word, count in counts.items():
            weak = field.is_prose and word in WEAK
            words[word] += field.weight * count / level * (_WEAKENED if weak else 1)
            for topic in topics_of(word):
                topics[topic] += field.weight * count
    impacts = {word: weight / (weight + _SATURATION) for word, weight in words.items()}
    impacts.update((topic, w / (w + _TOPIC_SATURATION)) for topic, w in topics.items())
    return impacts | actions_of(spec.name, spec.description, spec.operation)


def _fields(spec: ToolSpec) -> Iterator[tuple[_Field, Iterable[str]]]:
    yield _NAME, _name_words(spec.name)
    yield _DESCRIPTION, content(spec.description)
    yield _PARAMETERS, chain.from_iterable(map(content, _texts(decoded(spec.parameters))))
    yield _PATH, content(spec.operation.partition(" ")[2])
    yield _CATEGORY, content(f"{spec.category} {spec.plugin}")


def _name_words(name: str) -> Iterable[str]:
    return {*content(name), "".join(split(name))}


def _texts(schema: Any) -> Iterator[str]:
    """Yield the names, descriptions and choices of the properties in a JSON Schema."""
    for path, each in walk(schema, _DEEPEST):
        if path and path[-1][0] in _BY_NAME and path[-1][1]:
            yield str(path[-1][1])
        if path and isinstance(description := each.get("description"), str):
            yield description
        if "enum" in each or "const" in each:
            yield from (value for value in values_in(each) or () if isinstance(value, str))
