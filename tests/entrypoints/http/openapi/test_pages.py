"""The pages of the documentation work with no internet."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from entrypoints.http.openapi.pages import ASSETS
from tests.entrypoints.http.conftest import Installation, read_error

pytestmark = pytest.mark.one_engine

PAGES = ("/api/docs", "/api/redoc")
ADDRESS = re.compile(r"""(?:src|href|spec-url|data-url)="([^"]+)\"""")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_made_of_our_own_files(installation: Installation, path: str) -> None:
    response = await installation.anyone.send("GET", path)
    page = await response.get_data(as_text=True)

    assert response.content_type == "text/html; charset=utf-8"
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"<script>|<style>|\son\w+=", page)  # nothing that the policy refuses
    assert all(not address.startswith("/") for address in ADDRESS.findall(page))
    addresses = [urljoin(path, address) for address in ADDRESS.findall(page)]
    assert "/openapi.json" in addresses
    for address in addresses:
        found = await installation.anyone.send("GET", address)
        assert found.status_code == 200
        assert await found.get_data()


@pytest.mark.parametrize("path", [*PAGES, "/docs", "/redoc"])
async def test_beneath_a_path_nothing_leads_out_of_it(
    installation: Installation, path: str
) -> None:
    response = await installation.anyone.send("GET", path)
    page = await response.get_data(as_text=True)
    named = [*ADDRESS.findall(page), response.headers.get("Location", "")]
    assert all(urljoin(f"/a/path{path}", each).startswith("/a/path/") for each in named)


@pytest.mark.parametrize("path", PAGES)
async def test_the_policy_names_no_other_host(installation: Installation, path: str) -> None:
    headers = (await installation.anyone.send("GET", path)).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_files_are_kept_for_long(installation: Installation) -> None:
    page = await (await installation.anyone.send("GET", "/api/docs")).get_data(as_text=True)
    (relative,) = re.findall(r'"(docs/assets/[^"]*/swagger-ui-bundle.js)"', page)
    script = f"/api/{relative}"

    response = await installation.anyone.send("GET", script)

    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content_type.startswith("text/javascript")
    again = await installation.anyone.send(
        "GET", script, headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["README.md", "nothing.js", "..%2fpages.py", "%2e%2e/pages.py", "swagger-ui.css"]
)
async def test_other_files_are_not_served(installation: Installation, name: str) -> None:
    response = await installation.anyone.send("GET", f"/api/docs/assets/0000000000000000/{name}")

    await read_error(response, 404, "NOT_FOUND")


@pytest.mark.parametrize(("path", "to"), [("/docs", "api/docs"), ("/redoc", "api/redoc")])
async def test_short_names_lead_there(installation: Installation, path: str, to: str) -> None:
    response = await installation.anyone.send("GET", path)

    assert (response.status_code, response.headers["Location"]) == (308, to)


def test_what_is_not_ours_comes_with_its_licence() -> None:
    readme = (ASSETS / "README.md").read_text()
    files = {path.name for path in Path(ASSETS).iterdir()} - {"README.md"}

    assert {name for name in files if f"`{name}`" in readme} == files
    assert {"redoc.LICENSE.txt", "swagger-ui.LICENSE.txt"} < files
