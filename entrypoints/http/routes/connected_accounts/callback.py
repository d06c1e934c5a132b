"""The pages to which services send people back: confirm the connection, and be told of its end.

A link of the service is opened by a browser that carries no credentials of ours, and anybody may
have sent it. So the first page shows for which user the account would be connected, and only the
person's yes connects it. Nothing on the pages comes from the link but escaped words, and they lead
nowhere else.
"""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Final

from quart import Blueprint, Response, request
from quart_schema import hide

from domain.shared.errors import Gone, InvalidRequest, PuertoError
from domain.shared.text import shorten
from entrypoints.http.errors import status_and_code
from entrypoints.http.routes.connected_accounts.routes import ADDRESS
from entrypoints.http.security.guard import open_to_all
from entrypoints.wiring.services import services

blueprint = Blueprint("account_callback", __name__, url_prefix=ADDRESS)

_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Puerto: {title}</title>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
# Without an action the form posts to the address of its page.
_FORM: Final = """\
<p>{account} lets Puerto act for you there. It will be connected for the user <b>{user}</b>
({email}) of Puerto. If that is not you, close this window: somebody else has sent you here.</p>
<form method="post"><button>Connect {account} for {user}</button></form>"""
_LONGEST: Final = 2_000  # characters of a code, or of a state
_SHOWN: Final = 300  # characters of the words with which a service refuses


@blueprint.get("/callback")
@open_to_all
@hide
async def come_back() -> Response:
    """Ask the person whom a service has sent back whether this is theirs to connect."""
    return await _shown(_confirmation)


@blueprint.post("/callback")
@open_to_all
@hide
async def confirm() -> Response:
    """Connect the account, as the person on the page said."""
    return await _shown(_connected)


async def _confirmation() -> Response:
    state = _given("state")
    if (refusal := request.args.get("error")) is not None:
        await services().account_connections.refused(state)
        words = request.args.get("error_description") or refusal
        raise Gone(f"The service did not give access: {shorten(words, _SHOWN)}. Begin again.")
    _given("code")
    asked = await services().account_connections.confirmation(state)
    body = _FORM.format(
        account=escape(asked.account.title),
        user=escape(asked.user.full_name or asked.user.username),
        email=escape(asked.user.email),
    )
    return _page(200, f"Connect {asked.account.title}?", body)


async def _connected() -> Response:
    done = await services().account_connections.finish(_given("state"), _given("code"))
    who = escape(done.user.full_name or done.user.username)
    body = f"<p>It is connected for {who}. You can close this window.</p>"
    return _page(200, f"{done.account.title} is connected", body)


def _given(name: str) -> str:
    value = request.args.get(name, "")
    if not 0 < len(value) <= _LONGEST:
        raise InvalidRequest("This is not a link of a service that was asked to connect.")
    return value


async def _shown(answer: Callable[[], Awaitable[Response]]) -> Response:
    """Return the answer, or a page with the error in words."""
    try:
        return await answer()
    except PuertoError as error:
        status, _ = status_and_code(error)
        return _page(status, "Not connected", f"<p>{escape(error.message)}</p>")


def _page(status: int, title: str, body: str) -> Response:
    text = _PAGE.format(title=escape(title), body=body)
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
