"""What can go wrong with Anthropic, in the errors of the house."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters.llm.failures import failure, reason_of_status, retry_after
from domain.errors import ProviderError, ProviderReason

if TYPE_CHECKING:
    import anthropic

_REASONS_BY_TYPE = {
    "api_error": ProviderReason.OVERLOADED,
    "authentication_error": ProviderReason.AUTHENTICATION,
    "billing_error": ProviderReason.RATE_LIMITED,  # as a used-up quota is: the account, not the key
    "invalid_request_error": ProviderReason.REJECTED,
    "not_found_error": ProviderReason.MODEL_NOT_FOUND,
    "overloaded_error": ProviderReason.OVERLOADED,
    "permission_error": ProviderReason.AUTHENTICATION,
    "rate_limit_error": ProviderReason.RATE_LIMITED,
    "request_too_large": ProviderReason.REJECTED,
    "timeout_error": ProviderReason.OVERLOADED,
}


def error_in_stream(provider: str, error: Any) -> ProviderError:
    """Make the error for an error object that came in place of a piece of the answer."""
    kind, message = _told(error)
    return failure(provider, _REASONS_BY_TYPE.get(kind, ProviderReason.OVERLOADED), message)


@contextmanager
def anthropic_errors(provider: str) -> Iterator[None]:
    """Raise what the SDK raises as errors of the house.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import anthropic

    try:
        yield
    except anthropic.APITimeoutError as error:
        raise failure(provider, ProviderReason.TIMEOUT) from error
    except anthropic.APIStatusError as error:
        raise _of_status(provider, error) from None  # its text may hold a part of the key
    except anthropic.APIConnectionError as error:
        raise failure(provider, ProviderReason.UNREACHABLE) from error
    except anthropic.CredentialsError as error:
        raise failure(provider, ProviderReason.AUTHENTICATION) from error
    except anthropic.AnthropicError as error:
        raise failure(provider, ProviderReason.MALFORMED) from error


def _of_status(provider: str, error: "anthropic.APIStatusError") -> ProviderError:
    kind, message = _told(error.body.get("error") if isinstance(error.body, Mapping) else None)
    return failure(
        provider,
        _REASONS_BY_TYPE.get(kind) or reason_of_status(error.status_code),
        message,
        status=error.status_code,
        retry_after=retry_after(error.response.headers.get("retry-after")),
    )


def _told(error: Any) -> tuple[str, str]:
    """Return the type and the message of an error object; empty where there is none."""
    if not isinstance(error, Mapping):
        return "", ""
    return str(error.get("type") or ""), str(error.get("message") or "")
