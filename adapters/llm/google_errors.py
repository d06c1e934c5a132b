"""What can go wrong with Google's models, in the errors of the house."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters.llm.failures import failure, reason_of_status, retry_after
from domain.errors import ProviderError, ProviderReason

if TYPE_CHECKING:
    from google.genai import errors

_NO_CODE = 500
_BAD_REQUEST = 400  # statuses below it are no errors, and yet no answer
_KEY_REFUSED = "API_KEY_INVALID"  # with status 400: also for a key that has expired


def error_in_stream(provider: str, error: Any) -> ProviderError:
    """Make the error for an error object that came in place of a piece of the answer."""
    code = error.get("code") if isinstance(error, Mapping) else None
    return _failure(provider, code if isinstance(code, int) else _NO_CODE, error)


def refuses_signature(error: "errors.ClientError") -> bool:
    """Say whether it is a thought signature in the request that the service does not take."""
    return error.code == _BAD_REQUEST and "thought signature" in str(error.message).lower()


@contextmanager
def google_errors(provider: str) -> Iterator[None]:
    """Raise what the SDK raises as errors of the house.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import httpx2
    from google.genai import errors

    try:
        yield
    except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:  # before any answer
        raise failure(provider, ProviderReason.UNREACHABLE) from error
    except errors.APIError as error:
        raise _of_response(provider, error) from None  # its text may hold a part of the key
    except UnicodeEncodeError:
        raise  # of a header, as with any provider
    except (UnicodeDecodeError, errors.UnknownApiResponseError) as error:
        raise failure(provider, ProviderReason.MALFORMED) from error
    except ValueError as error:  # of the few things that the SDK looks at: the name, the address
        raise failure(provider, ProviderReason.MODEL_NOT_FOUND, str(error)) from error


def _of_response(provider: str, error: "errors.APIError") -> ProviderError:
    if error.code < _BAD_REQUEST:
        quote = f"status {error.code}: check the base URL"
        return failure(provider, ProviderReason.MALFORMED, quote, status=error.code)
    body = error.details if isinstance(error.details, Mapping) else {}
    header = error.response.headers.get("retry-after")
    return _failure(provider, error.code, body.get("error"), header)


def _failure(
    provider: str, code: int, error: Any, retry_after_header: str | None = None
) -> ProviderError:
    error = error if isinstance(error, Mapping) else {}
    details = _details(error)
    refused = any(detail.get("reason") == _KEY_REFUSED for detail in details)
    return failure(
        provider,
        ProviderReason.AUTHENTICATION if refused else reason_of_status(code),
        str(error.get("message") or ""),
        status=code,
        retry_after=_delay(details) or retry_after(retry_after_header),
    )


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("details")
    listed = details if isinstance(details, list) else []
    return [detail for detail in listed if isinstance(detail, Mapping)]


def _delay(details: list[Mapping[str, Any]]) -> float | None:
    """Return the seconds of a ``google.rpc.RetryInfo``, which writes them as ``34.07s``."""
    delays = (detail.get("retryDelay") for detail in details)
    text = next((delay for delay in delays if isinstance(delay, str)), None)
    return retry_after(text.removesuffix("s")) if text else None
