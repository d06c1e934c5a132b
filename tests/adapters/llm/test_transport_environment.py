"""Proxies and certificates of the environment that cannot be used."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.plugin_clients import PluginHttpClients
from adapters.http.transport import streaming_client
from adapters.http.transport.environment import network_problems
from adapters.http.transport.problems import BadEnvironment
from adapters.llm.anthropic.model import AnthropicChat
from adapters.llm.google.model import GoogleChat
from adapters.llm.openai.chat import OpenAIChat
from adapters.llm.openai.responses import ResponsesChat
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderReason
from domain.web.open_hosts import read_open_hosts
from tests.adapters.http.transport.transport_kinds import HELLO
from tests.adapters.llm.provider_contract import failure
from tests.adapters.raw_server import RawServer

ADAPTERS: list[Callable[..., ChatModel]] = [OpenAIChat, ResponsesChat, AnthropicChat, GoogleChat]
NOT_THERE = "/nowhere/certificates.pem"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine's own environment says."""
    for scheme in ("http", "https", "all", "no"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:9/", "ALL_PROXY.*socks://.*not known"),
        ("ALL_PROXY", "socks4://me:hush@127.0.0.1:9/", "ALL_PROXY.*socks4://"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:9/", "HTTPS_PROXY.*socksio"),
        ("HTTP_PROXY", "http://[::1", "HTTP_PROXY.*no address"),
        ("SSL_CERT_FILE", NOT_THERE, "SSL_CERT_FILE.*cannot be read"),
    ],
)
def test_names_the_variable_that_cannot_work(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    (problem,) = network_problems()
    assert re.search(words, problem)
    assert "hush" not in problem


def test_says_nothing_of_what_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert network_problems() == []
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1,::1,[::1],fd00::/8,::/0,.local")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert network_problems() == []


async def test_a_proxy_that_cannot_be_used_stops_only_what_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with RawServer(HELLO) as server, streaming_client(5) as client:
        assert (await client.get(server.url)).content == b"hello"
        with pytest.raises(BadEnvironment, match="ALL_PROXY"):
            await client.get("http://far.test/")


async def test_certificates_that_are_not_there_stop_only_what_needs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", NOT_THERE)
    async with RawServer(HELLO) as server, streaming_client(5) as client:
        assert (await client.get(server.url)).content == b"hello"
        with pytest.raises(BadEnvironment, match="SSL_CERT_FILE"):
            await client.get(server.url.replace("http:", "https:"))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("variable", "value"), [("ALL_PROXY", "socks://127.0.0.1:9/"), ("SSL_CERT_FILE", NOT_THERE)]
)
async def test_every_provider_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, adapter: Callable[..., ChatModel], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    async with RawServer() as server:
        model = adapter(api_key="sk-test", base_url=server.url.replace("http:", "https:"))
        _, error = await failure(model, "any")
        await model.close()
    assert error.reason is ProviderReason.UNREACHABLE
    assert variable in error.message


async def test_a_plugin_s_client_goes_on_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clients = PluginHttpClients("puerto/test", SsrfGuard(read_open_hosts(["127.0.0.1"])))
    async with RawServer(HELLO) as server:
        client = clients.of("dice")
        assert (await client.request("GET", server.url)).content == b"hello"
        with pytest.raises(httpx2.HTTPError, match="ALL_PROXY"):
            await client.request("GET", "http://far.test/")
    await clients.close()
