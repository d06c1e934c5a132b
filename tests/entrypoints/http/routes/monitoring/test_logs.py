"""GET /logs: what all workers logged, for operators."""

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.support.log_lines import log_lines


async def test_one_id_finds_everything(installation: Installation, ada: Client) -> None:
    operator = await installation.user("op", Role.OPERATOR)
    with log_lines():
        headers = {"X-Request-ID": "q-1"}
        response = await ada.send("POST", "/api/chat", {"message": "What is 17 * 23?"}, headers)
        await ada.get("/api/conversations")
        run_id = (await response.get_json())["run_id"]

        of_request = await operator.get("/logs?request_id=q-1")
        of_run = await operator.get(f"/logs?run_id={run_id}&limit=1")
        newest = await operator.get("/logs?level=INFO")

    told = [entry["message"] for entry in of_request]  # a slow machine may have more to say
    (access,) = [
        number for number, each in enumerate(told) if each.startswith("POST /api/chat 200")
    ]
    (ended,) = [number for number, each in enumerate(told) if each.startswith("the run ended:")]
    assert access < ended  # the newest first
    for entry in (of_request[access], of_request[ended]):
        assert entry["metadata"].keys() >= {"logger", "worker"}
        assert entry["metadata"]["run_id"] == run_id
        assert entry["metadata"]["request_id"] == "q-1"
        assert entry["metadata"]["user_id"] == ada.user["id"]
        assert entry["timestamp"].endswith("Z")
    assert len(of_run) == 1
    assert of_run[0]["metadata"]["run_id"] == run_id
    times = [entry["timestamp"] for entry in newest]
    assert times == sorted(times, reverse=True)
    assert len(newest) > 2
    assert await operator.get("/logs?level=CRITICAL") == []


async def test_others_see_nothing_of_it(ada: Client, admin: Client) -> None:
    await ada.error("GET", "/logs", 403, "FORBIDDEN")
    await admin.error("GET", "/logs?limit=1001", 400, "INVALID_REQUEST")
    await admin.error("GET", "/logs?level=LOUD", 400, "INVALID_REQUEST")
    assert len(await admin.get("/logs?limit=1000")) <= 1000


async def test_it_can_be_switched_off(install: Install) -> None:
    async with install(PUERTO_LOG_ENTRIES="0") as installation:
        admin = await installation.user("root", Role.ADMIN)
        with log_lines():
            await admin.get("/api/conversations")
            assert await admin.get("/logs") == []
