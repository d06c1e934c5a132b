"""Route of the list of runs."""

from typing import Any, Final

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring

from domain.runs.states import RunStatus
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.http.fields import Limit, NextCursor, RunCursor
from entrypoints.http.routes.run_views import RunView, run_view
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("runs", __name__, url_prefix="/api")


_UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class RunsQuery(BaseModel):
    """Filters and page of the list of runs."""

    conversation_id: str | None = Field(
        None, pattern=_UUID, description="Only those of this conversation."
    )
    status: RunStatus | None = Field(None, description="Only those that stand so.")
    limit: Limit = DEFAULT_LIMIT
    cursor: RunCursor | None = None


class RunList(BaseModel):
    """Some runs, the newest first."""

    runs: list[RunView]
    next_cursor: NextCursor


@blueprint.get("/runs")
@tag(["runs"])
@validate_querystring(RunsQuery)
@document_response(RunList)
async def find(query_args: RunsQuery) -> dict[str, Any]:
    """List your runs, the newest first; those of a conversation, or of a status, if you say so."""
    query, lookup = query_args, services().run_lookup
    page = await lookup.page(
        caller(),
        query.limit,
        query.cursor,
        conversation_id=query.conversation_id,
        status=query.status,
    )
    return {
        "runs": [run_view(record, await lookup.outcome(record)) for record in page.items],
        "next_cursor": page.next_cursor,
    }
