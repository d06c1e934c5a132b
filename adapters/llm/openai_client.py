"""What OpenAI's two ways of being asked have in common: the SDK's client, and one request."""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from adapters.llm.openai_errors import openai_errors
from adapters.llm.schemas import OPENAI
from adapters.llm.sdk import SdkChat
from domain.llm import ModelRequest

if TYPE_CHECKING:
    import httpx2
    import openai

_NO_KEY = "none"  # servers of one's own need no key, but the SDK insists on one
_NOT_FOR_THIS_MODEL = {None, "unsupported_parameter", "unsupported_value"}

MEMENTOS = "mementos"  # stands, among the fields, for what earlier answers wanted given back


class OpenAIClient(SdkChat["openai.AsyncOpenAI"]):
    """A service that the OpenAI SDK reaches; ``base_url`` is what stands before `_path`.

    Which of the optional fields a model takes cannot be known beforehand: its name does not
    tell, and some depend on whose key it is. A field that is refused is left out from then on.
    """

    _target = OPENAI
    _path: ClassVar[str]
    _optional: ClassVar[frozenset[str]]

    def __init__(
        self,
        provider: str,
        *,
        api_key: str | None,
        base_url: str,
        read_timeout: float,
        total_timeout: float,
    ) -> None:
        super().__init__(
            provider,
            api_key=api_key or _NO_KEY,
            base_url=base_url,
            read_timeout=read_timeout,
            total_timeout=total_timeout,
        )
        self._refused: dict[str, frozenset[str]] = {}  # by model

    @abstractmethod
    def _encode(self, request: ModelRequest, without: frozenset[str]) -> bytes:
        """Return the body of the request, without the optional fields that are named."""

    def _open(self) -> "openai.AsyncOpenAI":
        import openai

        http = self._http()
        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )

    async def _close(self, client: "openai.AsyncOpenAI") -> None:
        await client.close()

    def _errors(self) -> AbstractContextManager[None]:
        return openai_errors(self._provider)

    async def _send(self, client: "openai.AsyncOpenAI", request: ModelRequest) -> "httpx2.Response":
        import httpx2
        import openai

        without = self._refused.get(request.model, frozenset())
        while True:
            body = self._encode(request, without)
            try:
                # Asked for as a plain response, as the SDK has it for endpoints that it does
                # not know: it then neither rebuilds the body nor reads the answer.
                return await client.post(
                    self._path, content=body, cast_to=httpx2.Response, stream=True
                )
            except openai.BadRequestError as error:
                field = _refused_field(error.body)
                if field not in self._optional or field in without:
                    raise
            without |= {field}
            if field != MEMENTOS:  # another answer's may well be taken
                self._refused[request.model] = without


def _refused_field(error: object) -> str:
    """Return the field that this model does not take; empty if the error says something else."""
    if not isinstance(error, Mapping):
        return ""
    if error.get("code") == "invalid_encrypted_content":
        return MEMENTOS
    if error.get("code") not in _NOT_FOR_THIS_MODEL:
        return ""
    return str(error.get("param") or "").partition(".")[0]
