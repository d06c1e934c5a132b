"""Assembles the tool calls of a response from its events.

OpenAI sends a call three times: in pieces, in the event that ends its item, and in the whole
response at the end. Servers that imitate it leave out any two of these, or send one twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.llm.encoded_tools import arguments_text
from adapters.llm.reading.json_shapes import as_text
from adapters.llm.sdk.answer_reader import whole_calls
from domain.models.messages import ToolRequest

Object = Mapping[str, Any]

_NAMES = ("call_id", "id", "output_index")


@dataclass(slots=True)
class _Call:
    marks: dict[str, Any]  # what tells it from the others, under the names of `_NAMES`
    name: str = ""
    arguments: str = ""  # as the item has them
    spelled: str = ""  # as they were spelled out
    is_whole: bool = False

    def is_called(self, marks: Mapping[str, Any]) -> bool:
        """Whether these ids are of this call; the first id that both have decides."""
        both = next((name for name in _NAMES if name in self.marks and name in marks), None)
        return both is not None and self.marks[both] == marks[both]

    def is_unmarked(self, item: Mapping[str, Any]) -> bool:
        """Whether this is the item's call, though it came without ids."""
        said = (as_text(item.get("name")), arguments_text(item.get("arguments")))
        return not self.marks and (self.name, self.arguments) == said


class ResponseCalls:
    """Collects the calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def begin(self, item: Object, index: Any) -> None:
        """Read a call that is announced; its arguments may follow."""
        self._take(item, index)

    def spell(self, event: Object) -> None:
        """Read a piece of a call's arguments, or all of them."""
        marks = _marks({"id": event.get("item_id")}, event.get("output_index"))
        known = (call for call in reversed(self._calls) if call.is_called(marks))
        latest = self._calls[-1] if self._calls and not marks else None
        if call := next(known, latest):
            whole = as_text(event.get("arguments"))
            call.spelled = whole or call.spelled + as_text(event.get("delta"))

    def end(self, item: Object, index: Any = None) -> bool:
        """Read a complete call; return whether it was not complete before."""
        call = self._take(item, index)
        is_new, call.is_whole = not call.is_whole, True
        return is_new

    def requests(self) -> list[ToolRequest]:
        """Return the calls, in the order in which they began.

        Raises:
            MalformedAnswer: one has no name.

        """
        return whole_calls((call.name, call.arguments or call.spelled) for call in self._calls)

    def _take(self, item: Object, index: Any) -> _Call:
        marks = _marks(item, index)
        known = (call for call in self._calls if call.is_called(marks))
        begun = (call for call in self._calls if not marks and not call.is_whole)
        same = (call for call in self._calls if marks and call.is_unmarked(item))
        call = next(known, None) or next(begun, None) or next(same, None)
        if call is None:
            call = _Call({})
            self._calls.append(call)
        call.marks |= marks
        call.name = as_text(item.get("name")) or call.name
        call.arguments = arguments_text(item.get("arguments")) or call.arguments
        return call


def _marks(item: Object, index: Any) -> dict[str, Any]:
    marks = {"call_id": item.get("call_id"), "id": item.get("id"), "output_index": index}
    return {
        name: mark for name, mark in marks.items() if isinstance(mark, str | int) and mark != ""
    }
