"""The examples of "Write a plugin" and "More about tools" do what the pages say."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import ModuleType
from typing import Any

import httpx2
import pytest

from plugins.host.host import PluginHost
from puerto import Artifact, FunctionTool, HttpClient, ToolContext, ToolFailed
from puerto.testing import context_for_tests
from tests.support.pages import ROOT, blocks_of

PAGE = ROOT / "docs" / "how-to" / "write-a-plugin.md"
MORE = ROOT / "docs" / "how-to" / "write-a-tool.md"
HOOKS = ROOT / "docs" / "how-to" / "hooks-in-use.md"


class Crm(HttpClient):
    """Stands for a service with one customer a page."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    async def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        self.asked.append((method, options["headers"]["Authorization"], options["params"]))
        customer = {"name": f"Customer {len(self.asked)}", "city": "Lima"}
        return httpx2.Response(200, json=[customer], request=httpx2.Request(method, url))

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        raise AssertionError("nobody streams")


async def test_the_tool_that_uses_its_context(context: ToolContext) -> None:
    (code,) = (block for block in blocks_of(PAGE) if "export_customers" in block.text)
    module = ModuleType("crm")
    exec(code.text, module.__dict__)  # the page's own code
    tool, crm, heard = module.export_customers, Crm(), list[tuple[str, float | None]]()
    mine = replace(
        context,
        http=crm,
        read_settings=lambda: module.CrmSettings(token="t"),
        report=lambda message, fraction: heard.append((message, fraction)),
    )

    assert await tool.run(tool.check({"country": "Peru"}), mine) == {
        "customers": 3,
        "table": Artifact(
            b"name,city\nCustomer 1,Lima\nCustomer 2,Lima\nCustomer 3,Lima", "text/csv", "Peru.csv"
        ),
    }
    host = PluginHost(environ={})
    assert "token (CRM_TOKEN)" in host.register(module, "crm").reason
    assert tool.spec.description.endswith("Returns: How many there are, and the table.")
    assert crm.asked[2] == ("GET", "Bearer t", {"country": "Peru", "page": 3})
    assert heard[0] == ("Read 1 of 3 pages", 1 / 3)


async def test_the_tools_of_more_about_tools_are_tools(context: ToolContext) -> None:
    found: dict[str, FunctionTool[..., Any]] = {}
    for block in blocks_of(MORE):
        module = ModuleType("more")
        exec(block.text, module.__dict__)  # the page's own code
        found |= {
            name: each for name, each in vars(module).items() if isinstance(each, FunctionTool)
        }

    assert len(found) == sum("@tool(" in block.text for block in blocks_of(MORE))
    with pytest.raises(ToolFailed) as failed:
        await found["assign_ticket"].run({"ticket": 7, "to": "ann"}, context)
    assert (failed.value.code, failed.value.retryable) == ("TICKET_LOCKED", True)
    assert found["delete_project"].spec.confirm == ("name",)
    assert found["close_ticket"].previewer is not None
    assert found["read_log"].spec.output_schema == {"type": "string"}
    assert await found["open_tickets"].run({}, context) == [
        {"number": 7, "title": "Printer", "due": "2026-01-02"}
    ]


class Jira(HttpClient):
    """Stands for Jira, whose user has one issue."""

    async def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        assert options["headers"] == {"Authorization": "Bearer ada's token"}
        return httpx2.Response(
            200, json=[{"title": "It is slow"}], request=httpx2.Request(method, url)
        )

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        raise AssertionError("nobody streams")


async def test_the_plugin_that_uses_accounts_of_users() -> None:
    code, *_ = blocks_of(ROOT / "docs" / "how-to" / "accounts-of-users.md")
    module = ModuleType("jira")
    exec(code.text, module.__dict__)  # the page's own code
    host = PluginHost(environ={"JIRA_CLIENT_ID": "puerto", "JIRA_CLIENT_SECRET": "its secret"})
    assert host.register(module, "jira").reason == ""
    assert [each.value.name for each in host.accounts()] == ["jira", "crm"]
    settings = module.JiraSettings(client_id="puerto", client_secret="its secret")
    context = context_for_tests(settings=settings, credentials={"jira": "ada's token"})
    assert module.client(context) == ("puerto", "its secret")
    assert await module.my_issues(replace(context, http=Jira())) == ["It is slow"]


async def test_plugins_of_register_more_than_tools_load() -> None:
    for part in ("async def count(", "class Oracle:", "Agent("):
        (code,) = (block for block in blocks_of(HOOKS) if part in block.text)
        module = ModuleType("more")
        exec(code.text, module.__dict__)  # the page's own code
        assert PluginHost(environ={}).register(module, "more").reason == ""
