"""Encoding of learned APIs in responses."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.settings import Override, Selection
from domain.learning.api.version import ApiScheme
from domain.learning.diff.changes import Diff, ToolChange
from domain.learning.drafts import Draft
from domain.learning.inspection import ApiDetails
from entrypoints.encoding import time_text
from entrypoints.http.fields import Id, NextCursor, Timestamp
from entrypoints.http.routes.learned_apis.operations import (
    OperationsQuery,
    OperationView,
    first_of,
    next_cursor,
    operation_views,
)
from entrypoints.http.routes.learned_apis.patterns import PatternsView, patterns_view
from entrypoints.wiring.services import services


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
    """Overrides of one operation; null means as in the document."""

    name: str | None
    description: str | None
    effect: Literal["read", "write", "destructive"] | None
    enabled: bool
    idempotent: bool | None


class ChangeView(BaseModel):
    """A tool, and what changes of it."""

    operation: str
    tool: str
    what: list[str]


class DiffView(BaseModel):
    """The changes of a new version of the document. Breaking changes wait to be accepted."""

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
    """Encode an API without details."""
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
    """Encode a stored API with its tools and a page of its operations.

    Raises:
        NotFound: there is no such API.
        InvalidRequest: the cursor is not one of this list.

    """
    query = query or OperationsQuery()
    details = await services().apis.inspection.stored(api_id, first_of(query), query.limit)
    return await _detail_view(details, query)


async def draft_view(draft: Draft, query: OperationsQuery | None = None) -> dict[str, Any]:
    """Encode the draft of an API with its tools and a page of its operations.

    Raises:
        InvalidRequest: the cursor is not one of this list.

    """
    query = query or OperationsQuery()
    details = await services().apis.inspection.draft(draft, first_of(query), query.limit)
    return await _detail_view(details, query)


async def _detail_view(details: ApiDetails, query: OperationsQuery) -> dict[str, Any]:
    api, summary, settings = details.api, details.summary, details.api.settings
    return api_view(api) | {
        "tools": summary.tools,
        "warnings": list(details.warnings),
        "base_url": settings.base_url,
        "include": _selection(settings.include),
        "exclude": _selection(settings.exclude),
        "overrides": {name: _override(each) for name, each in settings.overrides.items()},
        "requests_per_second": settings.per_second,
        **patterns_view(settings),
        "auth": {
            "per_user": settings.per_user,
            "schemes": scheme_views(summary.schemes),
            "set": list(details.given),
        },
        "waiting": api.waiting or None,
        "diff": None if details.diff is None else _diff(details.diff),
        "operations": await asyncio.to_thread(
            operation_views, settings, details.operations, services().tool_schemas
        ),
        "next_cursor": next_cursor(query, api.endpoints),
    }


def scheme_views(schemes: Iterable[ApiScheme]) -> list[dict[str, Any]]:
    """Encode security schemes."""
    return [{"name": each.name, "kind": each.kind, "detail": each.detail} for each in schemes]


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
    parts: Mapping[str, Sequence[ToolChange]] = {
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
