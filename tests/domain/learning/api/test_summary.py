"""The summary of an API: which arguments may be credentials that nobody has fixed."""

from typing import Any

import pytest

from domain.learning.api.settings import ApiSettings
from domain.learning.api.summary import summary_of
from domain.learning.api.version import ApiTool, ApiVersion
from domain.tools.tool import Effect, ToolSpec

LOGIN: dict[str, Any] = {"properties": {"token": {}, "tokens": {}}}
PARAMETERS: dict[str, Any] = {
    "properties": {"body": {"properties": {"login": LOGIN, "token": {}}}},
}


@pytest.mark.parametrize(
    ("fixed", "left"),
    [
        ((), ["body.login.token", "body.token"]),
        (("body.token",), ["body.login.token"]),
        (("body.login",), ["body.token"]),
        (("body.login.tokens",), ["body.login.token", "body.token"]),
        (("body",), []),
    ],
)
def test_a_suspect_is_settled_if_it_or_what_holds_it_is_fixed(
    fixed: tuple[str, ...], left: list[str]
) -> None:
    suspects = ("body.token", "body.login.token")
    spec = ToolSpec("logIn", "Logs in.", PARAMETERS, Effect.WRITE)
    version = ApiVersion("d", "Shop", (ApiTool(spec, "POST /login", suspects=suspects),))
    settings = ApiSettings(fixed={"POST *": fixed})
    assert summary_of(settings, version).suspects == tuple(
        (name, ("POST /login",)) for name in left
    )
