"""Whose address counts: what a client says of itself never does."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.security.client_address import address_behind

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "127.0.0.1", "fd00::/8")))
CLIENT = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "x_forwarded_for", "expected"),
    [
        (CLIENT, [], CLIENT),
        (CLIENT, ["1.2.3.4"], CLIENT),  # not through a proxy
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.1", [f"1.2.3.4, {CLIENT}"], CLIENT),  # the client claims to be another
        ("10.0.0.1", ["1.2.3.4", CLIENT], CLIENT),
        ("10.0.0.1", [f"{CLIENT}, 10.0.0.2,127.0.0.1"], CLIENT),
        ("10.0.0.1", [f"1.2.3.4, {CLIENT}, 10.0.0.2"], CLIENT),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.2"], "10.0.0.9"),  # a client that is in the network, too
        ("10.0.0.1", [f"{CLIENT}, unknown"], "10.0.0.1"),
        ("10.0.0.1", [f"{CLIENT}, , 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [f"{CLIENT}:51234"], CLIENT),
        ("10.0.0.1", ["[2001:db8::7]:51234"], "2001:db8::7"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", [f"::ffff:{CLIENT}"], CLIENT),
        ("10.0.0.1", [", ".join(["1.2.3.4"] + ["10.0.0.2"] * 999)], "10.0.0.2"),
        ("<local>", [CLIENT], "<local>"),
        ("", [CLIENT], ""),
    ],
)
def test_the_last_address_that_is_no_proxys(
    peer: str, x_forwarded_for: list[str], expected: str
) -> None:
    assert address_behind(peer, x_forwarded_for, [], TRUSTED) == expected


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ([f"for={CLIENT}"], CLIENT),
        ([f"FOR={CLIENT};proto=https;by=10.0.0.1"], CLIENT),
        ([f"for=1.2.3.4, proto=http;for={CLIENT}"], CLIENT),
        (["for=1.2.3.4", f'for="{CLIENT}:4711"'], CLIENT),
        (['for="[2001:db8::7]:4711"'], "2001:db8::7"),
        ([f'for={CLIENT}, for="10.0.0.2"'], CLIENT),
        ([f"for={CLIENT}, for=_hidden"], "10.0.0.1"),
        ([f'for=1.2.3.4;by=", for={CLIENT}'], CLIENT),
        ([f'for=", for={CLIENT}'], CLIENT),
        (["by=10.0.0.1;proto=http"], "10.0.0.1"),
        (["xfor=1.2.3.4"], "10.0.0.1"),
    ],
)
def test_the_header_of_rfc_7239(forwarded: list[str], expected: str) -> None:
    assert address_behind("10.0.0.1", [], forwarded, TRUSTED) == expected


def test_of_two_headers_that_disagree_none_is_believed() -> None:
    """A proxy that writes one passes on the other, which the client may have made up."""
    for one, other in ((CLIENT, "1.2.3.4"), ("1.2.3.4", CLIENT)):
        assert address_behind("10.0.0.1", [one], [f"for={other}"], TRUSTED) == "10.0.0.1"
    assert address_behind("10.0.0.1", [CLIENT], [f"for={CLIENT}"], TRUSTED) == CLIENT


@given(st.text(), st.lists(st.text() | st.sampled_from(["for=1.2.3.4", "10.0.0.3"])))
def test_whatever_a_client_sends_its_proxy_names_it(claimed: str, forwarded: list[str]) -> None:
    found = address_behind("10.0.0.1", [claimed, CLIENT], forwarded, TRUSTED)
    assert found in {CLIENT, "10.0.0.1"}
    assert address_behind(CLIENT, [claimed], forwarded, TRUSTED) == CLIENT
