"""The service's metrics: the one table from which `/metrics` and its reference page are made.

Names follow Prometheus' rules: base units, counters end in ``_total``. The bounds of histograms are
those of OpenTelemetry's conventions for generative AI, so that both sides compare.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MetricKind(StrEnum):
    """The types of metrics, in Prometheus' words."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name, what it means, its labels, and the upper bounds of its buckets.

    ``open_label`` is the one label whose values the service does not know beforehand: of these only
    a limited number is told apart.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    open_label: str = ""


BOUNDS: Final = tuple(round(0.01 * 2**power, 2) for power in range(14))  # 0.01 to 81.92
RUN_BOUNDS: Final = tuple(round(0.1 * 2**power, 1) for power in range(13))  # 0.1 to 409.6


def _gauge(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, meaning, labels)


def _counter(name: str, meaning: str, *labels: str, open_label: str = "") -> Metric:
    return Metric(name, MetricKind.COUNTER, meaning, labels, open_label=open_label)


def _histogram(
    name: str,
    meaning: str,
    *labels: str,
    bounds: tuple[float, ...] = BOUNDS,
    open_label: str = "",
) -> Metric:
    return Metric(name, MetricKind.HISTOGRAM, meaning, labels, bounds, open_label)


INFO: Final = _gauge("puerto_info", "Which version runs.", "version")
WORKERS: Final = _gauge("puerto_workers", "Processes that serve.")
UPTIME: Final = _gauge("puerto_uptime_seconds", "Age of the oldest worker.")
RUNS_ACTIVE: Final = _gauge("puerto_runs_active", "Runs that are driven now.")
RUNS_QUEUED: Final = _gauge(
    "puerto_runs_queued", "Runs that no worker drives, and that the next one takes up."
)
CONSENTS_WAITING: Final = _gauge("puerto_consents_waiting", "Requests that wait for a human.")
STREAMS_ACTIVE: Final = _gauge("puerto_streams_active", "Runs that are followed now.")
MESSAGES: Final = _counter("puerto_messages_total", "Questions and answers.")
TOOLS_EXECUTED: Final = _counter("puerto_tools_executed_total", "Calls of tools that were started.")
TOOL_CALLS: Final = _counter("puerto_tool_calls_total", "Calls, by outcome.", "outcome")
RUNS: Final = _counter("puerto_runs_total", "Runs, by how they ended.", "status")
LIMIT_VERDICTS: Final = _counter(
    "puerto_rate_limit_verdicts_total",
    "Requests and attempts that rate limits allowed or refused.",
    "policy",
    "verdict",
)
WEBHOOK_TRIES: Final = _counter("puerto_webhook_tries_total", "Tries of deliveries.", "outcome")
WEBHOOKS_DISABLED: Final = _counter(
    "puerto_webhooks_disabled_total", "Webhooks that accept nothing any more.", "reason"
)
WEBHOOK_DELIVERIES: Final = _gauge(
    "puerto_webhook_deliveries_pending", "Deliveries that are still to arrive."
)
DELETED: Final = _counter("puerto_deleted_total", "Rows deleted because they were old.", "kind")
LOG_DROPPED: Final = _counter(
    "puerto_log_entries_dropped_total",
    "Records of the log that came too fast to be kept in the database.",
)
TAKEOVERS: Final = _counter(
    "puerto_runs_taken_over_total", "Runs taken over from workers that died or stopped."
)
RUN_WAIT: Final = _histogram(
    "puerto_run_wait_seconds", "From a message's arrival to the start of its run."
)
RUN_FIRST_PIECE: Final = _histogram(
    "puerto_run_first_piece_seconds",
    "From a message's arrival, or a run's takeover, to the first piece of an answer.",
)
RUN_SECONDS: Final = _histogram(
    "puerto_run_seconds",
    "From a message's arrival, or a run's takeover, to its end, or to where it waits for a human "
    "(waiting_consent) or is handed over (handed_over).",
    "status",
    bounds=RUN_BOUNDS,
)
MODEL_FIRST_PIECE: Final = _histogram(
    "puerto_model_first_piece_seconds",
    "From a request to a model to the first piece of its answer.",
    "provider",
    "model",
    open_label="model",
)
MODEL_SECONDS: Final = _histogram(
    "puerto_model_seconds",
    "From a request to a model to the end of its answer. Of failed requests the model is `other`.",
    "provider",
    "model",
    "status",
    open_label="model",
)
MODEL_ERRORS: Final = _counter(
    "puerto_model_errors_total", "Failed requests to models, by reason.", "provider", "reason"
)
MODEL_TOKENS: Final = _counter(
    "puerto_model_tokens_total",
    "Tokens of whole answers: input, output, and cached, which are a part of input.",
    "provider",
    "model",
    "direction",
    open_label="model",
)
TOOL_SECONDS: Final = _histogram(
    "puerto_tool_seconds",
    "How long attempts of calls took.",
    "tool",
    "status",
    open_label="tool",
)
PROVIDER_CONFIGURED: Final = _gauge(
    "puerto_provider_configured", "Whether a provider of models can be asked.", "provider"
)
PROVIDER_FAILING: Final = _gauge(
    "puerto_provider_failing_workers", "Workers to which a provider of models fails.", "provider"
)
FIGURE: Final = _gauge("puerto_figure", "What a plugin counts.", "plugin", "name")
ALERTS: Final = _gauge("puerto_alerts", "Alerts, by severity.", "plugin", "severity")
SOURCE_UP: Final = _gauge(
    "puerto_source_up", "Whether a plugin said all that it was asked.", "plugin"
)
SOURCE_ASKED: Final = _gauge(
    "puerto_source_asked_timestamp_seconds", "When a plugin was last asked.", "plugin"
)

METRICS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
MEASURED: Final = (
    LIMIT_VERDICTS,
    TAKEOVERS,
    RUN_WAIT,
    RUN_FIRST_PIECE,
    RUN_SECONDS,
    MODEL_FIRST_PIECE,
    MODEL_SECONDS,
    MODEL_ERRORS,
    MODEL_TOKENS,
    TOOL_SECONDS,
)
"""Those that `Measurements` counts; the others are read where they are shown."""
