"""What a tool says of itself, each word weighed by where it stands."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from domain.ranking.topics import topics_of
from domain.ranking.words import WEAK, content, split
from domain.tools import ToolSpec

_NAME, _DESCRIPTION, _PARAMETERS = 3.0, 1.0, 0.4
_WEAKENED: Final = 0.3  # of a word that descriptions say of everything
_LENGTHS: Final = (3.0, 10.0, 20.0)  # words of a usual name, description, parameters
_LEVELLING: Final = 0.5  # how far long fields are held against a tool: 0 not at all, 1 in full
_SATURATION: Final = 0.8  # of a weight at which a word counts half as much as it ever can
_TOPIC_SATURATION: Final = 1.0
_DEEPEST: Final = 6  # levels of a schema
_MOST: Final = 400  # words of a field


def impacts_of(spec: ToolSpec) -> dict[str, float]:
    """Return the tool's stems and topics, each with how much of the tool it is, up to 1."""
    parameters = (word for text in _texts(spec.parameters) for word in content(text))
    fields = (
        (_NAME, _name_words(spec.name)),
        (_DESCRIPTION, content(f"{spec.description} {spec.category} {spec.plugin}")),
        (_PARAMETERS, parameters),
    )
    words: dict[str, float] = defaultdict(float)
    topics: dict[str, float] = defaultdict(float)
    for (weight, said_there), usual in zip(fields, _LENGTHS, strict=True):
        field = Counter(islice(said_there, _MOST))
        level = 1 - _LEVELLING + _LEVELLING * field.total() / usual
        for word, count in field.items():
            weak = weight == _DESCRIPTION and word in WEAK
            words[word] += weight * count / level * (_WEAKENED if weak else 1)
            for topic in topics_of(word):
                topics[topic] += weight * count
    impacts = {word: said / (said + _SATURATION) for word, said in words.items()}
    impacts.update((topic, said / (said + _TOPIC_SATURATION)) for topic, said in topics.items())
    return impacts


def _name_words(name: str) -> Iterable[str]:
    return {*content(name), "".join(split(name))}


def _texts(schema: Any, depth: int = 0) -> Iterator[str]:
    """Yield the names, descriptions and choices of the properties in a JSON Schema."""
    if depth > _DEEPEST:
        return
    if isinstance(schema, list):
        for part in schema:
            yield from _texts(part, depth + 1)
    if not isinstance(schema, Mapping):
        return
    if depth and isinstance(said := schema.get("description"), str):
        yield said
    yield from (choice for choice in schema.get("enum", ()) if isinstance(choice, str))
    for group in ("properties", "$defs"):
        members = schema.get(group)
        for name, part in members.items() if isinstance(members, Mapping) else ():
            yield name
            yield from _texts(part, depth + 1)
    for key in ("items", "anyOf", "oneOf", "allOf"):
        yield from _texts(schema.get(key), depth + 1)
