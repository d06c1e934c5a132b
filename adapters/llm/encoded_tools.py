"""Encodes the tools of a request as JSON, each tool once: schemas are slow to encode."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from domain.tools.tool import ToolSpec

_MOST_KEPT = 4096  # tools may come and go


class EncodedTools:
    """Cache of encoded tools; ``describe`` returns a tool as a provider's JSON object."""

    def __init__(self, describe: Callable[[ToolSpec], Mapping[str, Any]]) -> None:
        self._describe = describe
        self._kept: dict[tuple[str, str], orjson.Fragment] = {}

    def of(self, tools: Sequence[ToolSpec]) -> list[orjson.Fragment]:
        """Return the tools as encoded JSON, for a value that orjson encodes."""
        kept = self._kept
        if len(kept) > max(_MOST_KEPT, 2 * len(tools)):
            kept.clear()
        return [kept.get((tool.name, tool.version)) or self._keep(tool) for tool in tools]

    def _keep(self, tool: ToolSpec) -> orjson.Fragment:
        fragment = orjson.Fragment(exact_json(self._describe(tool)))
        self._kept[tool.name, tool.version] = fragment
        return fragment


def exact_json(value: Any) -> str:
    """Return the value as JSON text, with whole numbers of any size, which orjson refuses."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def arguments_text(given: Any) -> str:
    """Return the arguments of a call, or a piece of them, as text; empty where there are none.

    They should be a text or an object. Any other value is encoded too: checking the arguments then
    fails, and the model is told why.
    """
    if isinstance(given, str):
        return given
    return "" if given in (None, {}) else exact_json(given)
