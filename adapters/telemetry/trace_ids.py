"""Trace ids: that of a run follows from the run's id, so that all its workers have the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from typing_extensions import override

_seed: ContextVar[str] = ContextVar("trace_seed", default="")


@contextmanager
def seeded(run_id: str) -> Iterator[None]:
    """Let a trace that begins within the block have the id that belongs to this run."""
    token = _seed.set(run_id)
    try:
        yield
    finally:
        _seed.reset(token)


class RunTraceIds(RandomIdGenerator):
    """Makes trace ids of runs' ids, by a hash: samplers want random bits, which ids have not."""

    @override
    def generate_trace_id(self) -> int:
        seed = _seed.get()
        if not seed:
            return super().generate_trace_id()
        return int.from_bytes(sha256(seed.encode()).digest()[:16])
