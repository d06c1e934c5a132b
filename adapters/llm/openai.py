"""OpenAI's chat completions, and every server that speaks them: vLLM, Ollama, llama.cpp, ..."""

from adapters.llm.answers import AnswerReader
from adapters.llm.openai_answer import CompletionReader
from adapters.llm.openai_client import OpenAIClient
from adapters.llm.openai_request import OPENAI, Dialect, RequestEncoder
from domain.llm import ModelRequest


class OpenAIChat(OpenAIClient):
    """A provider that speaks OpenAI's chat completions; ``base_url`` includes ``/v1``.

    Without one, the ``dialect`` has the address.
    """

    _path = "/chat/completions"
    _optional = frozenset({"temperature"})

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None = None,
        provider: str = "openai",
        read_timeout: float = 60.0,
        total_timeout: float = 600.0,
        dialect: Dialect = OPENAI,
    ) -> None:
        super().__init__(
            provider,
            api_key=api_key,
            base_url=base_url or dialect.address,
            read_timeout=read_timeout,
            total_timeout=total_timeout,
        )
        self._dialect = dialect
        self._requests = RequestEncoder(dialect)

    def _encode(self, request: ModelRequest, without: frozenset[str]) -> bytes:
        return self._requests.encode(request, without)

    def _reader(self) -> AnswerReader:
        return CompletionReader(self._provider, sources=self._dialect.sources)
