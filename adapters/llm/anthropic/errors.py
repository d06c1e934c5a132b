"""Maps Anthropic's SDK errors to Puerto's."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.llm.sdk.failures import failure, timed_out, unreachable
from adapters.llm.sdk.provider_errors import error_of_response
from domain.shared.errors import ProviderReason


@contextmanager
def anthropic_errors(provider: str) -> Iterator[None]:
    """Context manager that maps the SDK's errors.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import anthropic

    try:
        yield
    except anthropic.APITimeoutError as error:
        raise timed_out(provider, error) from error
    except anthropic.APIStatusError as error:
        # Its text may hold a part of the key.
        raise error_of_response(provider, error.response) from None
    except anthropic.APIConnectionError as error:
        raise unreachable(provider, error) from error
    except anthropic.CredentialsError as error:
        raise failure(provider, ProviderReason.AUTHENTICATION) from error
    except anthropic.AnthropicError as error:
        raise failure(provider, ProviderReason.MALFORMED) from error
