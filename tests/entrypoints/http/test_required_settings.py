"""Tools that require settings: off, with the reason, until those are set."""

import pytest

from domain.accounts.users import Role
from plugins.host.host import PluginHost
from puerto import Registry, ToolContext, hookimpl, tool
from tests.entrypoints.http.conftest import Install

pytestmark = pytest.mark.one_engine


class Crm:
    """The plugin: one tool that needs settings, and one that does not."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        @tool(effect="read", requires=["CRM_TOKEN", "CRM_URL"])
        def customers(context: ToolContext) -> list[str]:
            """List the settings."""
            return sorted(context.secrets)

        @tool(effect="read")
        def version() -> int:
            """Tell the version."""
            return 1

        registry.add_tools(customers, version)


@pytest.mark.parametrize("is_set", [False, True])
async def test_a_tool_is_on_where_its_settings_are(
    install: Install, monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    monkeypatch.setenv("CRM_URL", "https://crm.example.org")
    monkeypatch.setenv("CRM_TOKEN", "t" if is_set else " ")
    async with install() as installation:
        toolbox = installation.services.toolbox
        assert isinstance(toolbox, PluginHost)
        info = toolbox.register(Crm(), "crm")
        operator = await installation.user("olga", Role.OPERATOR)
        tools = {one["name"]: one for one in (await operator.get("/api/tools"))["tools"]}
        call = {"tool": "customers"}
        why = "" if is_set else "it requires CRM_TOKEN, not set"

        assert info.reason == ("" if is_set else f"tool 'customers' is off: {why}")
        assert (tools["customers"]["enabled"], tools["customers"]["reason"]) == (is_set, why)
        assert (tools["version"]["enabled"], tools["version"]["reason"]) == (True, "")
        switched = await operator.json("PATCH", "/api/tools/customers", {"enabled": True})
        assert (switched["enabled"], switched["reason"]) == (is_set, why)
        if is_set:
            done = await operator.json("POST", "/api/tools/execute", call)
            assert done["result"] == ["CRM_TOKEN", "CRM_URL"]
        else:
            error = await operator.error("POST", "/api/tools/execute", 404, "NOT_FOUND", call)
            assert why in error["message"]
