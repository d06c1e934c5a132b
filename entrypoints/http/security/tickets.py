"""Which routes take a ticket in the place of a header, and the ticket in an address."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from quart import current_app
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.exceptions import HTTPException

from domain.accounts.authentication import Identity
from entrypoints.wiring.services import services

View = TypeVar("View", bound=Callable[..., Any])

PARAMETER: Final = "ticket"

_TICKETED: Final = "_puerto_ticketed"


def takes_ticket(view: View) -> View:
    """Let a route, asked for by GET, be opened with ``?ticket=`` where no header comes."""
    setattr(view, _TICKETED, True)
    return view


def is_ticketed(view: object) -> bool:
    """Tell whether a view takes tickets."""
    return getattr(view, _TICKETED, False)


def can_be_opened(path: str) -> bool:
    """Tell whether the path is one of a route that takes tickets."""
    if not path.startswith("/"):  # werkzeug would find its route all the same
        return False
    places = current_app.url_map.bind("")
    for is_websocket in (False, True):
        try:
            rule, _ = places.match(path, "GET", return_rule=True, websocket=is_websocket)
        except HTTPException:  # there is no such route
            continue
        if is_ticketed(current_app.view_functions[rule.endpoint]):
            return True
    return False


async def redeemed(request: BaseRequestWebsocket) -> Identity | None:
    """Return who comes with the ticket in the address; None: there is none.

    Raises:
        Unauthenticated: the ticket is not valid, or no more.

    """
    secret = request.args.get(PARAMETER)
    return None if secret is None else await services().tickets.redeem(secret, request.path)
