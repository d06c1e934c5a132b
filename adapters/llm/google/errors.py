"""Maps Google's SDK errors to Puerto's."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.llm.sdk.failures import failure, unreachable
from adapters.llm.sdk.provider_errors import error_of_response
from domain.shared.errors import ProviderReason


@contextmanager
def google_errors(provider: str) -> Iterator[None]:
    """Context manager that maps the SDK's errors.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import httpx2
    from google.genai import errors

    try:
        yield
    except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:  # before any answer
        raise unreachable(provider, error) from error
    except errors.APIError as error:
        if not isinstance(error.response, httpx2.Response):  # as it is: the client is ours
            raise failure(provider, ProviderReason.MALFORMED) from None
        # Its text may hold a part of the key.
        raise error_of_response(provider, error.response) from None
    except UnicodeEncodeError:
        raise  # of a header, as with any provider
    except (UnicodeDecodeError, errors.UnknownApiResponseError) as error:
        raise failure(provider, ProviderReason.MALFORMED) from error
    except ValueError as error:  # of the few things that the SDK looks at: the name, the address
        raise failure(provider, ProviderReason.MODEL_NOT_FOUND, str(error)) from error
