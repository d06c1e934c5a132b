"""OpenAI's chat completions, and every server that speaks them: vLLM, Ollama, llama.cpp, ..."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from adapters.llm.answers import AnswerReader
from adapters.llm.openai_answer import CompletionReader
from adapters.llm.openai_errors import openai_errors
from adapters.llm.openai_request import RequestEncoder
from adapters.llm.sdk import CONNECT_TIMEOUT, SdkChat
from domain.llm import ModelRequest

if TYPE_CHECKING:
    import httpx2
    import openai

_ADDRESS = "https://api.openai.com/v1"
_NO_KEY = "none"  # servers of one's own need no key, but the SDK insists on one


class OpenAIChat(SdkChat["openai.AsyncOpenAI"]):
    """A provider that speaks OpenAI's chat completions; ``base_url`` includes ``/v1``."""

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None = None,
        provider: str = "openai",
        read_timeout: float = 60.0,
        total_timeout: float = 600.0,
    ) -> None:
        super().__init__(provider, read_timeout=read_timeout, total_timeout=total_timeout)
        self._api_key = api_key or _NO_KEY
        self._base_url = base_url or _ADDRESS
        self._requests = RequestEncoder()

    def _open(self) -> "openai.AsyncOpenAI":
        import httpx2
        import openai

        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=httpx2.Timeout(self._read_timeout, connect=CONNECT_TIMEOUT),
        )

    async def _close(self, client: "openai.AsyncOpenAI") -> None:
        await client.close()

    def _errors(self) -> AbstractContextManager[None]:
        return openai_errors(self._provider)

    async def _send(self, client: "openai.AsyncOpenAI", request: ModelRequest) -> "httpx2.Response":
        import httpx2

        # Asked for as a plain response, as the SDK has it for endpoints that it does not know:
        # it then neither rebuilds the body nor reads the answer.
        body = self._requests.encode(request)
        return await client.post(
            "/chat/completions", content=body, cast_to=httpx2.Response, stream=True
        )

    def _reader(self) -> AnswerReader:
        return CompletionReader(self._provider)
