"""The service beneath a path: that of its public URL."""

import json

import pytest

from tests.entrypoints.http.conftest import Install

pytestmark = pytest.mark.one_engine

BENEATH = {"PUERTO_PUBLIC_URL": "https://agent.example.com/tools/puerto/"}
KEY = {"Idempotency-Key": "once"}


@pytest.mark.parametrize("base", ["", "/tools/puerto"], ids=["taken off", "left"])
async def test_requests_arrive_whether_the_proxy_takes_the_path_off_or_not(
    install: Install, base: str
) -> None:
    async with install(**BENEATH) as installation:
        ann = await installation.user("ann")
        for _ in range(2):  # the second answer is the first one, kept with its key
            response = await ann.send("POST", f"{base}/api/conversations", {"title": "Sums"}, KEY)
            assert response.status_code == 201
            made = json.loads(await response.get_data())
            place = f"/tools/puerto/api/conversations/{made['id']}"
            assert response.headers["Location"] == place
        assert (await ann.get(place))["title"] == "Sums"
        headers = {"Authorization": f"Bearer {ann.token}"}
        socket = installation.app.test_client().websocket(f"{base}/ws", headers=headers)
        async with socket as opened:
            assert json.loads(await opened.receive()) == {"type": "ready"}


async def test_the_document_names_the_path(install: Install) -> None:
    async with install(**BENEATH) as installation:
        document = await installation.anyone.get("/tools/puerto/openapi.json")
        assert document["servers"] == [{"url": "/tools/puerto"}]
        moved = await installation.anyone.send("GET", "/tools/puerto/docs")
        assert moved.headers["Location"] == "api/docs"


@pytest.mark.parametrize("url", [None, "https://agent.example.com", "https://agent.example.com/"])
async def test_without_a_path_nothing_changes(install: Install, url: str | None) -> None:
    async with install(**{"PUERTO_PUBLIC_URL": url} if url else {}) as installation:
        ann = await installation.user("ann")
        response = await ann.send("POST", "/api/conversations", {"title": "Sums"})
        assert response.headers["Location"].startswith("/api/conversations/")
        assert "servers" not in await ann.get("/openapi.json")


async def test_a_path_like_a_route_is_not_taken_off(install: Install) -> None:
    async with install(PUERTO_PUBLIC_URL="https://agent.example.com/api") as installation:
        ann = await installation.user("ann")
        response = await ann.send("POST", "/api/conversations", {"title": "Sums"})
        assert response.headers["Location"].startswith("/api/api/conversations/")
        assert (await ann.send("GET", "/api/health")).status_code == 200
        assert (await ann.send("GET", "/api/status")).status_code == 404


async def test_another_path_that_begins_like_it_is_another(install: Install) -> None:
    async with install(**BENEATH) as installation:
        for path in ("/tools/puertos/api/live", "/tools/puerto", "/tools/puertoapi/live"):
            assert (await installation.anyone.send("GET", path)).status_code == 404
