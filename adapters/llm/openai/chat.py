"""OpenAI's chat completions, and every server that speaks them: vLLM, Ollama, llama.cpp, ..."""

from typing import ClassVar, Unpack

from adapters.llm.openai.chat_answer import CompletionReader
from adapters.llm.openai.chat_messages import BLANK_REASONING, LONG_IDS, SYSTEM
from adapters.llm.openai.chat_request import OPENAI, TOOLS, ChatRequestEncoder, Dialect
from adapters.llm.openai.client import OpenAIClient
from adapters.llm.provider_record import ProviderConnection
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.optional_fields import MEMENTOS


class OpenAIChat(OpenAIClient):
    """A provider that speaks OpenAI's chat completions; ``base_url`` includes ``/v1``."""

    _path = "/chat/completions"
    _optional: ClassVar = {
        "stream_options": "stream_options|include_usage",
        "temperature": "temperature",
        "top_p": "top_p",
        "stop": r"['\"`]stop['\"`]|stop sequences?",
        "seed": r"['\"`]seed['\"`]",
        "tool_choice": "tool_choice",
        "response_format": "response_format|json_schema|json_object",
        "max_completion_tokens": "max_completion_tokens",
        "max_tokens": "max_tokens",
        SYSTEM: r"system (role|messages?|prompts?).{0,40}not (supported|enabled|allowed)"
        r"|developer instruction is not enabled",
        LONG_IDS: r"tool[ _]call[ _]ids?\b.{0,80}length of 9",
        TOOLS: r"not support (tools|tool use|tool calling|function calling)"
        r"|(tools|tool use|tool calling|function calling) (is|are) not supported",
        BLANK_REASONING: "reasoning_content",
        MEMENTOS: r"reasoning_content|reasoning_details|extra_content|['\"`]reasoning['\"`]",
    }
    # Whether these are accepted depends on the tools and on the schema.
    _passing = frozenset({"tool_choice", "response_format"})

    def __init__(
        self,
        *,
        provider: str = "",
        dialect: Dialect = OPENAI,
        **connection: Unpack[ProviderConnection],
    ) -> None:
        self._dialect = dialect
        super().__init__(provider=provider, **connection)

    def _encoder(self) -> ChatRequestEncoder:
        return ChatRequestEncoder(self._dialect)

    def _reader(self) -> AnswerReader:
        return CompletionReader(self._provider, sources=self._dialect.sources)
