"""The observer that makes spans and metrics of OpenTelemetry of what runs do, without content."""

from contextvars import Token
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.genai.handler import TelemetryHandler
from opentelemetry.util.genai.invocation import (
    GenAIInvocation,
    InferenceInvocation,
)
from opentelemetry.util.genai.types import Error
from typing_extensions import override

from adapters.telemetry import names
from adapters.telemetry.trace_ids import seeded
from domain.telemetry.ports import (
    ModelWork,
    Observation,
    RunWork,
    Telemetry,
    ToolWork,
    Work,
    WorkEnding,
)
from domain.telemetry.traces import TRACEPARENT, send_along, send_no_longer

_PROPAGATOR: Final = TraceContextTextMapPropagator()


class OpenTelemetryObserver(Telemetry):
    """Makes a span of each piece of work. Those of a run are below its own, on any worker."""

    def __init__(self, handler: TelemetryHandler) -> None:
        self._handler = handler

    @override
    def begin(self, work: Work) -> Observation:
        match work:
            case RunWork():
                return _SpanOfRun(self._run(work))
            case ModelWork(provider, model):
                named = names.PROVIDERS.get(provider, provider)
                return _SpanOfModel(self._handler.inference(named, request_model=model))
            case ToolWork(tool, plugin, call_id):
                invocation = self._handler.tool(tool, tool_type="function")
                invocation.tool_call_id = call_id
                invocation.attributes[names.PLUGIN] = plugin
                return _SpanOfTool(invocation)

    def _run(self, work: RunWork) -> GenAIInvocation:
        """Begin the span of a run: in its caller's trace, else in one that its id decides.

        So a worker that takes a run over goes on with its trace.
        """
        context = _PROPAGATOR.extract({TRACEPARENT: work.traceparent}, Context())
        with seeded(work.run_id):
            invocation = self._handler.invoke_local_agent(
                agent_name=work.agent or names.AGENT,
                conversation_id=work.conversation_id or None,
                context=context,
            )
        invocation.attributes[names.RUN_ID] = work.run_id
        invocation.attributes[names.RUN_TAKEN_OVER] = work.is_takeover
        if work.waited is not None:
            invocation.attributes[names.RUN_WAITED] = work.waited
        return invocation


class _Span(Observation):
    """A span under way; requests to other services carry it."""

    def __init__(self, invocation: Any) -> None:
        self._invocation = invocation
        self._token: Token[Any] = send_along(_traceparent(invocation))

    @override
    def first_piece(self) -> None:
        """Note nothing: only models' answers come in pieces."""

    @override
    def end(self, ending: WorkEnding) -> None:
        try:
            self._describe(ending)
        finally:
            if ending.error:
                # Without a message: it may quote what was said.
                self._invocation.fail(Error(message=None, type=ending.error))
            else:
                self._invocation.stop()
            send_no_longer(self._token)

    def _describe(self, ending: WorkEnding) -> None:
        """Add what is known at the end."""


class _SpanOfRun(_Span):
    @override
    def _describe(self, ending: WorkEnding) -> None:
        self._invocation.attributes[names.RUN_STATUS] = ending.status


class _SpanOfModel(_Span):
    def __init__(self, invocation: InferenceInvocation) -> None:
        super().__init__(invocation)

    @override
    def first_piece(self) -> None:
        self._invocation.record_stream_chunk()

    @override
    def _describe(self, ending: WorkEnding) -> None:
        if ending.status == "cancelled":
            self._invocation.attributes[names.CANCELLED] = True
        if ending.finish:
            self._invocation.finish_reasons = [ending.finish]
            self._invocation.input_tokens = ending.input_tokens
            self._invocation.output_tokens = ending.output_tokens
            self._invocation.cache_read_input_tokens = ending.cached_tokens


class _SpanOfTool(_Span):
    @override
    def _describe(self, ending: WorkEnding) -> None:
        self._invocation.attributes[names.CALL_STATUS] = ending.status


def _traceparent(invocation: GenAIInvocation) -> str:
    found = invocation.span.get_span_context()
    trace_id, span_id = format_trace_id(found.trace_id), format_span_id(found.span_id)
    return f"00-{trace_id}-{span_id}-{found.trace_flags:02x}"
