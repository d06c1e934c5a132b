"""Maps the finish reasons of each protocol to their meaning.

Proxies pass on the reasons of the service behind them, so each dialect also knows the others'; its
own take precedence. Reasons are compared in lower case.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class FinishKind(Enum):
    """How an answer ended."""

    ENDED = auto()
    CALLS = auto()
    LENGTH = auto()
    FILTERED = auto()
    FAILED = auto()
    UNREADABLE = auto()  # the service could not parse its model's output


Finishes = Mapping[str, FinishKind]

_ANY: Final = {
    **dict.fromkeys(
        ("stop", "stop_sequence", "end", "end_turn", "eos", "eos_token"), FinishKind.ENDED
    ),
    **dict.fromkeys(("complete", "completed", "done", "finished", "normal"), FinishKind.ENDED),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), FinishKind.CALLS),
    **dict.fromkeys(("length", "model_length", "max_length", "max_tokens"), FinishKind.LENGTH),
    **dict.fromkeys(
        ("max_output_tokens", "max_completion_tokens", "token_limit"), FinishKind.LENGTH
    ),
    **dict.fromkeys(("context_length", "context_length_exceeded"), FinishKind.LENGTH),
    **dict.fromkeys(("model_context_window_exceeded", "incomplete"), FinishKind.LENGTH),
    **dict.fromkeys(("content_filter", "content_filtered", "filtered"), FinishKind.FILTERED),
    **dict.fromkeys(("refusal", "safety", "sensitive", "blocked"), FinishKind.FILTERED),
    **dict.fromkeys(
        ("recitation", "prohibited_content", "guardrail_intervened"), FinishKind.FILTERED
    ),
    **dict.fromkeys(("error", "errored", "fail", "failed", "failure"), FinishKind.FAILED),
    **dict.fromkeys(("abort", "aborted", "cancel", "cancelled", "canceled"), FinishKind.FAILED),
    **dict.fromkeys(("network_error", "upstream_error", "provider_error"), FinishKind.FAILED),
    **dict.fromkeys(("server_error", "internal_error", "internal_server_error"), FinishKind.FAILED),
    **dict.fromkeys(("timeout", "timed_out", "overloaded", "unavailable"), FinishKind.FAILED),
    **dict.fromkeys(("interrupted", "disconnected", "exception"), FinishKind.FAILED),
    **dict.fromkeys(("malformed_function_call", "malformed_tool_call"), FinishKind.UNREADABLE),
}

COMPLETIONS: Final[Finishes] = {
    **_ANY,
    "insufficient_system_resource": FinishKind.FAILED,  # DeepSeek's
    "rate_limit": FinishKind.FAILED,
    "rate_limited": FinishKind.FAILED,
}

RESPONSES: Final[Finishes] = {**_ANY}

MESSAGES: Final[Finishes] = {
    **_ANY,
    "pause_turn": FinishKind.LENGTH,  # a limit of the service's own tools, which are not offered
}

GEMINI: Final[Finishes] = {
    **_ANY,
    "finish_reason_unspecified": FinishKind.ENDED,
    "continuation": FinishKind.LENGTH,  # the limit of one request, not of the answer
    **dict.fromkeys(("language", "blocklist", "spii", "other", "no_image"), FinishKind.FILTERED),
    **dict.fromkeys(("image_safety", "image_recitation", "image_other"), FinishKind.FILTERED),
    **dict.fromkeys(("image_prohibited_content", "jailbreak", "model_armor"), FinishKind.FILTERED),
    **dict.fromkeys(("malformed_response", "missing_thought_signature"), FinishKind.UNREADABLE),
    **dict.fromkeys(("too_many_tool_calls", "unexpected_tool_call"), FinishKind.UNREADABLE),
}


def finish_of(word: str, finishes: Finishes) -> FinishKind | None:
    """Return the meaning of a finish reason; None if it is unknown."""
    return finishes.get(word.strip().lower().replace("-", "_").replace(" ", "_"))
