"""The list of attacks that docs/explanation/security.md names: none gets through."""

import asyncio
import re
from typing import Any

import pytest

from adapters.http.guard.ssrf_guard import SsrfGuard
from domain.shared.errors import AddressRefused, WebError, WebTimeout
from domain.web.open_hosts import read_open_hosts
from domain.web.ports import ExchangeLimits, WebRequest
from tests.adapters.http.conftest import Names, web_through
from tests.support.pages import ROOT
from tests.support.web_server import Reply, WebServer

ADDRESSES = {
    "loopback": ["127.0.0.1", "127.255.255.254", "[::1]"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "[::]"],
    "private": [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "[fd12::1]",
        "[fec0::1]",
    ],
    "link-local": ["169.254.1.1", "[fe80::1]", "[fe80::1%25eth0]"],
    "metadata": [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
    ],
    "carrier": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.250", "[ff02::1]"],
    "reserved": ["240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "[2001:db8::1]"],
    "IPv4 in IPv6": [
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::10.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::1]",
    ],
    "decimal": ["2130706433", "0", "4294967295"],
    "octal": ["0177.0.0.1", "017700000001", "127.0.0.01"],
    "hexadecimal": ["0x7f000001", "0x7f.0.0.1", "0X7F.1", "127.0.0.0x1"],
    "short": ["127.1", "127.0.1", "10.1", "0x", "1.2.3.4.5"],
    "trailing dot": ["127.0.0.1.", "127.0.0.1..", "10.0.0.1."],
    "other digits": [
        "\uff11\uff12\uff17.0.0.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "127｡0｡0｡1",
        "१२७.0.0.1",
    ],
    "percent-encoded": ["%31%32%37.0.0.1", "127%2e0%2e0%2e1", "localhost%00"],
}
URLS = {
    "scheme": [
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "ftp://api.example/",
        "ws://api.example/",
        "//10.0.0.1/",
        "/etc/passwd",
        "javascript:alert(1)",
        "http:10.0.0.1",
        "http:/10.0.0.1",
        "http:///10.0.0.1",
        "",
    ],
    "user in the address": [
        "http://api.example@127.0.0.1/",
        "http://127.0.0.1@api.example/",
        "http://user:word@api.example/",
        "http://api.example%40127.0.0.1/",
        "http://api.example:80@127.0.0.1/",
    ],
    "backslash": [
        "http://api.example\\@127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "http://127.0.0.1\\.api.example/",
        "http://api.example/\\..\\x",
    ],
    "control characters": [
        "http://api.example/\r\nHost: x",
        "http://api.example\t/",
        " http://api.example/",
        "http://api.exa\nmple/",
        "http://api.example/\x00",
        "http://127.0.0.1\x00.api.example/",
    ],
    "port": ["http://api.example:0/", "http://api.example:65536/", "http://api.example:٨٠/"],
    "host": [
        "http://[::1/",
        "http://::1/",
        "http://[api.example]/",
        "http://a..b/",
        "http://-/",
        "http://xn--a/ \u2603",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}example/",
    ],
}
NAMES = {
    "localhost": ["127.0.0.1"],
    "foo.localhost": ["127.0.0.1"],
    "LOCALHOST.": ["127.0.0.1"],
    "private.example": ["10.0.0.1"],
    "mixed.example": ["93.184.215.14", "10.0.0.1"],  # one of them is enough
    "six.example": ["::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "relay.example": ["2002:7f00:1::"],
    "nat.example": ["64:ff9b::a00:1"],
    "zone.example": ["fe80::1%eth0"],
    "metadata.google.internal": ["169.254.169.254"],
}
PUBLIC = [
    "https://8.8.8.8/",
    "http://[2606:4700:4700::1111]:8080/x?y",
    "https://[64:ff9b::808:808]/",  # the public internet as a network without IPv4 sees it
]


def flat(table: dict[str, list[str]]) -> list[Any]:
    return [pytest.param(each, id=f"{kind}: {each!a}") for kind in table for each in table[kind]]


def ssrf_guard(*opened: str, names: Names | None = None) -> SsrfGuard:
    return SsrfGuard(read_open_hosts(opened), look_up=(names or Names({})).look_up)


async def passed(ssrf_guard: SsrfGuard, url: str) -> Any:
    """Do what every request does: read the URL, then find what to connect to."""
    target = ssrf_guard.check(url)
    return await ssrf_guard.addresses(target.host, target.port)


@pytest.mark.parametrize("host", flat(ADDRESSES))
async def test_no_address_of_these(host: str) -> None:
    names = Names({host: [["93.184.215.14"]]})  # were it a name, it would be let through
    with pytest.raises(AddressRefused):
        await passed(ssrf_guard(names=names), f"http://{host}/")


@pytest.mark.parametrize("url", flat(URLS))
async def test_no_url_of_these(url: str) -> None:
    with pytest.raises(AddressRefused):
        await passed(ssrf_guard("10.0.0.0/8", "127.0.0.0/8", "api.example"), url)


@pytest.mark.parametrize("name", NAMES)
async def test_no_name_that_leads_to_one(name: str) -> None:
    names = Names({name.lower().removesuffix("."): [NAMES[name]]})
    with pytest.raises(AddressRefused, match="PUERTO_OPEN_HOSTS"):
        await passed(ssrf_guard(names=names), f"https://{name}/")


@pytest.mark.parametrize("url", PUBLIC)
async def test_the_public_internet_is_open(url: str) -> None:
    assert await passed(ssrf_guard(), url)


async def test_a_name_in_other_scripts_is_looked_up_in_its_plain_form() -> None:
    names = Names({"xn--bcher-kva.example": [["93.184.215.14"]]})
    assert await passed(ssrf_guard(names=names), "https://Bücher。example/")


def test_the_page_lists_these_attacks() -> None:
    page = (ROOT / "docs" / "explanation" / "security.md").read_text()
    told = set(re.findall(r"^\| \*\*([^*]+)\*\*", page, re.MULTILINE))
    assert told >= {*ADDRESSES, *URLS, "names", "changing answers", "redirects"}


# What the operator opens


OPENED = [
    ("intranet.example", "http://intranet.example:81/", "10.0.0.1", True),
    ("intranet.example:80", "http://intranet.example/", "10.0.0.1", True),
    ("intranet.example:80", "http://intranet.example:81/", "10.0.0.1", False),
    ("*.example", "http://a.b.example/", "192.168.0.1", True),
    ("*.example", "http://example/", "192.168.0.1", False),
    ("intranet.example", "http://evil-intranet.example/", "10.0.0.1", False),
    ("10.0.0.0/8", "http://any.example/", "10.9.9.9", True),
    ("10.0.0.0/8", "http://any.example/", "11.0.0.1", True),  # public anyway
    ("10.0.0.0/8", "http://any.example/", "192.168.0.1", False),
    ("10.0.0.0/8", "http://any.example/", "::ffff:10.0.0.1", False),
    ("[::1]:8080", "http://[::1]:8080/", "", True),
    ("[::1]:8080", "http://[::1]/", "", False),
    ("localhost", "http://localhost:9000/", "127.0.0.1", True),
    # A name is not enough for what is never anybody's API:
    ("rebound.example", "http://rebound.example/", "169.254.169.254", False),
    ("rebound.example", "http://rebound.example/", "::ffff:169.254.169.254", False),
    ("rebound.example", "http://rebound.example/", "fd00:ec2::254", False),
    ("rebound.example", "http://rebound.example/", "0.0.0.0", False),
    ("169.254.169.254", "http://169.254.169.254/", "", True),
]


@pytest.mark.parametrize(("entry", "url", "leads_to", "is_open"), OPENED)
async def test_an_entry_opens_what_it_names_and_no_more(
    entry: str, url: str, leads_to: str, is_open: bool
) -> None:
    host = ssrf_guard().check(url).host if leads_to else ""
    through = ssrf_guard(entry, names=Names({host: [[leads_to]]}))
    if is_open:
        assert await passed(through, url)
    else:
        with pytest.raises(AddressRefused):
            await passed(through, url)


@pytest.mark.parametrize(
    "entry", ["http://x", "a b", "host:0", "host:x", "2130706433", "10.0.0.0/40", "-", "*"]
)
def test_an_entry_that_is_none_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_open_hosts([entry])


# Names that change, and redirects, through real connections


async def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked() -> None:
    async with WebServer() as server:
        names = Names({"api.example": [["127.0.0.1"], ["169.254.169.254"]]})
        async with web_through("api.example", names=names) as web:
            request = WebRequest("GET", f"http://api.example:{server.port}/")
            assert (await web.send(request, ExchangeLimits())).status == 200
        assert names.asked == {"api.example": 1}
        assert server.seen[0].header("host") == f"api.example:{server.port}"


async def test_a_name_that_changes_its_answer_is_checked_for_each_connection() -> None:
    async with WebServer(lambda _: Reply(headers={"Connection": "close"})) as server:
        names = Names({"api.example": [["127.0.0.1"], ["169.254.169.254"]]})
        async with web_through("api.example", names=names) as web:
            request = WebRequest("GET", f"http://api.example:{server.port}/")
            await web.send(request, ExchangeLimits())
            with pytest.raises(AddressRefused):
                await web.send(request, ExchangeLimits())
        assert len(server.seen) == 1


REDIRECTS = [
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/",
    "http://[::ffff:127.0.0.1]/",
    "//10.0.0.1/",
    "http://private.example/",
    "file:///etc/passwd",
    "http://[",
    "http://x@127.0.0.1/",
]


@pytest.mark.parametrize("location", REDIRECTS)
async def test_a_redirect_is_checked_like_any_address(location: str) -> None:
    async with WebServer(lambda _: Reply(302, {"Location": location})) as server:
        names = Names({"private.example": [["10.0.0.1"]]})
        async with web_through(f"127.0.0.1:{server.port}", names=names) as web:
            with pytest.raises(AddressRefused):
                await web.send(WebRequest("GET", server.url), ExchangeLimits())


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer() as proxy, WebServer() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with web_through("127.0.0.1") as web:
            await web.send(WebRequest("GET", server.url), ExchangeLimits())
        assert (len(proxy.seen), len(server.seen)) == (0, 1)


async def test_a_look_up_that_never_ends_is_given_up() -> None:
    async def never(_host: str, _port: int) -> Any:
        await asyncio.Event().wait()

    with pytest.raises(WebTimeout):
        await SsrfGuard(look_up=never, seconds=0.01).addresses("api.example", 443)


async def test_a_name_that_is_not_known_is_said_to_be() -> None:
    with pytest.raises(WebError, match=r"api\.example"):
        await ssrf_guard().addresses("api.example", 443)
