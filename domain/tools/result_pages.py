"""Pagination of long results: the model gets one page, and can ask for the next."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from domain.conversations.calls import CallOutcome
from domain.shared.errors import ToolFailed

PAGE_LENGTH: Final = 32_000  # characters
READ_TOOL: Final = "read_result"  # the tool that returns further pages


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of a call's result or error as JSON text; ``page`` counts from 1 to ``pages``."""

    call_id: str
    page: int
    pages: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return ``{call_id, page, pages, text}``, which `model_text` writes out as a page."""
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


def model_text(outcome: CallOutcome) -> str:
    """Return a call's outcome for the model: all of it, or a page and how to get the next."""
    value = value_of(outcome)
    page = as_page(value)
    if page is None:
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= PAGE_LENGTH:
            return text
        page = page_of(outcome.id, text, 1)
    return f"{page.text}\n[{_place(page)}]"


def value_of(outcome: CallOutcome) -> Any:
    """Return the result of a call, or its error, as a JSON value."""
    return outcome.result if outcome.problem is None else outcome.problem.to_json()


def _place(page: ResultPage) -> str:
    where = f"Page {page.page} of {page.pages} of this result"
    if page.page >= page.pages:
        return f"{where}, the last."
    return (
        f'{where}. To read on, call {READ_TOOL} with call_id "{page.call_id}" '
        f"and page {page.page + 1}."
    )
