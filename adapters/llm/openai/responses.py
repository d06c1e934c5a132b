"""OpenAI's Responses API, in which models show their reasoning and keep it between tool calls."""

from typing import ClassVar

from adapters.llm.openai.client import OpenAIClient
from adapters.llm.openai.responses_answer import ResponseReader
from adapters.llm.openai.responses_request import ResponseEncoder
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.optional_fields import MEMENTOS


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
        "top_p": "top_p",
        "tool_choice": "tool_choice",
        "text": r"text\.format|json_schema|json_object",
        "max_output_tokens": "max_output_tokens",
        MEMENTOS: "(invalid_)?encrypted[_ ]content",
    }

    # Whether these are accepted depends on the request.
    _passing = frozenset({MEMENTOS, "tool_choice", "text"})

    def _encoder(self) -> ResponseEncoder:
        return ResponseEncoder()

    def _reader(self) -> AnswerReader:
        return ResponseReader(self._provider)
