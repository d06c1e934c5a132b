"""The scope that an API key needs for each route; a login needs none."""

from collections.abc import Mapping
from typing import Final

from domain.accounts.api_keys import Scope

# By blueprint. What is not here is for keys with the scope `admin`.
_OF_BLUEPRINT: Final[Mapping[str, Scope]] = {
    "agents": Scope.CHAT,
    "artifacts": Scope.CHAT,
    "chat": Scope.CHAT,
    "connected_accounts": Scope.CHAT,
    "consents": Scope.CHAT,
    "conversations": Scope.CHAT,
    "following": Scope.CHAT,
    "job_assistant": Scope.CHAT,
    "job_assistant_socket": Scope.CHAT,
    "learned_apis": Scope.LEARN,
    "orchestration": Scope.CHAT,
    "runs": Scope.CHAT,
    "tool_schemas": Scope.TOOLS_READ,
    "tools": Scope.TOOLS_READ,
    "usage": Scope.CHAT,
    "webhooks": Scope.WEBHOOKS,
    "websocket": Scope.CHAT,
}
_OF_ENDPOINT: Final[Mapping[str, Scope]] = {
    "tools.change": Scope.ADMIN,
    "tools.execute": Scope.TOOLS_EXECUTE,
}
_ANY: Final = frozenset({"auth.me"})  # whoever holds a key may see whose it is


def scope_of(endpoint: str) -> Scope | None:
    """Return the scope that a key needs for a route; None: any key will do."""
    if endpoint in _ANY:
        return None
    blueprint = endpoint.partition(".")[0]
    return _OF_ENDPOINT.get(endpoint) or _OF_BLUEPRINT.get(blueprint, Scope.ADMIN)
