"""Routes of metrics, as JSON and for Prometheus: of the service and of plugins."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import BaseModel, Field, RootModel
from quart import Blueprint, Response
from quart_schema import document_response, tag

from domain.accounts.users import Role
from domain.models.ports import NOT_CONFIGURED
from domain.monitoring.alerts import Severity
from domain.monitoring.counting import (
    DELETED,
    LOG_DROPPED,
    MESSAGES,
    RUNS,
    TOOL_CALLS,
    TOOLS_EXECUTED,
)
from domain.monitoring.readings import Readings
from domain.monitoring.worker_heartbeats import ServiceFigures
from domain.webhooks.dispatcher import DELIVERIES
from entrypoints.encoding import time_text
from entrypoints.http.exposition import CONTENT_TYPE, Family, exposition, single
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
            "total_messages": figures.totals.get(MESSAGES, 0),
            "tools_executed": figures.totals.get(TOOLS_EXECUTED, 0),
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
    families = [*_of_service(figures), *_of_plugins(readings)]
    return Response(exposition(families), content_type=CONTENT_TYPE)


def _of_service(figures: ServiceFigures) -> Iterator[Family]:
    totals, all_services = figures.totals, services()
    yield Family("puerto_info", "gauge", "Which version runs.", [({"version": VERSION}, 1)])
    yield single("puerto_workers", "gauge", "Processes that serve.", figures.workers)
    yield single(
        "puerto_uptime_seconds", "gauge", "Age of the oldest worker.", figures.uptime_seconds
    )
    yield single("puerto_runs_active", "gauge", "Runs that are driven now.", figures.runs)
    yield single("puerto_streams_active", "gauge", "Runs that are followed now.", figures.streams)
    yield single(
        "puerto_messages_total", "counter", "Questions and answers.", totals.get(MESSAGES, 0)
    )
    yield single(
        "puerto_tools_executed_total",
        "counter",
        "Calls of tools that were started.",
        totals.get(TOOLS_EXECUTED, 0),
    )
    yield _by_ending(
        "puerto_tool_calls_total", "outcome", "Calls, by outcome.", TOOL_CALLS, figures
    )
    yield _by_ending(
        "puerto_webhook_tries_total", "outcome", "Tries of deliveries.", DELIVERIES, figures
    )
    yield _by_ending("puerto_runs_total", "status", "Runs, by how they ended.", RUNS, figures)
    yield _by_ending(
        "puerto_deleted_total", "kind", "Rows deleted because they were old.", DELETED, figures
    )
    yield single(
        "puerto_log_entries_dropped_total",
        "counter",
        "Records of the log that came too fast to be kept in the database.",
        totals.get(LOG_DROPPED, 0),
    )
    states = all_services.models.states()
    yield Family(
        "puerto_provider_configured",
        "gauge",
        "Whether a provider of models can be asked.",
        [({"provider": name}, int(state != NOT_CONFIGURED)) for name, state in states.items()],
    )
    yield Family(
        "puerto_provider_failing_workers",
        "gauge",
        "Workers to which a provider of models fails.",
        [({"provider": name}, len(figures.failing.get(name, ()))) for name in states],
    )


def _by_ending(name: str, label: str, meaning: str, prefix: str, figures: ServiceFigures) -> Family:
    samples = [
        ({label: counted.removeprefix(prefix)}, number)
        for counted, number in sorted(figures.totals.items())
        if counted.startswith(prefix)
    ]
    return Family(name, "counter", meaning, samples)


def _of_plugins(readings: Readings) -> Iterator[Family]:
    yield Family(
        "puerto_figure",
        "gauge",
        "What a plugin counts.",
        [
            ({"plugin": source.plugin, "name": name}, value)
            for source in readings.sources
            for name, value in source.figures.items()
        ],
    )
    yield Family(
        "puerto_alerts",
        "gauge",
        "Alerts, by severity.",
        [
            (
                {"plugin": source.plugin, "severity": each},
                readings.counts.get((source.plugin, each), 0),
            )
            for source in readings.sources
            for each in Severity
        ],
    )
    yield Family(
        "puerto_source_up",
        "gauge",
        "Whether a plugin said all that it was asked.",
        [({"plugin": source.plugin}, int(not source.problem)) for source in readings.sources],
    )
    yield Family(
        "puerto_source_asked_timestamp_seconds",
        "gauge",
        "When a plugin was last asked.",
        [({"plugin": source.plugin}, source.at.timestamp()) for source in readings.sources],
    )
