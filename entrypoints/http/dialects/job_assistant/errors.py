"""The dialect's errors: flat, with a type in lower case and a detail in words."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field
from quart import Quart

from entrypoints.http.error_shapes import ErrorFacts, ErrorShape, shape_errors

# `/api/chat/consent` is a route of the service's own, which the two share.
ADDRESSES: Final = re.compile(
    r"/api/chat/(message|consent|conversations(/[^/]+)?)|/ws/chat", re.ASCII
)


class PlainError(BaseModel):
    """An error of the job assistant's addresses."""

    error: str = Field(description="For programs: a code of the API in lower case.")
    message: str = Field(description="For people: what is wrong and what to do.")
    detail: str | None = Field(description="More, in words; null where there is no more.")
    request_id: str = Field(description="The `X-Request-ID` of this answer: the log knows it.")


def plain_error(facts: ErrorFacts) -> dict[str, Any]:
    """Return an error in the dialect's shape."""
    return {
        "error": facts.code.lower(),
        "message": facts.message,
        "detail": _in_words(facts.details),
        "request_id": facts.request_id,
    }


def _in_words(details: Mapping[str, Any]) -> str | None:
    """Return details as a text: the fields that are wrong, then all else by its name."""
    words = [f"{each['path'] or 'body'}: {each['message']}" for each in details.get("fields", ())]
    words += [f"{name}: {value}" for name, value in details.items() if name != "fields"]
    return "; ".join(words) or None


def install_plain_errors(app: Quart) -> None:
    """Answer errors in the dialect's shape on its addresses."""
    shape_errors(app, ADDRESSES, ErrorShape(PlainError, plain_error))
