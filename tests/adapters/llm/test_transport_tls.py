"""The streaming transport trusts whom the stock one trusts."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.adapters.llm.raw_server import Act, RawServer, Step
from tests.adapters.llm.transport_kinds import CHUNKED, HELLO, Kind, alike


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a local server")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


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
