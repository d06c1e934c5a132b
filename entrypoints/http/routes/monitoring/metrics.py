"""Routes of metrics, as JSON and for Prometheus: of the service and of plugins."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import BaseModel, Field, RootModel
from quart import Blueprint, Response
from quart_schema import document_response, tag

from domain.accounts.users import Role
from domain.models.ports import NOT_CONFIGURED
from domain.monitoring import counting
from domain.monitoring.alerts import Severity
from domain.monitoring.readings import Readings
from domain.monitoring.worker_heartbeats import ServiceFigures
from domain.telemetry import metrics as declared
from domain.telemetry.metrics import Metric
from domain.webhooks.dispatcher import DELIVERIES, DISABLED
from entrypoints.encoding import time_text
from entrypoints.http.exposition import CONTENT_TYPE, Family, exposition, labelled, measured, single
from entrypoints.http.fields import Timestamp
from entrypoints.http.security.guard import for_role
from entrypoints.settings.version import VERSION
from entrypoints.wiring.services import services

blueprint = Blueprint("metrics", __name__)

ALERTS_SHOWN: Final = 100


class AlertCounts(BaseModel):
    """The number of alerts of each severity."""

    critical: int
    warning: int
    ok: int


class Infrastructure(BaseModel):
    """The machines in the clouds; 0 where a cloud is not enabled."""

    aws_instances: int
    azure_vms: int
    gcp_instances: int


class AgentStats(BaseModel):
    """Totals since the service was installed, and its uptime."""

    total_messages: int
    tools_executed: int
    uptime_seconds: int


class OpenAlert(BaseModel):
    """An alert that is not ok."""

    plugin: str
    key: str = Field(description="Names the thing that is watched, for good.")
    severity: Severity
    title: str
    since: Timestamp
    details: dict[str, Any]


class SourceView(BaseModel):
    """A plugin that is asked for figures and alerts."""

    plugin: str
    asked_at: Timestamp
    figures: dict[str, float] = Field(description="The last that it gave.")
    problem: str = Field(description="Why it could not say more; empty if all is well.")


class Metrics(BaseModel):
    """The figures."""

    alerts: AlertCounts
    infrastructure: Infrastructure
    agent_stats: AgentStats
    open_alerts: list[OpenAlert] = Field(description=f"The worst first, {ALERTS_SHOWN} at most.")
    sources: list[SourceView]


def metrics_view(readings: Readings, figures: ServiceFigures) -> dict[str, Any]:
    """Encode the metrics."""
    counts = readings.figures()
    return {
        "alerts": {severity.value: readings.count(severity) for severity in Severity},
        "infrastructure": {name: int(counts.get(name, 0)) for name in Infrastructure.model_fields},
        "agent_stats": {
            "total_messages": figures.totals.get(counting.MESSAGES, 0),
            "tools_executed": figures.totals.get(counting.TOOLS_EXECUTED, 0),
            "uptime_seconds": int(figures.uptime_seconds),
        },
        "open_alerts": [
            {
                "plugin": each.plugin,
                "key": each.alert.key,
                "severity": each.alert.severity,
                "title": each.alert.title,
                "since": time_text(each.since),
                "details": dict(each.alert.details),
            }
            for each in readings.alerts
        ],
        "sources": [
            {
                "plugin": each.plugin,
                "asked_at": time_text(each.at),
                "figures": dict(each.figures),
                "problem": each.problem,
            }
            for each in readings.sources
        ],
    }


@blueprint.get("/api/metrics")
@for_role(Role.OPERATOR)
@tag(["metrics"])
@document_response(Metrics)
async def metrics() -> dict[str, Any]:
    """Look at the figures. Those that plugins give are asked for once a minute."""
    all_services = services()
    readings = await all_services.monitoring.read(ALERTS_SHOWN)
    return metrics_view(readings, await all_services.worker_monitor.read())


class MetricsText(RootModel[str]):
    """The figures in Prometheus' text format, version 0.0.4."""

    media_types: ClassVar = ("text/plain",)


@blueprint.get("/metrics")
@for_role(Role.OPERATOR)
@tag(["metrics"])
@document_response(MetricsText)
async def prometheus() -> Response:
    """Look at the figures as Prometheus does. They are those of all workers together."""
    all_services = services()
    readings = await all_services.monitoring.read(0)
    figures = await all_services.worker_monitor.read()
    deliveries = await all_services.webhooks.deliveries.pending()
    families = [
        *_of_service(figures),
        single(declared.WEBHOOK_DELIVERIES, deliveries),
        *measured(declared.MEASURED, figures.samples),
        *_of_providers(figures),
        *_of_plugins(readings),
    ]
    return Response(exposition(families), content_type=CONTENT_TYPE)


def _of_service(figures: ServiceFigures) -> Iterator[Family]:
    totals = figures.totals
    yield labelled(declared.INFO, ((VERSION,), 1))
    yield single(declared.WORKERS, figures.workers)
    yield single(declared.UPTIME, figures.uptime_seconds)
    yield single(declared.RUNS_ACTIVE, figures.runs)
    yield single(declared.RUNS_QUEUED, figures.backlog.queued)
    yield single(declared.CONSENTS_WAITING, figures.backlog.consents)
    yield single(declared.STREAMS_ACTIVE, figures.streams)
    yield single(declared.MESSAGES, totals.get(counting.MESSAGES, 0))
    yield single(declared.TOOLS_EXECUTED, totals.get(counting.TOOLS_EXECUTED, 0))
    yield _by_ending(declared.TOOL_CALLS, counting.TOOL_CALLS, figures)
    yield _by_ending(declared.RUNS, counting.RUNS, figures)
    yield _by_ending(declared.DELETED, counting.DELETED, figures)
    yield single(declared.LOG_DROPPED, totals.get(counting.LOG_DROPPED, 0))
    yield _by_ending(declared.WEBHOOK_TRIES, DELIVERIES, figures)
    yield _by_ending(declared.WEBHOOKS_DISABLED, DISABLED, figures)


def _by_ending(metric: Metric, prefix: str, figures: ServiceFigures) -> Family:
    samples = [
        ((counted.removeprefix(prefix),), number)
        for counted, number in sorted(figures.totals.items())
        if counted.startswith(prefix)
    ]
    return labelled(metric, *samples)


def _of_providers(figures: ServiceFigures) -> Iterator[Family]:
    states = services().models.states()
    configured = [((name,), int(state != NOT_CONFIGURED)) for name, state in states.items()]
    failing = [((name,), len(figures.failing.get(name, ()))) for name in states]
    yield labelled(declared.PROVIDER_CONFIGURED, *configured)
    yield labelled(declared.PROVIDER_FAILING, *failing)


def _of_plugins(readings: Readings) -> Iterator[Family]:
    counts, sources = readings.counts, readings.sources
    figures = [
        ((source.plugin, name), value)
        for source in sources
        for name, value in source.figures.items()
    ]
    alerts = [
        ((source.plugin, each.value), counts.get((source.plugin, each), 0))
        for source in sources
        for each in Severity
    ]
    yield labelled(declared.FIGURE, *figures)
    yield labelled(declared.ALERTS, *alerts)
    yield labelled(
        declared.SOURCE_UP, *(((each.plugin,), int(not each.problem)) for each in sources)
    )
    asked = [((each.plugin,), each.at.timestamp()) for each in sources]
    yield labelled(declared.SOURCE_ASKED, *asked)
