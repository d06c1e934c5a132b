"""Google's Gemini Developer API as a chat model."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from adapters.llm.google.answer import GeminiReader
from adapters.llm.google.errors import google_errors
from adapters.llm.google.request import GeminiEncoder
from adapters.llm.google.schema_rules import GOOGLE
from adapters.llm.sdk.answer_reader import AnswerReader
from adapters.llm.sdk.optional_fields import MEMENTOS
from adapters.llm.sdk.provider import SdkChat

if TYPE_CHECKING:
    import httpx2

    from adapters.llm.google.exchange import GoogleExchange


class GoogleChat(SdkChat["GoogleExchange"]):
    """A provider that speaks the Gemini API; ``base_url`` is without the version."""

    _name = "google"
    _target = GOOGLE
    _optional: ClassVar = {
        "temperature": "temperature",
        "topP": "top_?p",
        "stopSequences": "stop_?sequences?",
        "seed": "seed",
        "toolConfig": "(function_?calling|tool)_?config|function calling mode",
        # Older models take no format of JSON beside tools.
        "responseFormat": "response_?(mime_?type|json_?schema|schema)|response mime type",
        "maxOutputTokens": "max_?output_?tokens",
        "thinkingConfig": "thinking_?config|include_?thoughts|thinking",
        # Signatures of another model or key are refused; the rest is still valid.
        MEMENTOS: "thought[_ ]?signatures?",
    }

    # Whether these are accepted depends on the request.
    _passing = frozenset({MEMENTOS, "toolConfig", "responseFormat"})

    def _open(self) -> "GoogleExchange":
        import httpx2

        from adapters.llm.google.exchange import GoogleExchange

        httpx2.URL(self._base_url)  # its error is clearer than the SDK's
        return GoogleExchange(self._http(), api_key=self._api_key, base_url=self._base_url)

    async def _close(self, client: "GoogleExchange") -> None:
        await client.close()

    def _errors(self) -> AbstractContextManager[None]:
        return google_errors(self._provider)

    def _encoder(self) -> GeminiEncoder:
        return GeminiEncoder()

    async def _post(self, client: "GoogleExchange", model: str, body: bytes) -> "httpx2.Response":
        # The name is part of the URL here. Invalid Unicode in it matches no model.
        return await client.send(quote(model, errors="replace"), body)

    def _reader(self) -> AnswerReader:
        return GeminiReader(self._provider)
