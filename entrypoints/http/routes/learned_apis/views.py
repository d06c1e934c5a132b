"""Learned APIs as clients see them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from domain.learning.api import (
    ApiScheme,
    LearnedApi,
    OperationReport,
    OperationState,
    Override,
    Selection,
    reported,
)
from domain.learning.changes import Change, Diff
from domain.learning.credential_store import OPERATOR
from domain.learning.drafts import ApiDetails, Draft
from domain.learning.warnings import warnings
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.paging import DEFAULT_LIMIT
from domain.tools.ports import ToolSchemas
from domain.tools.tool import ToolSpec
from entrypoints.encoding import time_text
from entrypoints.http.fields import Id, Limit, NextCursor, Timestamp
from entrypoints.http.routes.learned_apis.patterns import PatternsView, patterns_view
from entrypoints.wiring.services import services

OperationCursor = Annotated[
    str,
    Field(
        description="Where to go on: `next_cursor` of the page before, as it came.",
        json_schema_extra={"pattern": "^o[1-9a-f][0-9a-f]{0,6}$"},
    ),
]


class OperationsQuery(BaseModel):
    """Which of the operations are told of."""

    limit: Limit = DEFAULT_LIMIT
    cursor: OperationCursor | None = None


class ApiView(BaseModel):
    """A learned API, in short."""

    id: Id | None = Field(description="Null in a preview, which keeps nothing.")
    name: str
    type: Literal["openapi"]
    source: str | None = Field(description="The document's address; null if it was sent.")
    title: str = Field(description="What the document calls the API.")
    endpoints: int = Field(description="How many operations the document has.")
    tool_count: int = Field(description="How many of them are offered as tools.")
    created_at: Timestamp
    learned_at: Timestamp = Field(description="When the document was last read.")
    status: Literal["active", "waiting"] = Field(
        description="`waiting`: a new version would break something, and waits to be accepted."
    )
    problem: str = Field(description="Why the last refresh changed nothing, if it did not.")


class SchemeView(BaseModel):
    """A way in which the API wants to be shown who calls (Security Scheme Object)."""

    name: str
    kind: str = Field(description="`apiKey`, `http`, `oauth2`, ...")
    detail: str = Field(description="More, such as the header's name.")


class AuthView(BaseModel):
    """Whose credentials the API is called with. They themselves are never shown."""

    per_user: bool = Field(description="Each user's calls are made with the user's own.")
    schemes: list[SchemeView] = Field(description="What the document asks for.")
    set: list[str] = Field(description="For which of them the operator's are set.")


class SelectionView(BaseModel):
    """Some operations."""

    tags: list[str]
    paths: list[str]
    methods: list[str]
    operations: list[str]


class OverrideView(BaseModel):
    """What is wanted otherwise of one operation; null: as the document has it."""

    name: str | None
    description: str | None
    effect: Literal["read", "write", "destructive"] | None
    enabled: bool
    idempotent: bool | None


class VerdictView(BaseModel):
    """What a provider makes of a tool; `GET /api/tools/{name}/schemas/{provider}` says more."""

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


class ChangeView(BaseModel):
    """A tool, and what changes of it."""

    operation: str
    tool: str
    what: list[str]


class DiffView(BaseModel):
    """What a new version of the document does. What breaks something waits to be accepted."""

    added: list[ChangeView]
    changed: list[ChangeView]
    breaking: list[ChangeView] = Field(
        description="Parameters that are gone or newly required, types that take less, an effect "
        "that does more harm, another address or other credentials."
    )
    gone: list[ChangeView]


class ApiDetail(PatternsView, ApiView):
    """A learned API, with its tools and a page of its operations."""

    tools: list[str] = Field(description="The names of all tools that are offered.")
    warnings: list[str]
    base_url: str = Field(description="The API's address; empty: the document's.")
    include: SelectionView
    exclude: SelectionView
    overrides: dict[str, OverrideView] = Field(description="By operation.")
    requests_per_second: float
    auth: AuthView
    waiting: str | None = Field(description="The digest of the version that waits, if one does.")
    diff: DiffView | None = Field(description="What that one, or this refresh, does.")
    operations: list[OperationView]
    next_cursor: NextCursor


def api_view(api: LearnedApi) -> dict[str, Any]:
    """Return an API in short."""
    return {
        "id": api.id,
        "name": api.name,
        "type": "openapi",
        "source": api.source or None,
        "title": api.title,
        "endpoints": api.endpoints,
        "tool_count": api.tools,
        "created_at": time_text(api.created_at),
        "learned_at": time_text(api.learned_at),
        "status": "waiting" if api.waiting else "active",
        "problem": api.problem,
    }


async def stored_view(api_id: str, query: OperationsQuery | None = None) -> dict[str, Any]:
    """Return an API as it is kept, with its tools and a page of its operations.

    Raises:
        NotFound: there is none.
        InvalidRequest: the cursor did not come from here.

    """
    query, at_hand = query or OperationsQuery(), services()
    found = await at_hand.learning.details(api_id, _first(query), query.limit)
    given = await at_hand.keyring.schemes(api_id, OPERATOR)
    return await _detail_view(found, given, query)


async def draft_view(draft: Draft, query: OperationsQuery | None = None) -> dict[str, Any]:
    """Return an API as it would be, with its tools and a page of its operations.

    Raises:
        InvalidRequest: the cursor did not come from here.

    """
    query = query or OperationsQuery()
    first = _first(query)
    operations = draft.version.operations[first : first + query.limit]
    found = ApiDetails(draft.api, draft.summary, operations, draft.diff)
    given: Iterable[str] | None = draft.credentials
    if given is None:
        given = await services().keyring.schemes(draft.api.id, OPERATOR)
    view = await _detail_view(found, list(given), query)
    return view | {"warnings": view["warnings"] + await services().learning.closed_hosts(draft)}


async def _detail_view(
    found: ApiDetails, given: Sequence[str], query: OperationsQuery
) -> dict[str, Any]:
    api, summary = found.api, found.summary
    settings, last = api.settings, _first(query) + query.limit
    return api_view(api) | {
        "tools": summary.tools,
        "warnings": list(warnings(api, summary, given)),
        "base_url": settings.base_url,
        "include": _selection(settings.include),
        "exclude": _selection(settings.exclude),
        "overrides": {name: _override(each) for name, each in settings.overrides.items()},
        "requests_per_second": settings.per_second,
        **patterns_view(settings),
        "auth": {
            "per_user": settings.per_user,
            "schemes": scheme_views(summary.schemes),
            "set": list(given),
        },
        "waiting": api.waiting or None,
        "diff": None if found.diff is None else _diff(found.diff),
        "operations": await asyncio.to_thread(_operations, found, services().tool_schemas),
        "next_cursor": f"o{last:x}" if last < api.endpoints else None,
    }


def scheme_views(schemes: Iterable[ApiScheme]) -> list[dict[str, Any]]:
    """Return security schemes."""
    return [{"name": each.name, "kind": each.kind, "detail": each.detail} for each in schemes]


def _operations(found: ApiDetails, schemas: ToolSchemas) -> list[dict[str, Any]]:
    """Return operations, their tools compiled for every provider: work for a thread."""
    reports = (reported(found.api.settings, each) for each in found.operations)
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
    told = {provider: schemas.of(spec, provider) for provider in schemas.providers()}
    return {
        provider: {
            "taken": schema.refusal is None,
            "losses": len(schema.losses),
            "refusal": schema.refusal,
        }
        for provider, schema in told.items()
    }


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        "tags": list(selection.tags),
        "paths": list(selection.paths),
        "methods": list(selection.methods),
        "operations": list(selection.operations),
    }


def _override(override: Override) -> dict[str, Any]:
    return {
        "name": override.name,
        "description": override.description,
        "effect": override.effect,
        "enabled": override.enabled,
        "idempotent": override.idempotent,
    }


def _diff(diff: Diff) -> dict[str, Any]:
    parts: Mapping[str, Sequence[Change]] = {
        "added": diff.added,
        "changed": diff.changed,
        "breaking": diff.breaking,
        "gone": diff.gone,
    }
    return {
        name: [
            {"operation": each.operation, "tool": each.tool, "what": list(each.what)}
            for each in changes
        ]
        for name, changes in parts.items()
    }


def _first(query: OperationsQuery) -> int:
    return 0 if query.cursor is None else _read_cursor(query.cursor)


def _read_cursor(cursor: str) -> int:
    try:
        number = int(cursor.removeprefix("o"), 16) if cursor.startswith("o") else 0
    except ValueError:
        number = 0
    if not 0 < number < 1 << 28:
        message = "This is not a cursor of this list. Send next_cursor as it came, or none."
        raise InvalidRequest(message, [FieldProblem("cursor", message)])
    return number
