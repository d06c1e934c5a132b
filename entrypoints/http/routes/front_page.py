"""The front page, with links to the documentation, and the favicon."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from quart import Blueprint, Response
from quart_schema import hide

from entrypoints.http.security.guard import open_to_all
from entrypoints.settings.version import VERSION

blueprint = Blueprint("front_page", __name__)

_ICON: Final = Path(__file__).parents[1] / "assets" / "favicon.ico"
_DAY: Final = 24 * 3600
_POLICY: Final = (
    "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# The addresses are relative, so that the page also works behind a proxy that adds a path.
_PAGE: Final = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Puerto</title>
<link rel="icon" href="favicon.ico">
</head>
<body>
<h1>Puerto</h1>
<p>An agent server, version {escape(VERSION)}. People and programs talk to it over REST, server-sent
events and WebSocket; it has no pages of its own to chat on.</p>
<ul>
<li><a href="api/docs">The API, to read and to try</a> (<a href="api/redoc">to read only</a>;
<a href="openapi.json">as an OpenAPI document</a>)</li>
<li><a href="api/health">How the service is</a></li>
</ul>
<p>At the terminal: <code>puerto chat</code>.</p>
</body>
</html>
"""


@blueprint.get("/")
@open_to_all
@hide
async def front_page() -> Response:
    """Serve the front page."""
    response = Response(_PAGE, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/favicon.ico")
@open_to_all
@hide
async def favicon() -> Response:
    """Serve the favicon."""
    response = Response(_icon(), content_type="image/vnd.microsoft.icon")
    response.headers["Cache-Control"] = f"public, max-age={_DAY}"
    return response


@cache
def _icon() -> bytes:
    return _ICON.read_bytes()
