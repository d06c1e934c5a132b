"""The plugin azure, through Azure's own libraries, against a local server."""

from collections.abc import Callable

import pytest

from domain.monitoring.alerts import Severity
from domain.shared.errors import ToolFailed
from domain.tools.tool import Effect
from plugins.builtin import azure as plugin
from plugins.builtin.azure.alerts import azure_alerts, list_azure_alerts
from plugins.builtin.azure.machines import (
    azure_figures,
    list_azure_vms,
    start_azure_vms,
    stop_azure_vms,
)
from plugins.host.host import PluginHost
from tests.plugins.builtin.clouds.conftest import InCloud, Run
from tests.plugins.builtin.clouds.wire_azure import WireAzure
from tests.plugins.builtin.clouds.wire_cloud import Told

MACHINES = {("web", "vm1"): "running", ("web", "vm2"): "running", ("db", "VM1"): "deallocated"}


def test_the_plugin_brings_its_tools_with_their_effects() -> None:
    host = PluginHost()
    assert host.register(plugin, "azure").reason == ""
    effects = {tool.spec.name: tool.spec.effect for tool in host.tools()}
    assert effects == {
        "list_azure_alerts": Effect.READ,
        "list_azure_vms": Effect.READ,
        "start_azure_vms": Effect.WRITE,
        "stop_azure_vms": Effect.DESTRUCTIVE,
    }


async def test_machines_of_all_pages(azure: WireAzure, run: Run, in_cloud: InCloud) -> None:
    azure.machines = dict(MACHINES)
    found = await run(list_azure_vms)
    assert [(each["resource_group"], each["name"], each["state"]) for each in found] == [
        ("WEB", "vm1", "running"),
        ("WEB", "vm2", "running"),
        ("DB", "VM1", "deallocated"),
    ]
    assert (found[0]["size"], found[0]["location"]) == ("Standard_B1s", "westeurope")
    assert [each["name"] for each in await run(list_azure_vms, resource_group="db")] == ["VM1"]
    assert azure_figures(context=in_cloud("azure")) == {"azure_vms": 3, "azure_vms_running": 2}


async def test_exactly_the_named_machine_is_stopped_and_started(azure: WireAzure, run: Run) -> None:
    azure.machines = dict(MACHINES)
    with pytest.raises(ToolFailed, match="There are 2 machines 'vm1': say in which resource group"):
        await run(stop_azure_vms, names=["vm2", "vm1"])
    with pytest.raises(ToolFailed, match="There is no machine 'vm3'"):
        await run(stop_azure_vms, names=["vm2", "vm3"])
    assert azure.machines == MACHINES

    (order,) = await run(stop_azure_vms, names=["VM1"], resource_group="Web")
    assert (order["before"], order["now"]) == ("running", "deallocating")
    assert azure.machines == MACHINES | {("web", "vm1"): "deallocated"}
    await run(start_azure_vms, names=["vm1", "vm1"], resource_group="db")
    assert azure.machines["db", "VM1"] == "running"


async def test_whoever_is_asked_sees_the_machines(azure: WireAzure, shown: Run) -> None:
    azure.machines = dict(MACHINES)
    preview = await shown(stop_azure_vms, names=["vm2"])
    assert (preview.target, preview.amount) == ("vm2 in westeurope (WEB)", "1 machine")
    preview = await shown(start_azure_vms, names=["vm1"])
    assert preview.details == ["There are 2 machines 'vm1': say in which resource group."]


async def test_what_an_operator_sets_is_used_at_once(azure: WireAzure, in_cloud: InCloud) -> None:
    azure.machines = dict(MACHINES)
    assert azure_figures(context=in_cloud("azure"))["azure_vms"] == 3
    with pytest.raises(ToolFailed, match="does not accept the credentials"):
        azure_figures(context=in_cloud("azure", client_secret="wrong"))
    with pytest.raises(ToolFailed, match="No Azure subscription"):
        azure_figures(context=in_cloud("azure", subscription_id=[]))


async def test_an_order_that_fails_half_way_says_how_far_it_came(
    azure: WireAzure, run: Run
) -> None:
    azure.machines = dict(MACHINES)
    azure.locked = "vm2"
    with pytest.raises(ToolFailed, match=r"done for vm1, and then failed for vm2: .*is locked"):
        await run(stop_azure_vms, names=["vm1", "vm2"], resource_group="web")
    assert azure.machines == MACHINES | {("web", "vm1"): "deallocated"}


async def test_alerts_that_have_fired(azure: WireAzure, run: Run, in_cloud: InCloud) -> None:
    for name, severity in (("cpu", "Sev1"), ("disk", "Sev2"), ("old", "Sev0")):
        azure.fire(name, severity, "Closed" if name == "old" else "New")
    listed = await run(list_azure_alerts)
    assert [(each["name"], each["severity"]) for each in listed] == [
        ("cpu", "Sev1"),
        ("disk", "Sev2"),
        ("old", "Sev0"),
    ]
    assert [each["name"] for each in await run(list_azure_alerts, severity="Sev2")] == ["disk"]
    assert {alert.title: alert.severity for alert in azure_alerts(context=in_cloud("azure"))} == {
        "cpu (vm1)": Severity.CRITICAL,
        "disk (vm1)": Severity.WARNING,
    }


FORBIDDEN = Told({"error": {"code": "AuthorizationFailed", "message": "No action read."}}, 403)
THROTTLED = Told({"error": {"code": "TooManyRequests", "message": "Slow."}}, 429)


@pytest.mark.parametrize(
    ("fault", "variables", "message"),
    [
        (FORBIDDEN, {}, "administrator of the Azure account must grant it.*No action read"),
        (THROTTLED, {}, "Azure gets too many requests"),
        (None, {"AZURE_CLIENT_SECRET": "wrong"}, "does not accept the credentials.*AADSTS7000215"),
        (None, {"AZURE_SUBSCRIPTION_ID": " , "}, "No Azure subscription is configured"),
        (
            None,
            {"AZURE_RESOURCE_MANAGER_ENDPOINT": "https://127.0.0.1:9"},
            "Azure did not answer",
        ),
    ],
)
async def test_who_must_act_is_said(
    azure: WireAzure,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    forget_clients: Callable[[], None],
    fault: Told | None,
    variables: dict[str, str],
    message: str,
) -> None:
    azure.fault = fault
    monkeypatch.setattr("plugins.builtin.azure.client._LIMITS", {"retry_total": 0})
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_clients()
    with pytest.raises(ToolFailed, match=message):
        await run(list_azure_vms)
