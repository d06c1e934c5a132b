"""A JSON Schema that is held as text: thousands of tools are held, and few are looked at."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

_DECODED: Final = 128  # schemas that are held decoded: more than a request to a model has tools


class SchemaText(Mapping[str, Any]):
    """A JSON object as UTF-8 text, decoded when it is looked at.

    As objects a schema takes five times the memory. Each look may decode the text anew, so a
    function that looks often, or compares by identity, takes what `decoded` returns.
    """

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text: Final = text

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> "SchemaText":
        """Return a schema as text."""
        return cls(json.dumps(schema).encode())

    def __getitem__(self, keyword: str) -> Any:
        return _decoded(self.text)[keyword]

    def __iter__(self) -> Iterator[str]:
        return iter(_decoded(self.text))

    def __len__(self) -> int:
        return len(_decoded(self.text))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SchemaText) and self.text == other.text:
            return True
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as that of a dict

    def __repr__(self) -> str:
        return repr(_decoded(self.text))


@lru_cache(maxsize=_DECODED)
def _decoded(text: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def decoded(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema's text says, which must not be changed; any other schema as it is."""
    return _decoded(schema.text) if isinstance(schema, SchemaText) else schema
