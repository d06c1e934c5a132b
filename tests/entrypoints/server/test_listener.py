"""The socket that the service listens on."""

import socket

import pytest

from domain.shared.errors import Unavailable
from entrypoints.server.listener import address, listen


def test_listens_and_says_where() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address(listener) == f"http://127.0.0.1:{port}"
        with socket.create_connection(("127.0.0.1", port), timeout=60):
            pass


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_brackets_for_ipv6() -> None:
    with listen("::1", 0) as listener:
        assert address(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_taken_port_and_a_strange_address() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}: Address already in use"):
            listen("127.0.0.1", port)
    with pytest.raises(Unavailable, match=r"192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)
    with pytest.raises(Unavailable, match="no-such-host"):
        listen("no-such-host.invalid", 0)
