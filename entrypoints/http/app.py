"""The HTTP application (Quart): all blueprints, with authentication and error handlers."""

from typing import Any, Final

from quart import Quart
from quart.json.provider import JSONProvider

from entrypoints.encoding import dump
from entrypoints.http.dialects.job_assistant import routes as job_assistant
from entrypoints.http.dialects.job_assistant import socket as job_assistant_socket
from entrypoints.http.dialects.job_assistant.errors import install_plain_errors
from entrypoints.http.dialects.orchestration import routes as orchestration
from entrypoints.http.errors import install_errors
from entrypoints.http.idempotency import install_idempotency
from entrypoints.http.openapi import pages
from entrypoints.http.openapi.document import install_documentation
from entrypoints.http.public_path import install_public_path
from entrypoints.http.routes import (
    agents,
    artifacts,
    chat,
    config,
    consents,
    conversations,
    following,
    front_page,
    policy,
    runs,
)
from entrypoints.http.routes.accounts import api_keys, auth, provider_login, sessions, users
from entrypoints.http.routes.connected_accounts import callback as account_callback
from entrypoints.http.routes.connected_accounts import routes as connected_accounts
from entrypoints.http.routes.learned_apis import routes as learned_apis
from entrypoints.http.routes.monitoring import audit, health, logs, metrics
from entrypoints.http.routes.plugins import administration as plugins
from entrypoints.http.routes.plugins import settings as plugin_settings
from entrypoints.http.routes.tools import schemas as tool_schemas
from entrypoints.http.routes.tools import tools
from entrypoints.http.routes.usage import budgets, usage
from entrypoints.http.routes.webhooks import routes as webhooks
from entrypoints.http.security.cors import install_cors
from entrypoints.http.security.guard import install_guard
from entrypoints.http.security.limits import install_limits
from entrypoints.http.streaming import websocket
from entrypoints.http.streaming.connection import (
    HttpConnection,
    Socket,
    WebsocketConnection,
    read_json,
    requests_with,
)
from entrypoints.wiring.services import EXTENSION, Services

BODY_SECONDS: Final = 30

_BLUEPRINTS: Final = (
    account_callback.blueprint,
    agents.blueprint,
    api_keys.blueprint,
    artifacts.blueprint,
    audit.blueprint,
    auth.blueprint,
    budgets.blueprint,
    chat.blueprint,
    config.blueprint,
    connected_accounts.blueprint,
    consents.blueprint,
    conversations.blueprint,
    following.blueprint,
    front_page.blueprint,
    health.blueprint,
    job_assistant.blueprint,
    job_assistant_socket.blueprint,
    learned_apis.blueprint,
    logs.blueprint,
    metrics.blueprint,
    orchestration.blueprint,
    pages.blueprint,
    plugin_settings.blueprint,
    plugins.blueprint,
    policy.blueprint,
    provider_login.blueprint,
    runs.blueprint,
    sessions.blueprint,
    tool_schemas.blueprint,
    tools.blueprint,
    usage.blueprint,
    users.blueprint,
    webhooks.blueprint,
    websocket.blueprint,
)


class _Json(JSONProvider):
    """Quart's JSON provider, by orjson."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ARG002  Quart's signature
        return dump(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002  Quart's signature
        return read_json(s.encode() if isinstance(s, str) else s)


def create_app(services: Services) -> Quart:
    """Return the application over these services, which it neither starts nor stops."""
    app = Quart("puerto", static_folder=None)
    app.request_class = requests_with(services.settings.max_document_bytes, learned_apis.ADDRESS)
    app.websocket_class = Socket
    app.asgi_http_class = HttpConnection
    app.asgi_websocket_class = WebsocketConnection
    app.json = _Json(app)
    app.url_map.merge_slashes = False  # a path with doubled slashes is another path
    app.config.update(
        MAX_CONTENT_LENGTH=services.settings.max_body_bytes,
        BODY_TIMEOUT=BODY_SECONDS,
        RESPONSE_TIMEOUT=None,  # runs have limits of their own: of steps, tools and providers
    )
    app.extensions[EXTENSION] = services
    install_errors(app)
    install_plain_errors(app)
    install_guard(app)
    install_limits(app)
    install_idempotency(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    install_cors(app, services.settings.page_origins)
    install_documentation(app)
    install_public_path(app, services.settings.public_url)
    return app
