"""Arguments that must be typed again, over HTTP."""

from typing import Annotated, Any

import pytest

from entrypoints.http.streaming.frames import ConsentFrame, read_frame
from plugins.authoring.hookspecs import hookimpl
from puerto import Confirmed, Registry, tool
from tests.entrypoints.http.conftest import Client, Installation


class Projects:
    """A plugin with a tool that needs a name typed again."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        @tool(effect="read")
        async def forget(name: Annotated[str, Confirmed()], note: str = "") -> str:
            """Forget a project."""
            return f"forgot {name}"

        registry.add_tools(forget)


@pytest.fixture
async def request_of(installation: Installation, admin: Client, ada: Client) -> dict[str, Any]:
    """The request for a call, of a service that asks about nothing else."""
    installation.services.toolbox.register(Projects(), "projects")  # type: ignore[attr-defined]
    await admin.json("PUT", "/api/config", {"autonomy_level": "full"})
    body = {"tool": "forget", "parameters": {"name": "atlas"}}
    response = await ada.send("POST", "/api/tools/execute", body)
    assert response.status_code == 202
    found: dict[str, Any] = (await response.get_json())["consent_request"]
    return found


async def test_the_name_must_be_typed_again(ada: Client, request_of: dict[str, Any]) -> None:
    assert request_of["confirm"] == ["name"]
    address, answer = f"/api/consents/{request_of['id']}", {"approved": True}
    wrong: list[dict[str, Any]] = [{}, {"confirm": {"name": "Atlas"}}]
    for given in wrong:
        response = await ada.send("POST", address, answer | given)
        error = (await response.get_json())["error"]
        assert (response.status_code, error["code"]) == (400, "INVALID_REQUEST")
        assert error["details"]["fields"][0]["path"] == "confirm.name"
    answered = await ada.json("POST", address, answer | {"confirm": {"name": "atlas"}})
    assert answered["status"] == "approved"


async def test_the_list_says_what_must_be_typed(ada: Client, request_of: dict[str, Any]) -> None:
    (listed,) = (await ada.get("/api/consents?status=waiting"))["consents"]
    assert (listed["id"], listed["confirm"]) == (request_of["id"], ["name"])


async def test_explain_says_that_it_asks(ada: Client, request_of: dict[str, Any]) -> None:
    body = {"tool": "forget", "arguments": request_of["params"]}
    explained = await ada.json("POST", "/api/policy/explain", body)
    assert explained["decision"] == "ask"
    assert "name to be typed again" in explained["rule"]


async def test_a_simulation_knows_that_it_asks(admin: Client, request_of: dict[str, Any]) -> None:
    assert request_of["confirm"]
    simulated = await admin.json("POST", "/api/policy/simulate", {"rules": []})
    assert (simulated["replayed"], simulated["differences"]) == (1, [])


def test_a_frame_of_a_socket_has_it_too() -> None:
    frame = read_frame(
        '{"type": "consent", "consent_request_id": "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90",'
        ' "approved": true, "confirm": {"name": "atlas"}}'
    )
    assert isinstance(frame, ConsentFrame)
    assert frame.reply().confirm == {"name": "atlas"}
