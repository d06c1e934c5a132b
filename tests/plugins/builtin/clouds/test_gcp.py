"""The plugin gcp, through Google's own libraries, against a local server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.monitoring.alerts import Severity
from domain.shared.errors import ToolFailed
from domain.tools.tool import Effect
from plugins.builtin import gcp as plugin
from plugins.builtin.gcp.alerts import gcp_alerts, list_gcp_alerts
from plugins.builtin.gcp.instances import (
    gcp_figures,
    list_gcp_instances,
    start_gcp_instances,
    stop_gcp_instances,
)
from plugins.host.host import PluginHost
from tests.plugins.builtin.clouds.conftest import InCloud, Run
from tests.plugins.builtin.clouds.wire_cloud import Told
from tests.plugins.builtin.clouds.wire_gcp import ZONE, WireGcp

FAR = "us-east1-c"
INSTANCES = {(ZONE, "web"): "RUNNING", (ZONE, "db"): "TERMINATED", (FAR, "web"): "RUNNING"}


def test_the_plugin_brings_its_tools_with_their_effects() -> None:
    host = PluginHost()
    assert host.register(plugin, "gcp").reason == ""
    effects = {tool.spec.name: tool.spec.effect for tool in host.tools()}
    assert effects == {
        "list_gcp_alerts": Effect.READ,
        "list_gcp_instances": Effect.READ,
        "start_gcp_instances": Effect.WRITE,
        "stop_gcp_instances": Effect.DESTRUCTIVE,
    }


async def test_instances_of_all_zones_and_pages(gcp: WireGcp, run: Run, in_cloud: InCloud) -> None:
    gcp.instances = dict(INSTANCES)
    found = await run(list_gcp_instances)
    assert [(each["zone"], each["name"], each["state"]) for each in found] == [
        (ZONE, "web", "running"),
        (ZONE, "db", "terminated"),
        (FAR, "web", "running"),
    ]
    assert (found[0]["type"], found[0]["internal_ip"], found[0]["external_ip"]) == (
        "e2-micro",
        "10.0.0.7",
        "203.0.113.7",
    )
    assert len(await run(list_gcp_instances, zone=FAR)) == 1
    assert gcp_figures(context=in_cloud("gcp")) == {"gcp_instances": 3, "gcp_instances_running": 2}


async def test_exactly_the_named_instance_is_stopped_and_started(gcp: WireGcp, run: Run) -> None:
    gcp.instances = dict(INSTANCES)
    with pytest.raises(ToolFailed, match="There are 2 machines 'web': say in which zone"):
        await run(stop_gcp_instances, names=["db", "web"])
    assert gcp.instances == INSTANCES

    (order,) = await run(stop_gcp_instances, names=["web"], zone=FAR)
    assert (order["before"], order["now"]) == ("running", "stopping")
    assert gcp.instances == INSTANCES | {(FAR, "web"): "TERMINATED"}
    await run(start_gcp_instances, names=["db"])
    assert gcp.instances[ZONE, "db"] == "RUNNING"


async def test_whoever_is_asked_sees_the_instances(gcp: WireGcp, shown: Run) -> None:
    gcp.instances = dict(INSTANCES)
    preview = await shown(start_gcp_instances, names=["db"])
    assert (preview.what, preview.target) == ("Start Compute Engine instances", f"db in {ZONE}")
    assert (preview.amount, preview.reversible) == ("1 machine", True)
    preview = await shown(stop_gcp_instances, names=["web"])
    assert preview.details == ["There are 2 machines 'web': say in which zone."]


def test_what_an_operator_sets_is_used_at_once(
    gcp: WireGcp, in_cloud: InCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcp.instances = dict(INSTANCES)
    key = Path(gcp.variables["GOOGLE_APPLICATION_CREDENTIALS"]).read_text()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    context = in_cloud("gcp", service_account=key)
    assert gcp_figures(context=context)["gcp_instances"] == 3
    with pytest.raises(ToolFailed, match="Google Cloud refused"):
        gcp_figures(context=in_cloud("gcp", service_account="no JSON"))


async def test_open_alerts_of_all_pages(gcp: WireGcp, run: Run, in_cloud: InCloud) -> None:
    for name, severity in (("cpu", "CRITICAL"), ("disk", "WARNING"), ("net", None)):
        gcp.open_alert(name, severity)
    listed = await run(list_gcp_alerts)
    assert [(each["policy"], each["severity"]) for each in listed] == [
        ("cpu", "CRITICAL"),
        ("disk", "WARNING"),
        ("net", ""),
    ]
    assert listed[0]["resource"] == f"gce_instance 7 {ZONE}"
    severities = [alert.severity for alert in gcp_alerts(context=in_cloud("gcp"))]
    assert severities == [Severity.CRITICAL, Severity.WARNING, Severity.WARNING]


def refusal(status: int, message: str) -> Told:
    return Told({"error": {"code": status, "message": message, "errors": []}}, status)


@pytest.mark.parametrize(
    ("fault", "variables", "message"),
    [
        (refusal(403, "No compute.list."), {}, "administrator.*must grant it.*No compute.list"),
        (refusal(401, "Stale."), {}, "does not accept the credentials.*Stale"),
        (refusal(429, "Slow."), {}, "Google Cloud gets too many requests"),
        (None, {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere"}, "has no credentials for Google"),
        (
            None,
            {"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": "http://127.0.0.1:9/compute/v1/"},
            "Google Cloud did not answer",
        ),
    ],
)
async def test_who_must_act_is_said(
    gcp: WireGcp,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    forget_clients: Callable[[], None],
    fault: Told | None,
    variables: dict[str, str],
    message: str,
) -> None:
    gcp.fault = fault
    monkeypatch.setattr("plugins.builtin.gcp.client.PATIENCE", 0.1)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_clients()
    with pytest.raises(ToolFailed, match=message):
        await run(list_gcp_instances)


async def test_a_refusal_of_the_alerts_is_said_too(gcp: WireGcp, run: Run) -> None:
    gcp.fault = refusal(403, "The Monitoring API is off.")
    with pytest.raises(ToolFailed, match=r"must grant it.*The Monitoring API is off"):
        await run(list_gcp_alerts)
