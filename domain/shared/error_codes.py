"""The error codes: one list, read by the exceptions, the stored events, the faces and the docs.

`ErrorCode` is the code in the answer to a failed request. `Refusal` is the code recorded for a tool
call that gave no result; the model receives it too.
"""

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """The code in the answer to a failed request; each face maps it to a status of its own.

    ``text`` is the description for the documentation, in Markdown.
    """

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """Make a member from its code and its description."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    INVALID_REQUEST = (
        "INVALID_REQUEST",
        (
            "Unreadable JSON, a bad query, or a field that is missing, ill-typed or out of range:"
            " `details.fields` lists which."
        ),
    )
    UNAUTHORIZED = "UNAUTHORIZED", "No credentials, or bad or expired ones."
    FORBIDDEN = (
        "FORBIDDEN",
        "The caller is known and may not do this: by their role, or by the policy of calls.",
    )
    NOT_FOUND = "NOT_FOUND", "Unknown, or another user's: the two look the same from outside."
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "The address exists, the method does not."
    CONFLICT = "CONFLICT", "The state of things does not allow it now."
    IDEMPOTENCY_CONFLICT = (
        "IDEMPOTENCY_CONFLICT",
        "The same idempotency key came with another request.",
    )
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS", "A conversation answers one message at a time."
    GONE = "GONE", "It was there, and its time is over."
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE", "The body is larger than `PUERTO_MAX_BODY_BYTES`."
    UNSUPPORTED_MEDIA_TYPE = (
        "UNSUPPORTED_MEDIA_TYPE",
        "The body is not `application/json`, or packed otherwise than with gzip.",
    )
    UNPROCESSABLE = (
        "UNPROCESSABLE",
        (
            "Well-formed, but it cannot be done as it stands: the message, or `details`, say why."
            " An address outside that is not open is among these: the operator may open it."
        ),
    )
    RATE_LIMITED = "RATE_LIMITED", "Too many requests; `retry_after` is in whole seconds."
    INTERNAL = "INTERNAL", "A mistake of ours. It is logged: the request id finds it."
    UPSTREAM_ERROR = (
        "UPSTREAM_ERROR",
        (
            "A tool, a server outside, or the provider of the model failed. Of a provider "
            "`details.reason` says how."
        ),
    )
    UNAVAILABLE = "UNAVAILABLE", "Something is not configured, not started, or shutting down."
    UPSTREAM_TIMEOUT = (
        "UPSTREAM_TIMEOUT",
        "A tool, a server outside, or the provider of the model did not answer in time.",
    )


class Refusal(StrEnum):
    """Why a tool call gave no result, or a run no answer. Plugins add codes of their own.

    The text of a code that only a run has begins with "Of a run".

    ``answer`` is the code for a request that made the call directly. ``text`` is the description
    for the documentation, in Markdown. The message for the model is written by whoever refuses.
    """

    answer: ErrorCode
    text: str

    def __new__(cls, code: str, answer: ErrorCode, text: str) -> Self:
        """Make a member from its code, the code for a request, and its description."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.answer = answer
        member.text = text
        return member

    UNKNOWN_TOOL = "UNKNOWN_TOOL", ErrorCode.NOT_FOUND, "No enabled tool has this name."
    INVALID_ARGUMENTS = (
        "INVALID_ARGUMENTS",
        ErrorCode.INVALID_REQUEST,
        "The arguments do not fit the tool's schema; `details.fields` lists where.",
    )
    DENIED = (
        "DENIED",
        ErrorCode.FORBIDDEN,
        "Not run: the operator's policy forbids it; the message names the rule.",
    )
    VETOED = (
        "VETOED",
        ErrorCode.FORBIDDEN,
        (
            "Not run: a plugin forbids it, or could not be asked, or a required one is not in "
            "use; the message names it and says why."
        ),
    )
    CONSENT_DENIED = (
        "CONSENT_DENIED",
        ErrorCode.FORBIDDEN,
        "Not run: the user said no; the message holds their reason.",
    )
    CONSENT_EXPIRED = (
        "CONSENT_EXPIRED",
        ErrorCode.FORBIDDEN,
        "Nobody answered within 24 hours: not whether to run it, or not what it asked its user.",
    )
    ASK_DECLINED = (
        "ASK_DECLINED",
        ErrorCode.FORBIDDEN,
        "The tool asked its user for something and got a no; the message holds their reason.",
    )
    TOOL_REFUSED = (
        "TOOL_REFUSED",
        ErrorCode.FORBIDDEN,
        (
            "Not run: the tool has changed since the model asked for it, or a required plugin "
            "went out of use before the call began. Or the tool wanted of a model or of another "
            "tool what it may not."
        ),
    )
    TOOL_FAILED = "TOOL_FAILED", ErrorCode.UPSTREAM_ERROR, "It ran and failed."
    TOOL_TIMEOUT = (
        "TOOL_TIMEOUT",
        ErrorCode.UPSTREAM_TIMEOUT,
        "It did not answer in time. A call that writes may have taken effect all the same.",
    )
    TOOL_ERROR = (
        "TOOL_ERROR",
        ErrorCode.UPSTREAM_ERROR,
        "It gave no result, for a reason of its plugin's own, which the message tells.",
    )
    WORKER_LOST = (
        "WORKER_LOST",
        ErrorCode.UPSTREAM_ERROR,
        (
            "A call that only reads was running when a process of the service died, twice; or "
            "twenty processes died one after the other before the call began. It is not made "
            "again; the log names its tool and plugin."
        ),
    )
    INTERRUPTED = (
        "INTERRUPTED",
        ErrorCode.UPSTREAM_ERROR,
        (
            "The end of the run interrupted a call that only reads, or that waited for its "
            "user's answer."
        ),
    )
    OUTCOME_UNKNOWN = (
        "OUTCOME_UNKNOWN",
        ErrorCode.UPSTREAM_ERROR,
        "A call that writes was started and interrupted: it may or may not have taken effect.",
    )
    NOT_DONE = (
        "NOT_DONE",
        ErrorCode.UPSTREAM_ERROR,
        "It was interrupted, and the user says that it did not take effect.",
    )
    CANCELLED = (
        "CANCELLED",
        ErrorCode.CONFLICT,
        "The run was ended before the call was started.",
    )
    MESSAGE_BLOCKED = (
        "MESSAGE_BLOCKED",
        ErrorCode.FORBIDDEN,
        (
            "Of a run: a plugin's guard blocks the message, which no model was sent; the message "
            "names the plugin and says why."
        ),
    )
    ANSWER_BLOCKED = (
        "ANSWER_BLOCKED",
        ErrorCode.FORBIDDEN,
        "Of a run: a plugin's guard withholds the answer; the message names it and says why.",
    )
    GUARD_FAILED = (
        "GUARD_FAILED",
        ErrorCode.UNAVAILABLE,
        (
            "Of a run: a plugin must check the message or the answer and could not, or a required "
            "plugin that may have to is not in use; the message names it and says why."
        ),
    )
    BUDGET_EXCEEDED = (
        "BUDGET_EXCEEDED",
        ErrorCode.RATE_LIMITED,
        (
            "Of a run: a budget has no room for the next step of the model; the message and "
            "`details` say which, and when it starts anew."
        ),
    )
    STEP_LIMIT = (
        "STEP_LIMIT",
        ErrorCode.INTERNAL,
        (
            "Of a run, not of a call: the model was asked `PUERTO_MAX_STEPS` times and still had "
            "no answer."
        ),
    )


def answer_to(code: str) -> ErrorCode:
    """Return the error code for a request whose tool call was refused with this code."""
    return Refusal.__members__.get(code, Refusal.TOOL_ERROR).answer  # plugins have others, too
