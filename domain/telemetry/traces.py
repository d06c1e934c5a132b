"""Trace context between services: the header ``traceparent`` of W3C Trace Context, in and out.

Tasks inherit both: what came with a request holds for the runs that it starts, and what a piece of
work sends along holds for the requests that it makes.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Final

TRACEPARENT: Final = "traceparent"

# https://www.w3.org/TR/trace-context/#traceparent-header: a later version may add fields.
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

_of_caller: ContextVar[str] = ContextVar("caller_traceparent", default="")
_outgoing: ContextVar[Mapping[str, str]] = ContextVar("trace_headers", default=_NOTHING)


def read_traceparent(header: str | None) -> str:
    """Return a valid header in the form of version 00; empty for any other."""
    found = _FORM.fullmatch(header or "")
    if found is None:
        return ""
    version, trace_id, parent_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more is not None):
        return ""
    if not (trace_id.strip("0") and parent_id.strip("0")):
        return ""
    return f"00-{trace_id}-{parent_id}-{flags}"


def bind_caller(header: str | None) -> None:
    """Take the header of a request for the rest of its task, and for the tasks that it starts."""
    _of_caller.set(read_traceparent(header))


def caller_traceparent() -> str:
    """Return what came with the request that this task works for; empty where nothing did."""
    return _of_caller.get()


def send_along(traceparent: str) -> Token[Mapping[str, str]]:
    """Send this along with the requests that this task makes, until `send_no_longer`."""
    return _outgoing.set({TRACEPARENT: traceparent})


def send_no_longer(token: Token[Mapping[str, str]]) -> None:
    """Undo `send_along`."""
    _outgoing.reset(token)


def trace_headers() -> Mapping[str, str]:
    """Return the headers to send along with a request to another service; usually none."""
    return _outgoing.get()
