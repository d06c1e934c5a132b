"""Routes of one's own sessions: list them, end one."""

from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring

from domain.accounts.ports import LoginSession
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.encoding import time_text
from entrypoints.http.fields import Id, Limit, NextCursor, SessionCursor, Timestamp
from entrypoints.http.openapi.document import answers_nothing
from entrypoints.http.security.guard import identity
from entrypoints.wiring.services import services

blueprint = Blueprint("sessions", __name__, url_prefix="/api/auth/sessions")


class SessionView(BaseModel):
    """Where you are logged in: one browser, program or device."""

    id: Id
    created_at: Timestamp
    last_used_at: Timestamp = Field(description="To the minute.")
    expires_at: Timestamp = Field(description="Unless its refresh token is used before.")
    user_agent: str = Field(description="What it called itself at the login; empty: nothing.")
    network: str = Field(
        description="The network that the login came from, without its last part; empty: unknown."
    )
    current: bool = Field(description="Whether it is this one.")


class SessionList(BaseModel):
    """Some of your sessions, the newest first."""

    sessions: list[SessionView]
    next_cursor: NextCursor


class SessionsQuery(BaseModel):
    """Page of the list of sessions."""

    limit: Limit = DEFAULT_LIMIT
    cursor: SessionCursor | None = None


def session_view(session: LoginSession, current_id: str) -> dict[str, Any]:
    """Encode a session."""
    return {
        "id": session.id,
        "created_at": time_text(session.created_at),
        "last_used_at": time_text(session.last_used_at or session.created_at),
        "expires_at": time_text(session.expires_at),
        "user_agent": session.client.user_agent,
        "network": session.client.network,
        "current": session.id == current_id,
    }


@blueprint.get("")
@tag(["authentication"])
@validate_querystring(SessionsQuery)
@document_response(SessionList)
async def find(query_args: SessionsQuery) -> dict[str, Any]:
    """List where you are logged in, the newest login first. This needs a login."""
    login, query = identity(), query_args
    page = await services().accounts.sessions.find(login, query.limit, query.cursor)
    return {
        "sessions": [session_view(each, login.session_id) for each in page.items],
        "next_cursor": page.next_cursor,
    }


@blueprint.delete("/<session_id>")
@tag(["authentication"])
@answers_nothing
async def end(session_id: str) -> None:
    """End one of your sessions: here at once, with its streams and WebSockets within 5 seconds."""
    await services().accounts.sessions.end(identity(), session_id)
