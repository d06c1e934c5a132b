"""The path beneath which browsers reach the service: that of ``PUERTO_PUBLIC_URL``, if it has one.

The routes are without it. A proxy may take it off a request or leave it: both are understood. It is
added where the service names an address of its own.
"""

from typing import Final, TypeVar
from urllib.parse import urlsplit

from hypercorn.typing import HTTPScope, WebsocketScope
from quart import Quart, Response

Scope = TypeVar("Scope", HTTPScope, WebsocketScope)

_PATH: Final = "PUERTO_PUBLIC_PATH"
_TAKEN_OFF: Final = "PUERTO_PATH_TAKEN_OFF"


def public_path(app: Quart) -> str:
    """Return the path, without a slash at its end; empty if there is none."""
    path: str = app.config[_PATH]
    return path


def without_public_path(app: Quart, scope: Scope) -> Scope:
    """Return the scope of a request with the path that the routes know."""
    taken_off: str = app.config[_TAKEN_OFF]
    if not taken_off or not scope["path"].startswith(f"{taken_off}/"):
        return scope
    return scope | {"path": scope["path"].removeprefix(taken_off)}


def install_public_path(app: Quart, url: str | None) -> None:
    """Serve an application, which has all its routes, beneath the path of its public URL.

    A path that begins as a route does, such as ``/api``, is never taken off: it could be the
    route's own. There the proxy must do it.
    """
    path = urlsplit(url or "").path.rstrip("/")
    first = path.split("/")[1:2]
    routes = [rule.rule.split("/")[1:2] for rule in app.url_map.iter_rules()]
    app.config[_PATH] = path
    app.config[_TAKEN_OFF] = "" if first in routes else path

    async def add_path(response: Response) -> Response:
        if (location := response.headers.get("Location", "")).startswith("/"):
            response.headers["Location"] = path + location
        return response

    if path:
        app.after_request(add_path)
