"""The figures, as clients and Prometheus read them, and clouds that are switched on."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.metrics_core import Metric as PrometheusMetric
from prometheus_client.parser import text_string_to_metric_families

from domain.accounts.users import Role
from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.counting import TOOLS_EXECUTED
from domain.monitoring.readings import MonitoringReport
from domain.telemetry.measurements import SUM, Sample
from domain.telemetry.metrics import METRICS, Metric, MetricKind
from entrypoints.http.exposition import CONTENT_TYPE, Family, exposition, measured
from tests.domain.builders import NOW
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.fakes.clock import FakeClock

LATER = NOW + timedelta(minutes=1)
NASTY = 'a"b\\c'


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def test_at_first_there_is_nothing(install: Install) -> None:
    async with install(FakeClock(datetime.now(UTC))) as started:
        operator = await started.user("olga", Role.OPERATOR)
        assert await operator.get("/api/metrics") == {
            "alerts": {"critical": 0, "warning": 0, "ok": 0},
            "infrastructure": {"aws_instances": 0, "azure_vms": 0, "gcp_instances": 0},
            "agent_stats": {"total_messages": 0, "tools_executed": 0, "uptime_seconds": 0},
            "open_alerts": [],
            "sources": [],
        }


async def test_what_plugins_say_and_the_service_did(
    installation: Installation, operator: Client
) -> None:
    await operator.json("POST", "/api/chat", {"message": "How much is 17 * 23?"})
    report = MonitoringReport(
        "aws",
        NOW,
        {"aws_instances": 15.0, "aws_instances_running": 9.0},
        [
            Alert("cpu", Severity.CRITICAL, "CPU of web-1", {"value": 99}),
            Alert("disk", Severity.OK, "Disk"),
        ],
    )
    await installation.services.monitoring.keep(report)
    await installation.services.monitoring.keep(
        MonitoringReport(NASTY, LATER, None, None, "no answer")
    )

    told = await operator.get("/api/metrics")

    assert told["alerts"] == {"critical": 1, "warning": 0, "ok": 1}
    assert told["infrastructure"] == {"aws_instances": 15, "azure_vms": 0, "gcp_instances": 0}
    assert told["agent_stats"].items() > {"total_messages": 2, "tools_executed": 1}.items()
    assert told["open_alerts"] == [
        {
            "plugin": "aws",
            "key": "cpu",
            "severity": "critical",
            "title": "CPU of web-1",
            "since": "2026-11-20T12:00:00Z",
            "details": {"value": 99},
        }
    ]
    assert [(each["plugin"], each["problem"]) for each in told["sources"]] == [
        (NASTY, "no answer"),
        ("aws", ""),
    ]

    response = await operator.send("GET", "/metrics")
    text = await response.get_data(as_text=True)
    assert response.content_type == CONTENT_TYPE
    lines = text.splitlines()
    assert {
        'puerto_figure{plugin="aws",name="aws_instances"} 15.0',
        'puerto_alerts{plugin="aws",severity="critical"} 1',
        'puerto_alerts{plugin="aws",severity="warning"} 0',
        'puerto_source_up{plugin="a\\"b\\\\c"} 0',
        "puerto_workers 1",
        "puerto_messages_total 2",
        "puerto_tools_executed_total 1",
        'puerto_runs_total{status="completed"} 1',
        'puerto_tool_calls_total{outcome="finished"} 1',
        'puerto_provider_configured{provider="openai"} 0',
        'puerto_provider_failing_workers{provider="scripted"} 0',
        "puerto_runs_active 0",
        "puerto_streams_active 0",
    } <= set(lines)
    sample = r'\w+(\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\\n]|\\.)*")*\})? -?[\d.e+-]+'
    assert all(line.startswith("# ") or re.fullmatch(sample, line) for line in lines)
    assert text.endswith("\n")


async def test_prometheus_own_parser_reads_every_family(
    installation: Installation, operator: Client
) -> None:
    await operator.json("POST", "/api/chat", {"message": "How much is 17 * 23?"})
    await installation.services.worker.stop(60)  # what is measured last is the end of a run
    families = await parsed(operator)
    assert set(families) == {metric.name.removesuffix("_total") for metric in METRICS}
    histograms = {
        metric.name: families[metric.name].samples
        for metric in METRICS
        if metric.kind is MetricKind.HISTOGRAM
    }
    for name, samples in histograms.items():
        buckets = [each.value for each in samples if each.name == f"{name}_bucket"]
        counts = [each.value for each in samples if each.name == f"{name}_count"]
        assert len(buckets) % len(counts) == 0 if counts else not buckets
    (runs,) = (
        each for each in histograms["puerto_run_seconds"] if each.name == "puerto_run_seconds_count"
    )
    assert (runs.labels, runs.value) == ({"status": "completed"}, 1)
    tools = [each.labels for each in histograms["puerto_tool_seconds"]]
    assert {"tool": "calculator", "status": "finished"} in tools
    tokens = {
        each.labels["direction"]: each.value for each in families["puerto_model_tokens"].samples
    }
    assert tokens == {"input": 30, "output": 11}


async def parsed(client: Client) -> dict[str, PrometheusMetric]:
    """Return what Prometheus reads, by the name of each metric."""
    response = await client.send("GET", "/metrics")
    text = await response.get_data(as_text=True)
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_histograms_are_cumulative_and_buckets_of_former_bounds_are_kept() -> None:
    metric = Metric("puerto_x_seconds", MetricKind.HISTOGRAM, "X.", ("tool",), (0.1, 1.0))
    samples = {
        Sample(metric.name, ("a",), "0.1"): 2.0,
        Sample(metric.name, ("a",), "0.5"): 3.0,
        Sample(metric.name, ("a",), "5.0"): 4.0,
        Sample(metric.name, ("a",), SUM): 9.5,
        Sample(metric.name, ("of", "another version"), "0.1"): 1.0,
    }
    assert exposition(measured([metric], samples)).splitlines()[2:] == [
        'puerto_x_seconds_bucket{tool="a",le="0.1"} 2.0',
        'puerto_x_seconds_bucket{tool="a",le="1.0"} 5.0',
        'puerto_x_seconds_bucket{tool="a",le="+Inf"} 9.0',
        'puerto_x_seconds_sum{tool="a"} 9.5',
        'puerto_x_seconds_count{tool="a"} 9.0',
    ]


async def test_counts_last_over_a_restart(installation: Installation, operator: Client) -> None:
    await operator.json("POST", "/api/tools/execute", {"tool": "current_time"})
    await installation.services.worker_monitor.start()
    await installation.services.worker_monitor.stop()
    figures = await installation.services.worker_monitor.read()
    assert figures.totals[TOOLS_EXECUTED] == 1
    labels = ("current_time", "finished")
    assert Sample("puerto_tool_seconds", labels, SUM) in figures.samples
    assert (await operator.get("/api/metrics"))["agent_stats"]["tools_executed"] == 1


@pytest.mark.one_engine
@pytest.mark.parametrize("path", ["/api/metrics", "/metrics"])
async def test_figures_are_for_operators(ada: Client, path: str) -> None:
    await ada.error("GET", path, 403, "FORBIDDEN")


async def test_a_cloud_is_off_until_it_is_enabled(admin: Client, ada: Client) -> None:
    async def cloud() -> tuple[str, str, int]:
        found = {each["name"]: each for each in (await admin.get("/api/plugins"))["plugins"]}["aws"]
        return found["state"], found["reason"], len(found["tools"])

    async def is_offered() -> bool:
        tools = (await ada.get("/api/tools"))["tools"]
        return "list_ec2_instances" in [tool["name"] for tool in tools if tool["enabled"]]

    off = ("disabled", "off until cloud_providers.aws.enabled is true in the configuration", 0)
    assert (await cloud(), await is_offered()) == (off, False)
    for enabled in (True, False):
        await admin.json("PUT", "/api/config", {"cloud_providers": {"aws": {"enabled": enabled}}})
        assert (await is_offered(), await cloud() == off) == (enabled, not enabled)


def test_a_family_without_samples_is_still_described() -> None:
    family = Family(Metric("puerto_x", MetricKind.GAUGE, "X."), [])
    assert exposition([family]) == "# HELP puerto_x X.\n# TYPE puerto_x gauge\n"
