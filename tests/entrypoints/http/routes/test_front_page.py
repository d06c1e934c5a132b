"""What a browser finds at the root."""

import re
from urllib.parse import urljoin

import pytest

from entrypoints.settings.version import VERSION
from tests.entrypoints.http.conftest import Installation

pytestmark = pytest.mark.one_engine


async def test_the_root_says_what_this_is_and_where_to_go(installation: Installation) -> None:
    response = await installation.anyone.send("GET", "/")
    page = await response.get_data(as_text=True)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert f"version {VERSION}" in page
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) >= 5
    for link in links:
        assert not link.startswith(("/", "http"))  # it may stand under a proxy's path
        found = await installation.anyone.send("GET", urljoin("/", link))
        assert found.status_code == 200, link


async def test_the_icon_is_one(installation: Installation) -> None:
    response = await installation.anyone.send("GET", "/favicon.ico")
    data = await response.get_data(as_text=False)
    assert response.content_type == "image/vnd.microsoft.icon"
    assert data.startswith(b"\0\0\1\0")
    assert b"\x89PNG" in data
