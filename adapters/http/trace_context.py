"""Trace context of requests: clients of httpx2 send it along by an event hook."""

from typing import TYPE_CHECKING

from domain.telemetry.traces import trace_headers

if TYPE_CHECKING:
    import httpx2


async def add_trace_context(request: "httpx2.Request") -> None:
    """Add the header of the work that makes the request, unless that gave one of its own."""
    for name, value in trace_headers().items():
        request.headers.setdefault(name, value)
