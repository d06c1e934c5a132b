"""Encoding and pagination of the operations of a learned API."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from domain.learning.api.settings import ApiSettings, OperationReport, OperationState, reported
from domain.learning.api.version import ApiTool, SkippedOperation
from domain.shared.list_cursors import read_number, write_number
from domain.shared.paging import DEFAULT_LIMIT
from domain.tools.ports import ToolSchemas
from domain.tools.tool import ToolSpec
from entrypoints.http.fields import Limit, number_cursor

_LIST: Final = "operations"
OperationCursor = Annotated[str, number_cursor(_LIST)]


class OperationsQuery(BaseModel):
    """Page of the list of operations."""

    limit: Limit = DEFAULT_LIMIT
    cursor: OperationCursor | None = None


class VerdictView(BaseModel):
    """Whether a provider accepts a tool; see `GET /api/tools/{name}/schemas/{provider}`."""

    taken: bool
    losses: int = Field(description="How many things the provider is told differently.")
    refusal: str | None


class OperationView(BaseModel):
    """An operation of the document, and what became of it."""

    operation: str = Field(examples=["GET /pets/{id}"])
    operation_id: str
    tags: list[str]
    state: OperationState
    tool: str | None = Field(description="The tool's name; null of one that is skipped.")
    description: str
    effect: Literal["read", "write", "destructive"] | None
    idempotent: bool | None = Field(description="Whether an interrupted call is made again.")
    tokens: int = Field(description="About what the tool costs where a model is shown it.")
    providers: dict[str, VerdictView]
    notes: list[str] = Field(description="What was mended, left out or shortened.")
    reason: str | None = Field(description="Why it is skipped, in a word for programs.")
    pointer: str | None = Field(description="Where in the document (a JSON Pointer).")
    message: str | None = Field(description="Why it is skipped, for people.")


def operation_views(
    settings: ApiSettings, operations: Iterable[ApiTool | SkippedOperation], schemas: ToolSchemas
) -> list[dict[str, Any]]:
    """Encode operations, with their tools compiled for every provider; must run in a thread."""
    reports = (reported(settings, each) for each in operations)
    return [_operation(report, schemas) for report in reports]


def _operation(report: OperationReport, schemas: ToolSchemas) -> dict[str, Any]:
    tool, skipped = report.tool, report.skipped
    return {
        "operation": report.operation,
        "operation_id": tool.operation_id if tool else "",
        "tags": list(tool.tags) if tool else [],
        "state": report.state,
        "tool": tool.spec.name if tool else None,
        "description": tool.spec.description if tool else "",
        "effect": tool.spec.effect if tool else None,
        "idempotent": tool.spec.idempotent if tool else None,
        "tokens": tool.spec.tokens if tool else 0,
        "providers": _verdicts(tool.spec, schemas) if tool else {},
        "notes": list(tool.notes) if tool else [],
        "reason": skipped.reason if skipped else None,
        "pointer": skipped.pointer if skipped else None,
        "message": skipped.message if skipped else None,
    }


def _verdicts(spec: ToolSpec, schemas: ToolSchemas) -> dict[str, Any]:
    compiled = {provider: schemas.of(spec, provider) for provider in schemas.providers()}
    return {
        provider: {
            "taken": schema.refusal is None,
            "losses": len(schema.losses),
            "refusal": schema.refusal,
        }
        for provider, schema in compiled.items()
    }


def first_of(query: OperationsQuery) -> int:
    """Return the offset of the page.

    Raises:
        InvalidRequest: the cursor is not one of this list.

    """
    return 0 if query.cursor is None else read_number(_LIST, query.cursor)


def next_cursor(query: OperationsQuery, count: int) -> str | None:
    """Return the cursor of the next page; None after the last of ``count`` operations."""
    last = first_of(query) + query.limit
    return write_number(_LIST, last) if last < count else None
