"""Maps the finish reasons of each protocol to their meaning.

Proxies pass on the reasons of the service behind them, so each dialect also knows the others'; its
own take precedence. Reasons are compared in lower case.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Finish(Enum):
    """How an answer ended."""

    ENDED = auto()
    CALLS = auto()
    LENGTH = auto()
    FILTERED = auto()
    FAILED = auto()
    UNREADABLE = auto()  # the service could not parse its model's output


Finishes = Mapping[str, Finish]

_ANY: Final = {
    **dict.fromkeys(("stop", "stop_sequence", "end", "end_turn", "eos", "eos_token"), Finish.ENDED),
    **dict.fromkeys(("complete", "completed", "done", "finished", "normal"), Finish.ENDED),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), Finish.CALLS),
    **dict.fromkeys(("length", "model_length", "max_length", "max_tokens"), Finish.LENGTH),
    **dict.fromkeys(("max_output_tokens", "max_completion_tokens", "token_limit"), Finish.LENGTH),
    **dict.fromkeys(("context_length", "context_length_exceeded"), Finish.LENGTH),
    **dict.fromkeys(("model_context_window_exceeded", "incomplete"), Finish.LENGTH),
    **dict.fromkeys(("content_filter", "content_filtered", "filtered"), Finish.FILTERED),
    **dict.fromkeys(("refusal", "safety", "sensitive", "blocked"), Finish.FILTERED),
    **dict.fromkeys(("recitation", "prohibited_content", "guardrail_intervened"), Finish.FILTERED),
    **dict.fromkeys(("error", "errored", "fail", "failed", "failure"), Finish.FAILED),
    **dict.fromkeys(("abort", "aborted", "cancel", "cancelled", "canceled"), Finish.FAILED),
    **dict.fromkeys(("network_error", "upstream_error", "provider_error"), Finish.FAILED),
    **dict.fromkeys(("server_error", "internal_error", "internal_server_error"), Finish.FAILED),
    **dict.fromkeys(("timeout", "timed_out", "overloaded", "unavailable"), Finish.FAILED),
    **dict.fromkeys(("interrupted", "disconnected", "exception"), Finish.FAILED),
    **dict.fromkeys(("malformed_function_call", "malformed_tool_call"), Finish.UNREADABLE),
}

COMPLETIONS: Final[Finishes] = {
    **_ANY,
    "insufficient_system_resource": Finish.FAILED,  # DeepSeek's
    "rate_limit": Finish.FAILED,
    "rate_limited": Finish.FAILED,
}

RESPONSES: Final[Finishes] = {**_ANY}

MESSAGES: Final[Finishes] = {
    **_ANY,
    "pause_turn": Finish.LENGTH,  # a limit of the service's own tools, which are not offered
}

GEMINI: Final[Finishes] = {
    **_ANY,
    "finish_reason_unspecified": Finish.ENDED,
    "continuation": Finish.LENGTH,  # the limit of one request, not of the answer
    **dict.fromkeys(("language", "blocklist", "spii", "other", "no_image"), Finish.FILTERED),
    **dict.fromkeys(("image_safety", "image_recitation", "image_other"), Finish.FILTERED),
    **dict.fromkeys(("image_prohibited_content", "jailbreak", "model_armor"), Finish.FILTERED),
    **dict.fromkeys(("malformed_response", "missing_thought_signature"), Finish.UNREADABLE),
    **dict.fromkeys(("too_many_tool_calls", "unexpected_tool_call"), Finish.UNREADABLE),
}


def finish_of(word: str, finishes: Finishes) -> Finish | None:
    """Return the meaning of a finish reason; None if it is unknown."""
    return finishes.get(word.strip().lower().replace("-", "_").replace(" ", "_"))
