"""What OpenAI's two APIs share: the SDK's client, and sending a request."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from adapters.llm.openai.errors import openai_errors
from adapters.llm.openai.schema_rules import OPENAI
from adapters.llm.sdk.provider import SdkChat

if TYPE_CHECKING:
    import httpx2
    import openai

_NO_KEY = "none"  # servers of one's own need no key, but the SDK insists on one


class OpenAIClient(SdkChat["openai.AsyncOpenAI"]):
    """A service behind the OpenAI SDK; ``base_url`` is the address up to `_path`."""

    _name = "openai"
    _target = OPENAI
    _path: ClassVar[str]

    def _open(self) -> "openai.AsyncOpenAI":
        import openai

        http = self._http()
        return openai.AsyncOpenAI(
            api_key=self._api_key or _NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )

    async def _close(self, client: "openai.AsyncOpenAI") -> None:
        await client.close()

    def _errors(self) -> AbstractContextManager[None]:
        return openai_errors(self._provider)

    async def _post(
        self, client: "openai.AsyncOpenAI", model: str, body: bytes
    ) -> "httpx2.Response":
        import httpx2

        del model  # it is in the body
        # As for endpoints that the SDK does not know: it then neither rebuilds the body nor reads
        # the answer.
        return await client.post(self._path, content=body, cast_to=httpx2.Response, stream=True)
