"""Messages for the errors of the web framework: what is wrong, and what to do."""

from typing import Final

from quart import current_app
from werkzeug.exceptions import HTTPException, MethodNotAllowed

OUR_FAULT: Final = "Something went wrong on our side. It is logged."
TIMED_OUT: Final = "The body did not arrive in time."  # 408 has no error code of its own
_TEXTS: Final = {
    400: "The request cannot be read. Send it again as HTTP/1.1 has it.",
    404: "There is nothing at this address. /api/docs lists the addresses that there are.",
    408: f"{TIMED_OUT} Send it again, faster.",
    500: OUR_FAULT,
}


def text_of(error: HTTPException) -> str:
    """Return the error's own description if Puerto set one, else the message for its status."""
    if isinstance(error, MethodNotAllowed):
        allowed = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
        return f"This address does not take this method. It takes {_listed(allowed)}."
    if error.description is not None and error.description != type(error).description:
        return error.description
    status = error.code or 500
    if status == 413:  # noqa: PLR2004  the one message with a number
        most = current_app.config["MAX_CONTENT_LENGTH"]
        return f"The body is too large: {most:,} bytes are taken here at most."
    return _TEXTS.get(status) or f"{error.name}."


def _listed(names: list[str]) -> str:
    return " and ".join(names) if names else "none"
