"""The tickets of a help desk, with each user's own account there."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from puerto import (
    OAuthAccount,
    PluginContext,
    Preview,
    Registry,
    ToolContext,
    ToolFailed,
    hookimpl,
    tool,
)


class DeskSettings(BaseModel):
    """The help desk, and the OAuth client registered there."""

    url: str
    client_id: str
    client_secret: SecretStr


class Ticket(BaseModel):
    """A ticket."""

    number: int
    title: str
    queue: str
    messages: int


def _client(context: PluginContext) -> tuple[str, str]:
    settings = context.settings(DeskSettings)
    return settings.client_id, settings.client_secret.get_secret_value()


def _address(context: PluginContext) -> str:
    return context.settings(DeskSettings).url


async def _call(context: ToolContext, method: str, path: str, **options: Any) -> Any:
    credentials = await context.credentials("desk")
    answer = await context.http.request(
        method,
        _address(context) + path,
        headers={"Authorization": f"Bearer {credentials.token}"},
        **options,
    )
    if answer.status_code == 404:
        raise ToolFailed(f"There is nothing at {path}.", code="NO_SUCH_TICKET")
    return answer.raise_for_status().json()


async def _show_closing(ticket: int, context: ToolContext) -> Preview:
    found = Ticket(**await _call(context, "GET", f"/tickets/{ticket}"))
    return Preview(
        "Close a ticket",
        target=f"#{found.number}, {found.title}",
        amount=f"{found.messages} messages",
        reversible=False,
        details=[f"It is in the queue {found.queue}."],
    )


@tool(effect="read", title="List my tickets", category="desk")
async def my_tickets(context: ToolContext) -> list[Ticket]:
    """List the user's open tickets."""
    return [Ticket(**ticket) for ticket in await _call(context, "GET", "/tickets")]


@tool(effect="destructive", title="Close a ticket", category="desk", preview=_show_closing)
async def close_ticket(ticket: int, context: ToolContext) -> str:
    """Close a ticket for good; the user is asked to which queue it is filed.

    Args:
        ticket: its number.

    """
    queues = await _call(context, "GET", "/queues")
    queue = await context.ask(
        Annotated[str, Field(json_schema_extra={"enum": queues})],
        f"To which queue does ticket {ticket} go?",
    )
    await _call(context, "POST", f"/tickets/{ticket}/close", json={"queue": queue})
    return f"Ticket {ticket} is closed, in {queue}."


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the account and the tools."""
    registry.use_settings(DeskSettings)
    registry.add_account(
        OAuthAccount(
            name="desk",
            title="The help desk",
            authorize_url="/authorize",
            token_url="/token",
            revoke_url="/revoke",
            base_url=_address,
            scopes=["tickets"],
            client=_client,
        )
    )
    registry.add_tools(my_tickets, close_ticket)
