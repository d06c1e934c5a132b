"""Maps error responses and error events of all dialects to Puerto's errors."""

from typing import TYPE_CHECKING, Any, Final

from adapters.llm.reading.error_words import ErrorWords, words_of, words_of_body
from adapters.llm.sdk.failures import failure, reason_of_status, retry_after
from domain.shared.errors import ProviderError, ProviderReason

if TYPE_CHECKING:
    import httpx2

_TOO_LARGE: Final = 413
_BAD_REQUEST: Final = 400  # lower statuses are no errors, but no answers either

# Error codes: of errors within a stream, and where the status is less specific.
_REASONS_BY_CODE: Final = {
    # OpenAI, and those that speak its API
    "bio_policy": ProviderReason.REJECTED,
    "context_length_exceeded": ProviderReason.REJECTED,
    "invalid_api_key": ProviderReason.AUTHENTICATION,
    "invalid_model": ProviderReason.MODEL_NOT_FOUND,
    "invalid_prompt": ProviderReason.REJECTED,
    "misalignment_policy_violation": ProviderReason.REJECTED,
    "model_not_found": ProviderReason.MODEL_NOT_FOUND,
    "rate_limit_exceeded": ProviderReason.RATE_LIMITED,
    # OpenAI and Anthropic
    "api_error": ProviderReason.OVERLOADED,
    "authentication_error": ProviderReason.AUTHENTICATION,
    "invalid_request_error": ProviderReason.REJECTED,
    "not_found_error": ProviderReason.MODEL_NOT_FOUND,
    "overloaded_error": ProviderReason.OVERLOADED,
    "permission_error": ProviderReason.AUTHENTICATION,
    "rate_limit_error": ProviderReason.RATE_LIMITED,
    "request_too_large": ProviderReason.REJECTED,
    "timeout_error": ProviderReason.OVERLOADED,
    # Google
    "api_key_invalid": ProviderReason.AUTHENTICATION,  # with status 400: also for an expired key
    "invalid_argument": ProviderReason.REJECTED,
    "permission_denied": ProviderReason.AUTHENTICATION,
    "resource_exhausted": ProviderReason.RATE_LIMITED,
    "unauthenticated": ProviderReason.AUTHENTICATION,
    "unavailable": ProviderReason.OVERLOADED,
    # vLLM and other servers, which name their exceptions
    "badrequesterror": ProviderReason.REJECTED,
    "notfounderror": ProviderReason.MODEL_NOT_FOUND,
}

# The account is used up: retrying does not help, its owner must act.
_SPENT: Final = frozenset(
    {
        "billing_error",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_too_low",
        "insufficient_balance",
        "insufficient_credits",
        "insufficient_quota",
        "payment_required",
        "402",
    }
)


def error_in_stream(provider: str, error: Any) -> ProviderError:
    """Return the error for an error object in a stream."""
    words = words_of(error)
    reason = _named_reason(words) or reason_of_status(words.status or 500)
    return _failure(provider, reason, words, words.status, None)


def error_of_response(provider: str, response: "httpx2.Response") -> ProviderError:
    """Return the error for a response with an error status, whose body has been read."""
    status, words = response.status_code, words_of_body(response.content)
    if status < _BAD_REQUEST:
        quote = f"status {status}: check the base URL"
        return failure(provider, ProviderReason.MALFORMED, quote, status=status)
    reason = reason_of_status(status)
    if reason is ProviderReason.REJECTED and status != _TOO_LARGE:  # some say 400 for everything
        reason = _named_reason(words) or reason
    return _failure(provider, reason, words, status, response.headers.get("retry-after"))


def _failure(
    provider: str,
    reason: ProviderReason,
    words: ErrorWords,
    status: int | None,
    header: str | None,
) -> ProviderError:
    is_spent = not _SPENT.isdisjoint(words.codes) or status == 402  # noqa: PLR2004
    if is_spent:
        reason = ProviderReason.RATE_LIMITED
    return failure(
        provider,
        reason,
        words.message or ", ".join(words.codes),
        status=status,
        retry_after=retry_after(words.retry_delay.removesuffix("s")) or retry_after(header),
        is_final=is_spent or status == _TOO_LARGE,
    )


def _named_reason(words: ErrorWords) -> ProviderReason | None:
    """Return the reason that the error codes name, the most specific of several."""
    named = [_REASONS_BY_CODE[code] for code in words.codes if code in _REASONS_BY_CODE]
    return min(named, key=list(ProviderReason).index, default=None)
