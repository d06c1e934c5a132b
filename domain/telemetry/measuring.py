"""The observer that measures: durations, first pieces, tokens and errors, for Prometheus."""

import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Final

from typing_extensions import override

from domain.telemetry import metrics
from domain.telemetry.measurements import OTHER, Measurements
from domain.telemetry.ports import (
    ModelWork,
    Observation,
    RunWork,
    Telemetry,
    ToolWork,
    Work,
    WorkEnding,
)

COMPLETED: Final = "completed"

Seconds = Callable[[], float]


class MeasuringTelemetry(Telemetry):
    """Measures all work. ``seconds`` is a clock that only goes forward."""

    def __init__(self, measurements: Measurements, seconds: Seconds = time.perf_counter) -> None:
        self._measurements = measurements
        self._seconds = seconds

    @override
    def begin(self, work: Work) -> Observation:
        match work:
            case RunWork():
                return _MeasuredRun(work, self._measurements, self._seconds)
            case ModelWork():
                return _MeasuredModel(work, self._measurements, self._seconds)
            case ToolWork():
                return _MeasuredTool(work, self._measurements, self._seconds)


class _Measured(Observation):
    __slots__ = ("_began", "_measurements", "_seconds")

    def __init__(self, measurements: Measurements, seconds: Seconds) -> None:
        self._measurements = measurements
        self._seconds = seconds
        self._began = seconds()

    @property
    def _elapsed(self) -> float:
        return self._seconds() - self._began

    @override
    def first_piece(self) -> None:
        """Note nothing: only models' answers come in pieces."""


class _MeasuredRun(_Measured):
    __slots__ = ("_is_heard", "_token", "_waited")

    def __init__(self, work: RunWork, measurements: Measurements, seconds: Seconds) -> None:
        super().__init__(measurements, seconds)
        self._waited = work.waited or 0.0
        self._is_heard = False
        self._token: Token[_MeasuredRun | None] = _run.set(self)
        if work.waited is not None:
            measurements.observe(metrics.RUN_WAIT, work.waited)
        if work.is_takeover:
            measurements.count(metrics.TAKEOVERS)

    @override
    def first_piece(self) -> None:
        if not self._is_heard:
            self._is_heard = True
            self._measurements.observe(metrics.RUN_FIRST_PIECE, self._waited + self._elapsed)

    @override
    def end(self, ending: WorkEnding) -> None:
        _run.reset(self._token)
        seconds = self._waited + self._elapsed
        self._measurements.observe(metrics.RUN_SECONDS, seconds, ending.status)


# The run for which the current task works: the steps of a run are tasks of its own.
_run: ContextVar[_MeasuredRun | None] = ContextVar("measured_run", default=None)


class _MeasuredModel(_Measured):
    __slots__ = ("_first_piece", "_work")

    def __init__(self, work: ModelWork, measurements: Measurements, seconds: Seconds) -> None:
        super().__init__(measurements, seconds)
        self._work = work
        self._first_piece: float | None = None

    @override
    def first_piece(self) -> None:
        self._first_piece = self._elapsed
        if (run := _run.get()) is not None:
            run.first_piece()

    @override
    def end(self, ending: WorkEnding) -> None:
        measured, provider = self._measurements, self._work.provider
        # The user chooses the model: a name that no provider answered to fills no series.
        model = self._work.model if ending.status == COMPLETED else OTHER
        measured.observe(metrics.MODEL_SECONDS, self._elapsed, provider, model, ending.status)
        if self._first_piece is not None:
            measured.observe(metrics.MODEL_FIRST_PIECE, self._first_piece, provider, model)
        if ending.error:
            measured.count(metrics.MODEL_ERRORS, provider, ending.error)
        tokens = {
            "input": ending.input_tokens,
            "output": ending.output_tokens,
            "cached": ending.cached_tokens,
        }
        for direction, number in tokens.items():
            if number:
                measured.count(metrics.MODEL_TOKENS, provider, model, direction, number=number)


class _MeasuredTool(_Measured):
    __slots__ = ("_work",)

    def __init__(self, work: ToolWork, measurements: Measurements, seconds: Seconds) -> None:
        super().__init__(measurements, seconds)
        self._work = work

    @override
    def end(self, ending: WorkEnding) -> None:
        self._measurements.observe(
            metrics.TOOL_SECONDS, self._elapsed, self._work.tool, ending.status
        )
