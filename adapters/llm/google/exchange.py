"""Sends our own request bodies through Google's SDK, and returns the plain streamed response.

The SDK streams typed objects only, and takes requests as such: that costs some 120 µs for each
piece and 100 µs for each turn of the conversation. But it accepts an HTTP client. The client here
leaves address, key and errors to the SDK, sends our body in place of the SDK's, and keeps a
successful response for us.

Importing this module imports the SDK.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx2
from google import genai
from google.genai import types

# What httpx2 sets anew for each request: the rest of the headers is the SDK's.
_NOT_PASSED_ON = {"accept", "accept-encoding", "connection", "content-length", "host"}


@dataclass(slots=True)
class _Exchange:
    """One request: the body to send, and the response once it has come."""

    body: bytes
    responses: list[httpx2.Response] = field(default_factory=list)


_current: ContextVar[_Exchange] = ContextVar("current")


class _Handover(httpx2.AsyncBaseTransport):
    """The SDK's transport: swaps the body, and passes only error responses on to the SDK."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = _current.get()
        headers = [each for each in request.headers.items() if each[0] not in _NOT_PASSED_ON]
        outgoing = self._client.build_request(
            request.method, request.url, headers=headers, content=exchange.body
        )
        # A redirect that is followed would take the key along.
        response = await self._client.send(outgoing, stream=True, follow_redirects=False)
        if response.status_code != httpx2.codes.OK:
            return response
        exchange.responses.append(response)
        return httpx2.Response(httpx2.codes.OK)


class GoogleExchange:
    """A Gemini client that sends with ``client``; ``base_url`` None means Google's own address.

    Slow to create: do it in a thread.
    """

    def __init__(self, client: httpx2.AsyncClient, *, api_key: str, base_url: str | None) -> None:
        self._client = client
        outer = httpx2.AsyncClient(transport=_Handover(client), trust_env=False)
        # What else the SDK would make, from proxies and certificates of the environment, is used
        # for nothing here, and would fail on those that cannot be used.
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        options = types.HttpOptions(
            base_url=base_url,
            httpx_client=httpx2.Client(verify=unused, trust_env=False),
            httpx_async_client=outer,
            async_client_args={"ssl": unused},
        )
        # False whatever the environment says: Vertex AI takes other credentials.
        self._sdk = genai.Client(api_key=api_key, vertexai=False, http_options=options)
        self._config = types.GenerateContentConfig(
            automatic_continuation=False,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )

    async def send(self, model: str, body: bytes) -> httpx2.Response:
        """Post the body to ``streamGenerateContent`` of a model; return the streamed response.

        Raises:
            google.genai.errors.APIError: the response has another status than 200.
            ValueError: the SDK refuses the name of the model.

        """
        with _exchanging(body) as exchange:
            try:
                chunks = await self._sdk.aio.models.generate_content_stream(
                    model=model, contents="sent as the body", config=self._config
                )
                async for _ in chunks:  # there are none; looking for one sends the request
                    pass
            except BaseException:
                for response in exchange.responses:
                    await response.aclose()
                raise
        return exchange.responses.pop()

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.aio.aclose()
        self._sdk.close()
        await self._client.aclose()


@contextmanager
def _exchanging(body: bytes) -> Iterator[_Exchange]:
    token = _current.set(exchange := _Exchange(body))
    try:
        yield exchange
    finally:
        _current.reset(token)
