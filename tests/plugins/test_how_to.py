"""The larger example of "Write a plugin" does what the page says."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import ModuleType
from typing import Any

import httpx2

from puerto import Artifact, HttpClient, Secrets, ToolContext
from tests.support.pages import ROOT, blocks_of

PAGE = ROOT / "docs" / "how-to" / "write-a-plugin.md"


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
        secrets=Secrets({"CRM_TOKEN": "t"}),
        report=lambda message, fraction: heard.append((message, fraction)),
    )

    assert await tool.run(tool.check({"country": "Peru"}), mine) == {
        "customers": 3,
        "table": Artifact(
            b"name,city\nCustomer 1,Lima\nCustomer 2,Lima\nCustomer 3,Lima", "text/csv", "Peru.csv"
        ),
    }
    assert tool.spec.requires == ("CRM_TOKEN",)
    assert tool.spec.description.endswith("Returns: How many there are, and the table.")
    assert crm.asked[2] == ("GET", "Bearer t", {"country": "Peru", "page": 3})
    assert heard[0] == ("Read 1 of 3 pages", 1 / 3)
