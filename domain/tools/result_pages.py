"""Results that are long, in pages: the model reads one, and asks for the next."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from domain.conversations.calls import CallOutcome
from domain.shared.errors import ToolFailed

PAGE_LENGTH: Final = 32_000  # characters
READ_TOOL: Final = "read_result"  # by which the model asks


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page (from 1 on) of so many ``pages`` of what came of a call, written as JSON."""

    call_id: str
    page: int
    pages: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return ``{call_id, page, pages, text}``, which `told` shows as it is."""
        return asdict(self)


def page_of(call_id: str, text: str, page: int) -> ResultPage:
    """Return one page of a text.

    Raises:
        ToolFailed: there is no such page.

    """
    pages = -(-len(text) // PAGE_LENGTH) or 1
    if not 1 <= page <= pages:
        raise ToolFailed(f"There is no page {page}; the result of this call has {pages}.")
    end = page * PAGE_LENGTH
    return ResultPage(call_id, page, pages, text[end - PAGE_LENGTH : end])


def as_page(value: Any) -> ResultPage | None:
    """Return the page that a JSON value holds, if it is one."""
    match value:
        case {"call_id": str(call_id), "page": int(page), "pages": int(pages), "text": str(text)}:
            return ResultPage(call_id, page, pages, text) if len(text) <= PAGE_LENGTH else None
        case _:
            return None


def told(outcome: CallOutcome) -> str:
    """Return what the model is told of a call: all, or a page and how to get the next one."""
    value = value_of(outcome)
    page = as_page(value)
    if page is None:
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= PAGE_LENGTH:
            return text
        page = page_of(outcome.id, text, 1)
    return f"{page.text}\n[{_place(page)}]"


def value_of(outcome: CallOutcome) -> Any:
    """Return what came of a call as a JSON value: its error, or its result."""
    return outcome.result if outcome.problem is None else outcome.problem.to_json()


def _place(page: ResultPage) -> str:
    where = f"Page {page.page} of {page.pages} of this result"
    if page.page >= page.pages:
        return f"{where}, the last."
    return (
        f'{where}. To read on, call {READ_TOOL} with call_id "{page.call_id}" '
        f"and page {page.page + 1}."
    )
