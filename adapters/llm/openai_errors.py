"""What can go wrong with an OpenAI-like provider, in the errors of the house."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters.llm.failures import failure, reason_of_status, retry_after
from domain.errors import ProviderError, ProviderReason

if TYPE_CHECKING:
    import openai

# What servers write as `code` or `type` of an error in the middle of a stream, and some also
# in answers whose status says less.
_REASONS_BY_CODE = {
    "authentication_error": ProviderReason.AUTHENTICATION,
    "bio_policy": ProviderReason.REJECTED,
    "context_length_exceeded": ProviderReason.REJECTED,
    "insufficient_quota": ProviderReason.RATE_LIMITED,
    "invalid_api_key": ProviderReason.AUTHENTICATION,
    "invalid_model": ProviderReason.MODEL_NOT_FOUND,
    "invalid_prompt": ProviderReason.REJECTED,
    "invalid_request_error": ProviderReason.REJECTED,
    "misalignment_policy_violation": ProviderReason.REJECTED,
    "model_not_found": ProviderReason.MODEL_NOT_FOUND,
    "permission_error": ProviderReason.AUTHENTICATION,
    "rate_limit_error": ProviderReason.RATE_LIMITED,
    "rate_limit_exceeded": ProviderReason.RATE_LIMITED,
}


def error_in_stream(provider: str, error: Any) -> ProviderError:
    """Make the error for an error object that came in place of a piece of the answer."""
    if not isinstance(error, Mapping):
        return failure(provider, ProviderReason.OVERLOADED)
    codes = (error.get("code"), error.get("type"))
    status = next((code for code in codes if isinstance(code, int)), None)
    reason = _named_reason(error) or reason_of_status(status or 500)
    return failure(provider, reason, str(error.get("message") or ""), status=status)


def _named_reason(error: Mapping[str, Any]) -> ProviderReason | None:
    codes = (error.get("code"), error.get("type"))
    named = (_REASONS_BY_CODE.get(code) for code in codes if isinstance(code, str))
    return next(filter(None, named), None)


@contextmanager
def openai_errors(provider: str) -> Iterator[None]:
    """Raise what the SDK raises as errors of the house.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise failure(provider, ProviderReason.TIMEOUT) from error
    except openai.APIStatusError as error:
        raise _of_status(provider, error) from None  # its text may hold a part of the key
    except openai.APIConnectionError as error:
        raise failure(provider, ProviderReason.UNREACHABLE) from error
    except openai.OpenAIError as error:
        raise failure(provider, ProviderReason.MALFORMED) from error


def _of_status(provider: str, error: "openai.APIStatusError") -> ProviderError:
    body = error.body if isinstance(error.body, Mapping) else {}
    reason = reason_of_status(error.status_code)
    if reason is ProviderReason.REJECTED:  # some say 400 where others say 404
        reason = _named_reason(body) or reason
    return failure(
        provider,
        reason,
        str(body.get("message") or ""),
        status=error.status_code,
        retry_after=retry_after(error.response.headers.get("retry-after")),
    )
