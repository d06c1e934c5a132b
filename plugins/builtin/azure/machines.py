"""Azure's virtual machines: listed, started and stopped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.azure.client import compute, plain_words, subscriptions
from plugins.builtin.clouds.naming import named
from plugins.builtin.clouds.orders import each_in_turn
from plugins.builtin.clouds.previews import start_and_stop

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Names = Annotated[list[Name], Field(min_length=1, max_length=50)]
Group = Annotated[str, Field(pattern=r"^[\w.()-]{1,90}$")]

_POWER: Final = "PowerState/"


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine as it is listed; ``state`` is such as running or deallocated."""

    name: str
    resource_group: str
    state: str
    size: str
    location: str
    subscription: str


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted start or stop of a machine, which takes a minute or more."""

    name: str
    resource_group: str
    before: str
    now: str


@tool(effect="read", open_world=True, category="azure", timeout=60)
def list_azure_vms(
    resource_group: Group | None = None, *, context: ToolContext
) -> Sequence[Machine]:
    """List the virtual machines of the Azure subscription, and whether they run.

    Args:
        resource_group: Only machines in this resource group.
        context: gives the settings.

    """
    return list(_machines(context, resource_group))


def _seen(names: Names, resource_group: Group | None, context: ToolContext) -> Sequence[str]:
    found = _named(context, names, resource_group)
    return [f"{each.name} in {each.location} ({each.resource_group})" for each in found]


_start, _stop = start_and_stop("Azure virtual machines", _seen)


@tool(effect="write", open_world=True, category="azure", timeout=60, preview=_start)
def start_azure_vms(
    names: Names, resource_group: Group | None = None, *, context: ToolContext
) -> Sequence[Order]:
    """Start Azure virtual machines. They cost money from then on.

    Args:
        names: Their names. If one does not exist, none is started.
        resource_group: Their resource group, where the name alone does not tell.
        context: gives the settings.

    """
    return _ordered(context, names, resource_group, "begin_start", "starting")


@tool(effect="destructive", open_world=True, category="azure", timeout=60, preview=_stop)
def stop_azure_vms(
    names: Names, resource_group: Group | None = None, *, context: ToolContext
) -> Sequence[Order]:
    """Stop (deallocate) Azure virtual machines, so that they cost nothing while they are stopped.

    What runs on them ends; what is in memory and on temporary disks is lost.

    Args:
        names: Their names. If one does not exist, none is stopped.
        resource_group: Their resource group, where the name alone does not tell.
        context: gives the settings.

    """
    return _ordered(context, names, resource_group, "begin_deallocate", "deallocating")


def azure_figures(*, context: PluginContext) -> Mapping[str, float]:
    """Count the virtual machines, and those that run."""
    states = [machine.state for machine in _machines(context)]
    return {"azure_vms": len(states), "azure_vms_running": states.count("running")}


def _machines(context: PluginContext, resource_group: str | None = None) -> Iterator[Machine]:
    """Yield the machines, joined with their states, which Azure lists apart."""
    for subscription in subscriptions(context):
        with plain_words():
            machines = compute(context, subscription).virtual_machines
            states = {
                each.id.lower(): _state(each) for each in machines.list_all(status_only="true")
            }
            for each in machines.list_all():
                group = each.id.split("/")[4]
                if resource_group is None or group.lower() == resource_group.lower():
                    yield Machine(
                        name=each.name,
                        resource_group=group,
                        state=states.get(each.id.lower(), "unknown"),
                        size=each.hardware_profile.vm_size if each.hardware_profile else "",
                        location=each.location,
                        subscription=subscription,
                    )


def _state(machine: Any) -> str:
    view = machine.instance_view
    codes = [each.code or "" for each in (view.statuses or ())] if view else []
    return next((c.removeprefix(_POWER) for c in codes if c.startswith(_POWER)), "unknown")


def _named(
    context: PluginContext, names: Sequence[str], resource_group: str | None
) -> list[Machine]:
    machines = list(_machines(context, resource_group))
    return named(machines, names, lambda machine: machine.name, "resource group")


def _ordered(
    context: ToolContext, names: Sequence[str], group: str | None, method: str, state: str
) -> Sequence[Order]:
    """Call a method for each machine, without waiting for the effect."""

    def order(machine: Machine) -> Order:
        with plain_words():
            operations = compute(context, machine.subscription).virtual_machines
            getattr(operations, method)(machine.resource_group, machine.name, polling=False)
        return Order(machine.name, machine.resource_group, before=machine.state, now=state)

    return each_in_turn(_named(context, names, group), order, lambda machine: machine.name)
