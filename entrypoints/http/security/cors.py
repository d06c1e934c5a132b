"""CORS: the allow-list of origins whose web pages may call the API."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from quart import Quart
from quart_cors import cors

from entrypoints.http.security.limits import HEADERS

EXPOSED: Final = (*HEADERS, "Location", "Retry-After", "X-Request-ID")
_PREFLIGHT_LIFE: Final = timedelta(minutes=10)


def install_cors(app: Quart, origins: Sequence[str]) -> None:
    """Allow pages of these origins to call the API with credentials, and to read its errors."""
    if not origins:
        return
    cors(
        app,
        allow_origin=origins,
        allow_credentials=True,
        expose_headers=EXPOSED,
        max_age=_PREFLIGHT_LIFE,
    )
    # WebSockets check the origin themselves: Quart-CORS would refuse programs, which send none.
    app.before_websocket_funcs[None].pop()
