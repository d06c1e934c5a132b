"""Maps failures of any provider to Puerto's errors.

The messages say who must act. They quote the provider's own words where these help, but never about
a refused key: providers may repeat part of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.llm.reading.error_words import redacted
from domain.shared.errors import ProviderError, ProviderReason, ProviderTimeout

_LONGEST_QUOTE = 300  # characters of the provider's own words

_REASONS_BY_STATUS = {
    401: ProviderReason.AUTHENTICATION,
    402: ProviderReason.RATE_LIMITED,  # the account has no more credit
    403: ProviderReason.AUTHENTICATION,
    404: ProviderReason.MODEL_NOT_FOUND,
    408: ProviderReason.OVERLOADED,
    409: ProviderReason.OVERLOADED,
    429: ProviderReason.RATE_LIMITED,
}

_SENTENCES = {
    ProviderReason.AUTHENTICATION: "{provider} refused the API key: the operator must check it",
    ProviderReason.RATE_LIMITED: "{provider} takes no more requests now: wait, or raise the quota",
    ProviderReason.MODEL_NOT_FOUND: "{provider} does not know the model or the address:"
    " choose another model, or check the base URL",
    ProviderReason.REJECTED: "{provider} rejected what was sent",
    ProviderReason.OVERLOADED: "{provider} failed or is overloaded: try again later",
    ProviderReason.UNREACHABLE: "{provider} cannot be reached:"
    " check the network and the configured base URL",
    ProviderReason.TRUNCATED: "{provider} broke off in the middle of its answer: try again",
    ProviderReason.MALFORMED: "{provider} answered something that its protocol does not allow",
}

# The reasons for which clients may see the provider's own words.
_QUOTED = frozenset(ProviderReason) - {ProviderReason.AUTHENTICATION, ProviderReason.TIMEOUT}


def failure(
    provider: str,
    reason: ProviderReason,
    words: str = "",
    *,
    status: int | None = None,
    retry_after: float | None = None,
    is_final: bool = False,
) -> ProviderError:
    """Return the error for a reason, with the provider's own words where they are safe to show.

    ``retry_after`` is in seconds; ``is_final`` means that a retry cannot help.
    """
    if reason is ProviderReason.TIMEOUT:
        return ProviderTimeout(
            f"{provider} was silent for too long, or its answer took too long: try again later.",
            provider=provider,
        )
    words = redacted(words)
    if len(words) > _LONGEST_QUOTE:
        words = words[:_LONGEST_QUOTE] + "..."
    message = _SENTENCES[reason].format(provider=provider)
    if words and reason in _QUOTED:
        message += f" ({words})"
    error = ProviderError(
        f"{message}.", provider=provider, reason=reason, status=status, retry_after=retry_after
    )
    error.words, error.is_final = words, is_final
    return error


def unreachable(provider: str, error: Exception) -> ProviderError:
    """Return the error for a connection that could not be made.

    Clients are told the cause only if a variable of the environment is wrong: other causes may name
    internal hosts. The log has them.
    """
    from adapters.http.transport.problems import BadEnvironment

    behind = error.__cause__  # an SDK's own error does not name the cause
    cause = error if isinstance(error, BadEnvironment) else behind or error
    is_public = isinstance(cause, BadEnvironment)
    made = failure(provider, ProviderReason.UNREACHABLE, str(cause) if is_public else "")
    made.words = made.words or redacted(str(cause))
    return made


def timed_out(provider: str, error: Exception) -> ProviderError:
    """Return the error for a timeout: of the answer, or of connecting."""
    import httpx2

    if isinstance(error.__cause__ or error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return unreachable(provider, error)
    return failure(provider, ProviderReason.TIMEOUT)


def reason_of_status(status: int) -> ProviderReason:
    """Return the reason that an HTTP status stands for."""
    client_error = range(400, 500)
    rest = ProviderReason.REJECTED if status in client_error else ProviderReason.OVERLOADED
    return _REASONS_BY_STATUS.get(status, rest)


def retry_after(header: str | None) -> float | None:
    """Parse ``Retry-After`` in seconds; None for a date, which needs the server's clock."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


@contextmanager
def http_errors(provider: str) -> Iterator[None]:
    """Context manager that maps the HTTP library's errors to Puerto's.

    Wrap it around the request and the reading of the answer, outside of the mapping of the SDK's
    errors.

    Raises:
        ProviderError: in place of theirs; `ProviderTimeout` after a timeout.

    """
    import httpx2

    try:
        yield
    except (httpx2.TimeoutException, TimeoutError) as error:
        raise timed_out(provider, error) from error
    except httpx2.ConnectError as error:
        raise unreachable(provider, error) from error
    except UnicodeEncodeError as error:  # headers are ASCII, and the key is the only one of ours
        raise failure(provider, ProviderReason.AUTHENTICATION) from error
    except (httpx2.UnsupportedProtocol, httpx2.ProxyError, httpx2.InvalidURL) as error:
        raise unreachable(provider, error) from error
    except (httpx2.DecodingError, httpx2.TooManyRedirects) as error:
        raise failure(provider, ProviderReason.MALFORMED) from error
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        broken = failure(provider, ProviderReason.TRUNCATED)
        broken.words = redacted(str(error))  # the library's: for the log alone
        raise broken from error
