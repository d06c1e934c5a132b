"""The streaming transport trusts whom the stock one trusts."""

import ssl
from pathlib import Path

import httpx2
import pytest

from tests.adapters.http.transport.transport_kinds import CHUNKED, HELLO, Kind, alike
from tests.adapters.raw_server import Act, RawServer, Step
from tests.support.certificates import write_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


def _tls_server(certificate: Path, *script: Step) -> RawServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return RawServer(*script, context=context)


@alike
async def test_speaks_tls_with_those_it_trusts(kind: Kind, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    script = (CHUNKED + b"1\r\n.\r\n", Act.GATE, b"0\r\n\r\n")
    async with _tls_server(certificate, *script) as server, kind.client(trusting) as client:
        server.gate.set()
        for _ in range(2):
            assert (await client.get(server.url)).content == b"."
        assert server.connections == 1
        server.gate.clear()
        server.script = (CHUNKED + b"1\r\n.\r\n", Act.WAIT)
        async with client.stream("GET", server.url):
            pass
        await server.left.wait()


@pytest.mark.parametrize("wrong", ["authority", "name"])
@alike
async def test_trusts_no_other_certificate(kind: Kind, certificate: Path, wrong: str) -> None:
    verify = True if wrong == "authority" else ssl.create_default_context(cafile=certificate)
    async with _tls_server(certificate, HELLO) as server, kind.client(verify) as client:
        host = "127.0.0.1" if wrong == "authority" else "localhost"
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            await client.get(f"https://{host}:{server.port}/")
        assert server.requests == []
