"""Tickets in URLs (``?ticket=``), for routes that browsers open without an Authorization header."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from quart import current_app
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.exceptions import HTTPException

from domain.accounts.identity import Identity
from entrypoints.wiring.services import services

View = TypeVar("View", bound=Callable[..., Any])

PARAMETER: Final = "ticket"

_TICKETED: Final = "_puerto_ticketed"


def takes_ticket(view: View) -> View:
    """Mark a view as one that accepts ``?ticket=`` in a GET without an Authorization header."""
    setattr(view, _TICKETED, True)
    return view


def is_ticketed(view: object) -> bool:
    """Return whether a view accepts tickets."""
    return getattr(view, _TICKETED, False)


def can_be_opened(path: str) -> bool:
    """Return whether the path belongs to a route that accepts tickets."""
    if not path.startswith("/"):  # werkzeug would find its route all the same
        return False
    routes = current_app.url_map.bind("")
    for is_websocket in (False, True):
        try:
            rule, _ = routes.match(path, "GET", return_rule=True, websocket=is_websocket)
        except HTTPException:  # there is no such route
            continue
        if is_ticketed(current_app.view_functions[rule.endpoint]):
            return True
    return False


async def redeem_ticket(request: BaseRequestWebsocket) -> Identity | None:
    """Redeem the ticket in the query, and return its identity; None without a ticket.

    Raises:
        Unauthenticated: the ticket is not valid, or has been used or expired.

    """
    secret = request.args.get(PARAMETER)
    return None if secret is None else await services().tickets.redeem(secret, request.path)
