"""Route of the kept log, for operators."""

from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel
from quart import Blueprint, Response
from quart_schema import document_response, tag, validate_querystring

from domain.accounts.users import Role
from domain.monitoring.logs import LogEntry, LogQuery
from entrypoints.encoding import dump, time_text
from entrypoints.http.fields import Timestamp
from entrypoints.http.security.guard import caller, for_role, may_be_anonymous
from entrypoints.wiring.services import services

blueprint = Blueprint("logs", __name__)


class LogsQuery(BaseModel):
    """Which entries are wanted."""

    limit: int = Field(100, ge=1, le=1000, description="How many to return at most.")
    level: Literal["INFO", "WARNING", "ERROR", "CRITICAL"] | None = Field(
        None, description="Only those of this level."
    )
    request_id: str | None = Field(
        None, description="Only those of this request and of the run that it began."
    )
    run_id: str | None = Field(None, description="Only those of this run.")


class LogView(BaseModel):
    """A record of the log, without secrets."""

    timestamp: Timestamp
    level: str
    message: str
    metadata: dict[str, str] = Field(
        description="`logger` and, where they are known, `request_id`, `run_id`, `user`, "
        "`user_id`, `worker`, `client`, `exception` (a traceback), `stack`."
    )


class LogList(RootModel[list[LogView]]):
    """Records of the log, the newest first."""


def log_view(entry: LogEntry) -> dict[str, Any]:
    """Encode an entry."""
    return {
        "timestamp": time_text(entry.at),
        "level": entry.level,
        "message": entry.message,
        "metadata": entry.metadata,
    }


@blueprint.get("/logs")
@for_role(Role.OPERATOR)
@may_be_anonymous
@tag(["logs"])
@validate_querystring(LogsQuery)
@document_response(LogList)
async def find(query_args: LogsQuery) -> Response:
    """List what all workers logged, the newest first; those of other workers a second late.

    One id finds everything: that of a request also what the run did that it began, on any worker.
    With `PUERTO_ANONYMOUS_KEY` it needs no credentials, if the key may read it.
    """
    query = LogQuery(
        limit=query_args.limit,
        level=query_args.level,
        request_id=query_args.request_id,
        run_id=query_args.run_id,
    )
    entries = await services().logs.newest(caller(), query)
    return Response(dump([log_view(entry) for entry in entries]), content_type="application/json")
