"""Anthropic's Messages API as a chat model."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from adapters.llm.anthropic.answer import MessageReader
from adapters.llm.anthropic.errors import anthropic_errors
from adapters.llm.anthropic.request import MessagesEncoder
from adapters.llm.anthropic.schema_rules import ANTHROPIC
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.optional_fields import MEMENTOS
from adapters.llm.sdk.provider import SdkChat

if TYPE_CHECKING:
    import anthropic
    import httpx2


class AnthropicChat(SdkChat["anthropic.AsyncAnthropic"]):
    """A provider that speaks Anthropic's Messages API; ``base_url`` is without ``/v1``."""

    _name = "anthropic"
    _target = ANTHROPIC
    _optional: ClassVar = {
        "cache_control": "cache_control",
        "stop_sequences": "stop_sequences",
        "tool_choice": "tool_choice",
        "output_config": r"output_config(\.\S*)?|output_format",
        # Signed reasoning is accepted only from the same account and after the same prompt: not
        # after a change of the key, the tools or the date.
        MEMENTOS: "(redacted_)?thinking|signature",
    }

    # Whether these are accepted depends on the request.
    _passing = frozenset({MEMENTOS, "stop_sequences", "tool_choice", "output_config"})

    def _open(self) -> "anthropic.AsyncAnthropic":
        import anthropic

        self._api_key.encode("ascii")  # the SDK would send a key that no header can have
        http = self._http()
        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
            open_telemetry=False,
        )

    async def _close(self, client: "anthropic.AsyncAnthropic") -> None:
        await client.close()

    def _errors(self) -> AbstractContextManager[None]:
        return anthropic_errors(self._provider)

    def _encoder(self) -> MessagesEncoder:
        return MessagesEncoder()

    async def _post(
        self, client: "anthropic.AsyncAnthropic", model: str, body: bytes
    ) -> "httpx2.Response":
        import httpx2

        del model  # it is in the body
        # As for endpoints that the SDK does not know: it then neither rebuilds the body nor reads
        # the answer.
        return await client.post("/v1/messages", content=body, cast_to=httpx2.Response, stream=True)

    def _reader(self) -> AnswerReader:
        return MessageReader(self._provider)
