"""Routes of connected accounts: list, connect by OAuth, set a key, disconnect."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.connected_accounts.account import AccountKind, KeyAccount
from domain.connected_accounts.connections import LIFE
from domain.connected_accounts.service import AccountState
from entrypoints.encoding import time_text
from entrypoints.http.fields import RequestBody, Timestamp, example
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.security.guard import caller, identity
from entrypoints.wiring.services import services

ADDRESS = "/api/connected-accounts"
CALLBACK = f"{ADDRESS}/callback"

blueprint = Blueprint("connected_accounts", __name__, url_prefix=ADDRESS)


class ConnectedAccountView(BaseModel):
    """An account that a plugin asks for, or that you have connected; never what gives access."""

    plugin: str
    name: str
    title: str = Field(description="What people read.")
    kind: AccountKind | None = Field(
        description="`oauth`: connected at the service; `key`: by a key of yours. Null where no "
        "plugin in use asks for it any more."
    )
    state: Literal["connected", "disconnected"] = Field(
        description="Whether tools can use it now, in your name."
    )
    scopes: list[str] = Field(description="What the service has granted.")
    since: Timestamp | None = Field(description="When you connected it.")
    problem: str = Field(description="Why it must be connected again, or can be disconnected.")
    instructions: str = Field(description="Where to get a key.")


class ConnectedAccountList(BaseModel):
    """Your accounts, by plugin and name."""

    accounts: list[ConnectedAccountView]


def account_view(state: AccountState) -> dict[str, Any]:
    """Encode an account."""
    account = state.account
    return {
        "plugin": state.plugin,
        "name": state.name,
        "title": state.name if account is None else account.title,
        "kind": None if account is None else account.kind,
        "state": "connected" if state.is_connected else "disconnected",
        "scopes": list(state.scopes),
        "since": None if state.since is None else time_text(state.since),
        "problem": state.problem,
        "instructions": account.instructions if isinstance(account, KeyAccount) else "",
    }


@blueprint.get("")
@tag(["connected accounts"])
@document_response(ConnectedAccountList)
async def find() -> dict[str, Any]:
    """List the accounts that plugins ask for, and those that you have connected."""
    states = await services().connected_accounts.find(caller())
    return {"accounts": [account_view(state) for state in states]}


class ConnectAnswer(BaseModel):
    """Where to go on: open the address in a browser, and consent there."""

    authorize_url: str
    expires_in: int = Field(description="Seconds within which you must be back.")


@blueprint.post("/<plugin_name>/<account_name>/connect")
@tag(["connected accounts"])
@document_response(ConnectAnswer)
@can_fail(409)
async def connect(plugin_name: str, account_name: str) -> dict[str, Any]:
    """Begin to connect an account at its service; runs that wait for it go on afterwards.

    The address is for one browser, and replaces one that you got before. An account that takes a
    key is a conflict.
    """
    url = await services().account_connections.begin(
        identity(), plugin_name, account_name, _redirect_uri()
    )
    return {"authorize_url": url, "expires_in": int(LIFE.total_seconds())}


class AccountKeyRequest(RequestBody):
    """A key of yours."""

    model_config = example({"key": "the key that the service gave you"})

    key: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1,
        max_length=10_000,
        description="Spaces and line breaks around it do not count.",
        json_schema_extra={"pattern": r"\S"},
    )


@blueprint.put("/<plugin_name>/<account_name>")
@tag(["connected accounts"])
@validate_request(AccountKeyRequest)
@document_response(ConnectedAccountView)
@can_fail(409)
async def set_key(plugin_name: str, account_name: str, data: AccountKeyRequest) -> dict[str, Any]:
    """Connect an account by a key of yours, in place of the one before.

    It is kept encrypted, and neither shown to anybody nor to a model. An account that is connected
    by OAuth is a conflict.
    """
    state = await services().connected_accounts.set_key(
        caller(), plugin_name, account_name, data.key
    )
    return account_view(state)


@blueprint.delete("/<plugin_name>/<account_name>")
@tag(["connected accounts"])
@answers_nothing
async def disconnect(plugin_name: str, account_name: str) -> None:
    """Disconnect an account: what is kept of it is deleted, and its service told, if it can be."""
    await services().connected_accounts.disconnect(caller(), plugin_name, account_name)


def _redirect_uri() -> str | None:
    """Return the address to which a browser comes back; None: nobody knows that of the service."""
    address = services().settings.public_address
    return address + CALLBACK if address else None
