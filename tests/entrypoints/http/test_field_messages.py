"""What a client is told of a field: which one, and what is allowed there, in one voice."""

import re

import pytest

from domain.shared.errors import InvalidRequest
from entrypoints.http.streaming.frames import read_frame
from tests.entrypoints.http.conftest import Client, Installation

pytestmark = pytest.mark.one_engine

EXECUTE, EXPLAIN = "/api/tools/execute", "/api/policy/explain"
RULE_FIELDS = "decision, name, tool, effect, user, arguments"
SUM = {"expression": "17 * 23"}
RULE = {"decision": "deny", "arguments": [{"argument": "a", "test": "above", "value": "b"}]}


async def test_an_error_names_the_field_and_what_is_allowed(
    admin: Client, subtests: pytest.Subtests
) -> None:
    for method, path, body, message in [
        ("POST", "/api/chat", {}, "The field message is missing."),
        ("POST", "/api/chat", {"message": ""}, "The field message must not be empty."),
        ("POST", "/api/chat", {"message": 7}, "The field message must be text."),
        ("POST", "/api/chat", [], "The body must be an object."),
        (
            "POST",
            "/api/chat",
            {"message": "x", "on_disconnect": "stay"},
            "The field on_disconnect must be one of 'continue' or 'cancel'.",
        ),
        (
            "POST",
            EXECUTE,
            {"tool": "x", "parameters": []},
            "The field parameters must be an object.",
        ),
        (
            "POST",
            EXECUTE,
            {"tool": "x", "paramters": {}},
            "The field paramters: There is no such field here, but: tool, parameters.",
        ),
        (
            "PUT",
            "/api/policy",
            {"rules": [{"decision": "deny", "tols": "x"}]},
            f"The field rules.0.tols: There is no such field here, but: {RULE_FIELDS}.",
        ),
        (
            "PUT",
            "/api/policy",
            {"rules": [RULE]},
            "The field rules.0.arguments.0.above.value must be a number.",
        ),
        ("GET", "/api/consents?limit=0", None, "The field limit must be at least 1."),
        ("GET", "/api/consents?limit=x", None, "The field limit must be a whole number."),
        (
            "POST",
            "/api/auth/login",
            {"password": "x"},
            "Send username or email, one of them.",
        ),
        (
            "POST",
            "/api/auth/register",
            {"email": "ada", "full_name": "Ada", "password": "a long password"},
            "The field email must be an e-mail address, such as ada@example.com.",
        ),
        (
            "POST",
            "/api/auth/register",
            {"email": "a@example.com", "full_name": "Ada", "password": "short"},
            "The field password must have at least 8 characters.",
        ),
    ]:
        with subtests.test(method=method, path=path, body=body, message=message):
            error = await admin.error(method, path, 400, "INVALID_REQUEST", body)
            assert error["message"] == message
            (field,) = error["details"]["fields"]
            assert message in {
                field["message"],
                f"The field {field['path']}: {field['message']}",
                f"The field {field['path']} {field['message'].removeprefix('It ')}",
                field["message"].replace("It ", "The body ", 1),
            }


async def test_all_problems_are_listed(ada: Client) -> None:
    body = {"tool": 1, "parameters": 2, "more": 3}
    error = await ada.error("POST", EXECUTE, 400, "INVALID_REQUEST", body)
    assert [field["path"] for field in error["details"]["fields"]] == ["tool", "parameters", "more"]


async def test_addresses_and_methods_that_are_none(installation: Installation) -> None:
    error = await installation.anyone.error("GET", "/nothing", 404, "NOT_FOUND")
    assert error["message"].startswith("There is nothing at this address. ")
    error = await installation.anyone.error("DELETE", "/api/chat", 405, "METHOD_NOT_ALLOWED")
    assert error["message"] == "This address does not take this method. It takes POST."
    error = await installation.anyone.error("PATCH", "/api/config", 405, "METHOD_NOT_ALLOWED")
    assert error["message"] == "This address does not take this method. It takes GET and PUT."


async def test_a_body_that_is_too_large_says_how_much_may_come(ada: Client) -> None:
    body = b'{"message": "' + b"x" * 1024 * 1024 + b'"}'
    error = await ada.error("POST", "/api/chat", 413, "PAYLOAD_TOO_LARGE", body)
    assert error["message"] == "The body is too large: 1,048,576 bytes are taken here at most."


async def test_no_words_of_a_library_reach_a_client(ada: Client) -> None:
    for path, body in (("/api/chat", b""), ("/api/chat", b"{"), ("/nothing", b"{}")):
        response = await ada.send("POST", path, body)
        text = (await response.get_json())["error"]["message"]
        assert not re.search(r"URL manually|Input should|Field required|permitted", text)


@pytest.mark.parametrize("name", ["params", "parameters", "arguments"])
async def test_arguments_are_taken_under_each_of_their_names(admin: Client, name: str) -> None:
    call = {"tool": "calculator", name: SUM}
    assert (await admin.json("POST", EXECUTE, call))["result"]["result"] == "391"
    assert (await admin.json("POST", EXPLAIN, call))["decision"] == "allow"
    rule = {"decision": "deny", name: [{"argument": "a", "test": "present"}]}
    kept = await admin.json("PUT", "/api/policy", {"rules": [rule]})
    assert kept["rules"][0]["arguments"] == [{"argument": "a", "test": "present", "value": True}]
    simulated = await admin.json("POST", "/api/policy/simulate", {"rules": [rule]})
    assert simulated["replayed"] == 1
    await admin.json("PUT", "/api/policy", {"rules": []})
    await admin.json("PUT", "/api/config", {"autonomy_level": "manual"})
    waiting = await admin.json("POST", EXECUTE, call, 202)
    answer = {
        "consent_request_id": waiting["consent_request"]["id"],
        "approved": True,
        name: {"expression": "1 + 1"},
    }
    await admin.json("POST", "/api/chat/consent", answer)
    (consent,) = (await admin.get("/api/consents"))["consents"]
    assert consent["params"] == {"expression": "1 + 1"}


@pytest.mark.parametrize("name", ["params", "parameters", "arguments"])
def test_frames_take_them_too(name: str) -> None:
    frame = read_frame(
        f'{{"type": "consent", "consent_request_id": "c", "approved": true, "{name}": {{"a": 1}}}}'
    )
    assert frame.reply().params == {"a": 1}  # type: ignore[union-attr]  # a ConsentFrame


async def test_two_names_at_once_are_not_guessed_at(ada: Client) -> None:
    body = {"tool": "calculator", "parameters": SUM, "params": SUM}
    error = await ada.error("POST", EXECUTE, 400, "INVALID_REQUEST", body)
    assert error["details"]["fields"][0]["path"] == "params"


def test_a_frame_that_is_wrong_says_where() -> None:
    with pytest.raises(InvalidRequest, match=r"The field message is missing\."):
        read_frame('{"type": "chat"}')
    with pytest.raises(InvalidRequest, match="must have 'type' one of 'auth', 'chat'"):
        read_frame('{"type": "shout"}')
