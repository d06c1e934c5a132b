"""Parses the parts of a chat completion, in all forms that servers were seen to send."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.llm.encoded_tools import arguments_text
from adapters.llm.reading.decoding import MalformedAnswer
from adapters.llm.reading.json_shapes import as_index, as_object, as_objects, as_text
from domain.models.messages import ToolRequest
from domain.shared.json_values import storable

_TEXTS = frozenset({"", "text", "output_text"})
_THOUGHTS = frozenset({"thinking", "reasoning", "thought", "reasoning_text", "summary_text"})


def content_parts(content: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of a content, a string or parts; kinds: text, reasoning, refusal."""
    if isinstance(content, str):
        yield "text", content
        return
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield "text", part
        elif isinstance(part, dict):
            yield from _of_part(part)


def _of_part(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = as_text(part.get("type"))
    if kind in _TEXTS:
        text = part.get("text")
        yield "text", as_text(text) or as_text(as_object(text).get("value"))
    elif kind in _THOUGHTS:
        yield "reasoning", thought_of(part)
    elif kind == "refusal":
        yield "refusal", as_text(part.get("refusal"))


def thought_of(part: Any) -> str:
    """Return the reasoning in a string, an object or a list of them."""
    match part:
        case str():
            return part
        case list():
            return "".join(map(thought_of, part))
        case dict():
            names = ("thinking", "reasoning", "text", "summary", "content")
            return next((thought_of(part[name]) for name in names if part.get(name)), "")
    return ""


@dataclass(slots=True)
class PartialCall:
    """A tool call that is still incomplete; ``extra`` is the server's own addition to it."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: Any = None

    def request(self) -> ToolRequest:
        """Return the complete call."""
        if not self.name:
            raise MalformedAnswer("a tool call has no name")
        # Half characters that met in the arguments become whole.
        return ToolRequest(self.name, storable("".join(self.arguments)) or "{}")

    @property
    def is_nothing(self) -> bool:
        """Whether nothing but an announcement came."""
        return not self.name and not any(part.strip() for part in self.arguments)

    def take_name(self, name: str) -> None:
        """Read a name: the same again, a longer one, or its next piece."""
        if name.startswith(self.name):
            self.name = name
        else:
            self.name += name


class Calls:
    """Assembles the tool calls of one answer from their parts."""

    def __init__(self) -> None:
        self._calls: list[PartialCall] = []
        self._by_index: dict[int, PartialCall] = {}

    def take(self, parts: Any) -> None:
        """Read the parts of calls in a delta."""
        for part in as_objects(parts):
            function = as_object(part.get("function")) or part
            call = self.add(as_index(part.get("index")), as_text(part.get("id")), function)
            call.extra = part.get("extra_content") or call.extra

    def add(self, index: int | None, call_id: str, function: Mapping[str, Any]) -> PartialCall:
        """Add a part to its call, and return the call."""
        name, arguments = as_text(function.get("name")), function.get("arguments")
        call = self._call_of(index, call_id, name)
        call.id = call.id or call_id
        if name:
            call.take_name(name)
        call.arguments.append(arguments_text(arguments))
        return call

    def whole(self) -> list[PartialCall]:
        """Return the calls, in the order in which they began."""
        return [call for call in self._calls if not call.is_nothing]

    def _call_of(self, index: int | None, call_id: str, name: str) -> PartialCall:
        """Return the call that a part belongs to, or begin one.

        The index decides. Without one, a part with a name begins a call, and any other continues
        the last. Some servers give every call index 0: there a name with another id begins a call,
        too.
        """
        call = self._by_index.get(index) if index is not None else self._last(call_id, name)
        if call is None or (name and call_id and call.id and call_id != call.id):
            call = PartialCall()
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _last(self, call_id: str, name: str) -> PartialCall | None:
        if call_id:
            known = (call for call in self._calls if call.id == call_id)
            return next(known, None)
        return None if name or not self._calls else self._calls[-1]
