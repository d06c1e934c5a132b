"""The documentation pages: Swagger UI and Redoc, served without any external resource.

Every URL in them is relative, so they work beneath a path that a proxy adds.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from quart import Blueprint, Response, ResponseReturnValue, current_app, redirect, send_file
from quart_schema import hide
from werkzeug.exceptions import NotFound

from entrypoints.http.openapi.document import openapi_document
from entrypoints.http.security.guard import open_to_all

blueprint = Blueprint("pages", __name__)

DOCUMENT_PATH: Final = "/openapi.json"
ASSETS: Final = Path(__file__).parents[1] / "assets"
_SERVED: Final = frozenset(
    {
        "pages.css",
        "redoc.standalone.js",
        "start-swagger-ui.js",
        "swagger-ui-bundle.js",
        "swagger-ui.css",
    }
)
_YEAR: Final = 365 * 24 * 3600
# Both pages write styles into the document; Redoc searches in a worker.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SWAGGER_UI: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Puerto: the API</title>
<link rel="stylesheet" href="{swagger-ui.css}">
<link rel="stylesheet" href="{pages.css}">
</head>
<body>
<form id="login">
<input name="login" autocomplete="username" placeholder="User name or e-mail" required>
<input name="password" type="password" autocomplete="current-password" placeholder="Password"
 required>
<button>Log in</button>
<output></output>
</form>
<div id="swagger-ui" data-url="../openapi.json"></div>
<script src="{swagger-ui-bundle.js}"></script>
<script src="{start-swagger-ui.js}"></script>
</body>
</html>
"""
_REDOC: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Puerto: the API</title>
<link rel="stylesheet" href="{pages.css}">
</head>
<body>
<redoc spec-url="../openapi.json"></redoc>
<script src="{redoc.standalone.js}"></script>
</body>
</html>
"""


@blueprint.get(DOCUMENT_PATH)
@open_to_all
@hide
async def document() -> Response:
    """Serve the OpenAPI document."""
    return Response(openapi_document(current_app), content_type="application/json")


@blueprint.get("/api/docs")
@open_to_all
@hide
async def swagger_ui() -> Response:
    """Show the document with Swagger UI."""
    return _page(_SWAGGER_UI)


@blueprint.get("/api/redoc")
@open_to_all
@hide
async def redoc() -> Response:
    """Show the document with Redoc."""
    return _page(_REDOC)


@blueprint.get("/docs")
@open_to_all
@hide
async def to_swagger_ui() -> ResponseReturnValue:
    """Lead to Swagger UI."""
    return redirect("api/docs", 308)


@blueprint.get("/redoc")
@open_to_all
@hide
async def to_redoc() -> ResponseReturnValue:
    """Lead to Redoc."""
    return redirect("api/redoc", 308)


@blueprint.get("/api/docs/assets/<digest>/<name>")
@open_to_all
@hide
async def asset(digest: str, name: str) -> Response:
    """Serve a static file of the pages. Its address holds its digest."""
    if name not in _SERVED or digest != _digest(name):
        raise NotFound
    response = await send_file(ASSETS / name, conditional=True)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


def _page(template: str) -> Response:
    response = Response(_filled(template), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@cache
def _filled(template: str) -> str:
    """Return the page with the addresses of its files."""
    for name in _SERVED:
        template = template.replace(f"{{{name}}}", f"docs/assets/{_digest(name)}/{name}")
    return template


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:16]
