"""Every path that an error can take ends in the canonical envelope."""

import pytest

from entrypoints.http.security.guard import open_to_all
from tests.entrypoints.http.conftest import Client, Installation, read_error
from tests.support.log_lines import log_lines, with_words

pytestmark = pytest.mark.one_engine

CHAT = "/api/chat"


async def test_an_unknown_route(ada: Client) -> None:
    for path in ("/nothing", "/api//chat", "/api/chat/", "/API/chat", "/api/conversations/"):
        await ada.error("GET", path, 404, "NOT_FOUND")


async def test_a_wrong_method(installation: Installation, subtests: pytest.Subtests) -> None:
    for method, path, allowed in [
        ("GET", CHAT, {"POST", "OPTIONS"}),
        ("DELETE", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/api/config", {"GET", "HEAD", "PUT", "OPTIONS"}),
    ]:
        with subtests.test(method=method, path=path, allowed=allowed):
            response = await installation.anyone.send(method, path)

            assert set(response.headers["Allow"].split(", ")) == allowed
            await read_error(response, 405, "METHOD_NOT_ALLOWED")


async def test_a_wrong_content_type(ada: Client, subtests: pytest.Subtests) -> None:
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""]:
        with subtests.test(kind=kind):
            response = await ada.send("POST", CHAT, b'{"message": "x"}', {"Content-Type": kind})

            await read_error(response, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_no_body_at_all_is_an_empty_object(ada: Client) -> None:
    begun = await ada.send("POST", "/api/conversations")
    missing = await ada.error("POST", CHAT, 400, "INVALID_REQUEST")

    assert begun.status_code == 201
    assert [field["path"] for field in missing["details"]["fields"]] == ["message"]


async def test_a_body_that_is_too_large(ada: Client) -> None:
    body = b'{"message": "' + b"x" * 1024 * 1024 + b'"}'

    await ada.error("POST", CHAT, 413, "PAYLOAD_TOO_LARGE", body)


async def test_an_unreadable_body(ada: Client, subtests: pytest.Subtests) -> None:
    for body in [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"message": "\xff"}',
        b'{"message": "\\ud800"}',
        b'{"message": "a\\u0000b"}',
        b"[" * 100_000,
        b'{"message": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"message": "x", "\\u0000": 1}',
        b'{"message": NaN}',
    ]:
        with subtests.test(body=body):
            await ada.error("POST", CHAT, 400, "INVALID_REQUEST", body)


async def test_nul_in_the_address(ada: Client, subtests: pytest.Subtests) -> None:
    for path in ["/api/runs/%00", "/api/tools?q=%00", "/nothing%00"]:
        with subtests.test(path=path):
            await ada.error("GET", path, 400, "INVALID_REQUEST")


async def test_the_values_that_failed_are_not_repeated(installation: Installation) -> None:
    body = {"username": "ada", "password": ["a secret of mine"]}

    response = await installation.anyone.send("POST", "/api/auth/login", body)

    assert "a secret of mine" not in await response.get_data(as_text=True)


async def test_what_nobody_foresaw(installation: Installation) -> None:
    async def fall() -> str:
        raise RuntimeError("the password is hunter2")

    installation.app.add_url_rule("/fall", "fall", open_to_all(fall))

    with log_lines() as lines:
        error = await installation.anyone.error("GET", "/fall", 500, "INTERNAL")

    assert "hunter2" not in error["message"]
    (line,) = with_words(lines, " ERROR ")
    assert f"request={error['request_id']}" in line
    assert "RuntimeError: the password is hunter2" in line


async def test_a_request_id_is_kept(installation: Installation, subtests: pytest.Subtests) -> None:
    for given in ["abc-123_4.5", "x" * 128]:
        with subtests.test(given=given):
            response = await installation.anyone.send(
                "GET", "/health", headers={"X-Request-ID": given}
            )

            assert response.headers["X-Request-ID"] == given


async def test_a_malformed_request_id_is_replaced(
    installation: Installation, subtests: pytest.Subtests
) -> None:
    for given in ["", "x" * 129, "a b", "é", "a/b"]:
        with subtests.test(given=given):
            ids = set()
            for _ in range(2):
                response = await installation.anyone.send(
                    "GET", "/nothing", headers={"X-Request-ID": given}
                )
                error = await read_error(response, 404, "NOT_FOUND")
                ids.add(error["request_id"])

            assert given not in ids
            assert len(ids) == 2
