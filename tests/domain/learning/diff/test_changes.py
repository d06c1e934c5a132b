"""Two versions of an API share the tools that are equal."""

from dataclasses import replace

from domain.learning.api.version import ApiTool, ApiVersion
from domain.learning.diff.changes import difference, with_known
from domain.tools.schema_text import SchemaText
from domain.tools.tool import Effect, ToolSpec


def tool(operation: str, description: str = "It.") -> ApiTool:
    schema = SchemaText(b'{"type": "object"}')
    spec = ToolSpec(operation[-4:], description, schema, Effect.READ, operation=operation)
    return ApiTool(spec, operation)


def test_equal_tools_of_a_new_version_are_those_of_the_old_one() -> None:
    old = ApiVersion("1", "Pets", (tool("GET /cats"), tool("GET /dogs"), tool("GET /gone")))
    new = ApiVersion("2", "Pets", (tool("GET /dogs", "All."), tool("GET /cats"), tool("GET /cows")))

    shared = with_known(old, new)

    assert shared == new
    assert [each is old.tools[0] for each in shared.tools] == [False, True, False]
    assert difference(old, shared) == difference(old, replace(new, tools=new.tools))
