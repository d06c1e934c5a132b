"""Maps the OpenAI SDK's errors to Puerto's."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.llm.sdk.failures import failure, timed_out, unreachable
from adapters.llm.sdk.provider_errors import error_of_response
from domain.shared.errors import ProviderReason


@contextmanager
def openai_errors(provider: str) -> Iterator[None]:
    """Context manager that maps the SDK's errors.

    Raises:
        ProviderError: in place of any of the SDK's.

    """
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise timed_out(provider, error) from error
    except openai.APIStatusError as error:
        # Its text may hold a part of the key.
        raise error_of_response(provider, error.response) from None
    except openai.APIConnectionError as error:
        raise unreachable(provider, error) from error
    except openai.OpenAIError as error:
        raise failure(provider, ProviderReason.MALFORMED) from error
