"""Which web pages of other origins may call the API (CORS)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from quart import Quart
from quart_cors import cors

EXPOSED: Final = ("Location", "Retry-After", "X-Request-ID")
_PREFLIGHT_LIFE: Final = timedelta(minutes=10)


def install_cors(app: Quart, origins: Sequence[str]) -> None:
    """Let pages of these origins call the API with credentials, and read its errors too."""
    if not origins:
        return
    cors(
        app,
        allow_origin=origins,
        allow_credentials=True,
        expose_headers=EXPOSED,
        max_age=_PREFLIGHT_LIFE,
    )
    # Sockets check their origin themselves: Quart-CORS would refuse programs, which send none.
    app.before_websocket_funcs[None].pop()
