"""Routes of health checks: liveness, readiness and the state of the parts.

None of them calls a provider.
"""

from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import document_response, tag

from domain.shared.errors import StoreUnavailable, Unavailable
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.security.guard import open_to_all
from entrypoints.settings.version import NAME, VERSION
from entrypoints.wiring.services import services

blueprint = Blueprint("health", __name__)


class Healthy(BaseModel):
    """The process answers."""

    status: Literal["healthy"]


@blueprint.get("/health")
@open_to_all
@tag(["health"])
@document_response(Healthy)
async def health() -> dict[str, Any]:
    """Say that the process answers."""
    return {"status": "healthy"}


class Health(BaseModel):
    """The service's parts, as far as they can be told without asking a provider.

    A provider is `ready`, `not configured`, or `failing: ` and why: its last answers in this
    process were failures.
    """

    status: Literal["healthy", "unhealthy"]
    service: str
    version: str
    llm_providers: dict[str, str]
    database: Literal["connected", "disconnected"]
    vector_db: str


@blueprint.get("/api/health")
@open_to_all
@tag(["health"])
@document_response(Health)
@document_response(Health, 503)
async def parts() -> tuple[dict[str, Any], int]:
    """Look at the service's parts; 503 when the database does not answer, or cannot be written."""
    answers = await services().database_answers()
    is_healthy = answers and not services().storage_problem()
    body = {
        "status": "healthy" if is_healthy else "unhealthy",
        "service": NAME,
        "version": VERSION,
        "llm_providers": dict(services().models.states()),
        "database": "connected" if answers else "disconnected",
        "vector_db": "not configured",
    }
    return body, HTTPStatus.OK if is_healthy else HTTPStatus.SERVICE_UNAVAILABLE


class Ready(BaseModel):
    """Requests are welcome."""

    status: Literal["ready"]


@blueprint.get("/api/ready")
@open_to_all
@tag(["health"])
@document_response(Ready)
@can_fail(503)
async def ready() -> dict[str, Any]:
    """Say whether requests are welcome.

    They are not while the service stops, nor without a database to write to, nor while a plugin
    that `PUERTO_PLUGINS_REQUIRED` names is not in use.
    """
    if services().worker.is_stopping:
        raise Unavailable("The service is stopping.")
    if not await services().database_answers():
        raise StoreUnavailable("The database does not answer.")
    if problem := services().storage_problem():
        raise StoreUnavailable(f"The database cannot be written to: {problem}.")
    if services().required_plugins.lacking() is not None:  # operators see which there
        raise Unavailable("A required plugin is not in use: GET /api/plugins says why.")
    return {"status": "ready"}


class Alive(BaseModel):
    """The process lives."""

    status: Literal["alive"]


@blueprint.get("/api/live")
@open_to_all
@tag(["health"])
@document_response(Alive)
async def live() -> dict[str, Any]:
    """Say that the process lives."""
    return {"status": "alive"}


class ServiceStatus(BaseModel):
    """The service runs."""

    status: Literal["running"]
    version: str
    openai_connected: bool


@blueprint.get("/status")
@open_to_all
@tag(["health"])
@document_response(ServiceStatus)
async def status() -> dict[str, Any]:
    """Say that the service runs, and whether OpenAI's API is configured and not failing."""
    connected = services().models.states().get("openai") == "ready"
    return {"status": "running", "version": VERSION, "openai_connected": connected}
