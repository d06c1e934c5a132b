"""The configuration, as clients see it."""

from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation

PATH = "/api/config"
FRESH: dict[str, Any] = {
    "llm": {"provider": "scripted", "model": "cassette", "fallbacks": [], "sampling": {}},
    "agent": {"autonomy_level": "semi"},
    "cloud_providers": {
        "aws": {"enabled": False},
        "azure": {"enabled": False},
        "gcp": {"enabled": False},
    },
}


def llm(provider: str, model: str, *fallbacks: dict[str, str]) -> dict[str, Any]:
    chosen = {"provider": provider, "model": model, "fallbacks": list(fallbacks)}
    return {"llm": {**chosen, "sampling": {}}}


async def test_anybody_may_look(ada: Client) -> None:
    assert await ada.get(PATH) == FRESH


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"llm": None, "agent": None, "cloud_providers": None}, {}),
        ({"llm": {"provider": "offline"}}, llm("offline", "offline-1")),
        (
            {"llm": {"fallbacks": [{"provider": "offline"}]}},
            llm("scripted", "cassette", {"provider": "offline", "model": "offline-1"}),
        ),
        ({"llm": {"model": "m"}}, llm("scripted", "m")),
        ({"agent": {"autonomy_level": "full"}}, {"agent": {"autonomy_level": "full"}}),
        (
            {"cloud_providers": {"aws": {"enabled": True}}},
            {"cloud_providers": FRESH["cloud_providers"] | {"aws": {"enabled": True}}},
        ),
        (
            {"llm_provider": "offline", "model": "m", "autonomy_level": "manual"},
            {**llm("offline", "m"), "agent": {"autonomy_level": "manual"}},
        ),
    ],
)
async def test_changes_are_merged(
    admin: Client, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await admin.json("PUT", PATH, change) == FRESH | expected
    assert await admin.get(PATH) == FRESH | expected


async def test_a_model_belongs_to_its_provider(admin: Client) -> None:
    await admin.json("PUT", PATH, {"llm": {"model": "m"}})
    kept = await admin.json("PUT", PATH, {"llm": {"provider": "scripted"}})
    other = await admin.json("PUT", PATH, {"llm": {"provider": "offline"}})
    await admin.json("PUT", PATH, {"model": "m"})
    flat = await admin.json("PUT", PATH, {"model": None})
    reset = await admin.json("PUT", PATH, {"llm": {"model": None}})

    assert kept["llm"]["model"] == flat["llm"]["model"] == "m"
    assert other["llm"]["model"] == reset["llm"]["model"] == "offline-1"


async def test_a_change_holds_for_the_next_run(admin: Client, ada: Client) -> None:
    await admin.json("PUT", PATH, {"llm_provider": "offline"})

    answer = await ada.json("POST", "/api/chat", {"message": "What is 17 * 23?"})

    assert answer["message"] != "That makes 391."


@pytest.mark.one_engine
async def test_unknown_providers_are_named(admin: Client, subtests: pytest.Subtests) -> None:
    for form in ["llm_provider", "llm"]:
        with subtests.test(form=form):
            change = (
                {"llm": {"provider": "mystery"}} if form == "llm" else {"llm_provider": "mystery"}
            )

            error = await admin.error("PUT", PATH, 400, "INVALID_REQUEST", change)

            assert "offline" in error["message"]
            assert "scripted" in error["message"]


@pytest.mark.one_engine
async def test_a_provider_without_its_key_is_refused(
    admin: Client, subtests: pytest.Subtests
) -> None:
    for change in [{"llm_provider": "openai"}, {"llm": {"fallbacks": [{"provider": "openai"}]}}]:
        with subtests.test(change=change):
            await admin.error("PUT", PATH, 409, "CONFLICT", change)

            assert await admin.get(PATH) == FRESH


@pytest.mark.one_engine
async def test_bad_changes(admin: Client, subtests: pytest.Subtests) -> None:
    for wrong in [
        {"agent": {"autonomy_level": "wild"}},
        {"cloud_providers": {"moon": {"enabled": True}}},
        {"cloud_providers": {"aws": {"enabled": "yes"}}},
        {"api_key": "sk-1"},
        [],
    ]:
        with subtests.test(wrong=wrong):
            await admin.error("PUT", PATH, 400, "INVALID_REQUEST", wrong)


@pytest.mark.parametrize("role", [Role.USER, Role.OPERATOR])
async def test_only_administrators_change_it(installation: Installation, role: Role) -> None:
    other = await installation.user("other", role)

    await other.error("PUT", PATH, 403, "FORBIDDEN", {})


async def test_no_secret_is_in_it(install: Install) -> None:
    secret = "sk-4f9a6c1be27d"
    async with install(OPENAI_API_KEY=secret) as configured:
        admin = await configured.user("root", Role.ADMIN)
        await admin.json("PUT", PATH, {"llm_provider": "openai"})
        response = await admin.send("GET", PATH)

        assert secret not in await response.get_data(as_text=True)
