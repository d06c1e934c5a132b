"""OpenAI's Responses API, in which models show their reasoning and keep it between tool calls."""

from typing import ClassVar

from adapters.llm.openai.client import OpenAIClient
from adapters.llm.openai.responses_answer import ResponseReader
from adapters.llm.openai.responses_request import ResponseEncoder
from adapters.llm.provider_record import ANSWER_SECONDS, SILENCE_SECONDS
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.optional_fields import MEMENTOS
from domain.models.messages import ModelRequest


class ResponsesChat(OpenAIClient):
    """A provider that speaks OpenAI's Responses API; ``base_url`` includes ``/v1``.

    Nothing is stored at the provider: each request has the whole conversation and, within one run,
    the model's encrypted reasoning of the answer before.
    """

    _path = "/responses"
    _optional: ClassVar = {
        "include": r"['\"`]include['\"`]|reasoning\.encrypted_content",
        "reasoning": r"['\"`]reasoning['\"`]|reasoning\.(summary|effort)",
        "store": r"['\"`]store['\"`]",
        "temperature": "temperature",
        "max_output_tokens": "max_output_tokens",
        MEMENTOS: "(invalid_)?encrypted[_ ]content",
    }

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str,
        provider: str = "openai",
        read_timeout: float = SILENCE_SECONDS,
        total_timeout: float = ANSWER_SECONDS,
    ) -> None:
        super().__init__(
            provider,
            api_key=api_key,
            base_url=base_url,
            read_timeout=read_timeout,
            total_timeout=total_timeout,
        )
        self._requests = ResponseEncoder()

    def _encode(self, request: ModelRequest, without: frozenset[str]) -> bytes:
        return self._requests.encode(request, without)

    def _reader(self) -> AnswerReader:
        return ResponseReader(self._provider)
