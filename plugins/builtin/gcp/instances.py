"""Compute Engine: instances listed, started and stopped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.clouds.naming import named
from plugins.builtin.clouds.orders import each_in_turn
from plugins.builtin.clouds.previews import start_and_stop
from plugins.builtin.gcp import client

Name = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
Names = Annotated[list[Name], Field(min_length=1, max_length=50)]
Zone = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+-[a-z]$")]

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as it is listed; ``state`` is such as running or terminated (stopped)."""

    name: str
    state: str
    type: str
    zone: str
    internal_ip: str | None
    external_ip: str | None
    created: str


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted start or stop of an instance, which takes a minute or so."""

    name: str
    zone: str
    before: str
    now: str


@tool(effect="read", open_world=True, category="gcp", timeout=60)
def list_gcp_instances(zone: Zone | None = None, *, context: ToolContext) -> Sequence[Instance]:
    """List the Compute Engine instances (virtual machines) of the Google Cloud project.

    Args:
        zone: Only instances in this zone, such as europe-west1-b.
        context: gives the settings.

    """
    return list(_instances(context, zone))


def _seen(names: Names, zone: Zone | None, context: ToolContext) -> Sequence[str]:
    return [f"{each.name} in {each.zone}" for each in _named(context, names, zone)]


_start, _stop = start_and_stop("Compute Engine instances", _seen)


@tool(effect="write", open_world=True, category="gcp", timeout=60, preview=_start)
def start_gcp_instances(
    names: Names, zone: Zone | None = None, *, context: ToolContext
) -> Sequence[Order]:
    """Start Compute Engine instances. They cost money from then on.

    Args:
        names: Their names. If one does not exist, none is started.
        zone: Their zone, where the name alone does not tell.
        context: gives the settings.

    """
    return _ordered(context, names, zone, "start", "starting")


@tool(effect="destructive", open_world=True, category="gcp", timeout=60, preview=_stop)
def stop_gcp_instances(
    names: Names, zone: Zone | None = None, *, context: ToolContext
) -> Sequence[Order]:
    """Stop (shut down) Compute Engine instances.

    What runs on them ends; what is in memory and on local SSDs is lost.

    Args:
        names: Their names. If one does not exist, none is stopped.
        zone: Their zone, where the name alone does not tell.
        context: gives the settings.

    """
    return _ordered(context, names, zone, "stop", "stopping")


def gcp_figures(*, context: PluginContext) -> Mapping[str, float]:
    """Count the instances, and those that run."""
    states = [instance.state for instance in _instances(context)]
    return {"gcp_instances": len(states), "gcp_instances_running": states.count("running")}


def _instances(context: PluginContext, zone: str | None = None) -> Iterator[Instance]:
    query = {"project": client.project(context), "max_results": _PAGE}
    compute = client.instances(context)
    with client.plain_words():
        zones = compute.aggregated_list(query, timeout=client.SECONDS, retry=_retry())
        for _, scoped in zones:
            for each in scoped.instances:
                instance = _instance(each)
                if zone is None or instance.zone == zone:
                    yield instance


def _retry() -> Any:
    from google.api_core.retry import Retry

    return Retry(timeout=client.PATIENCE)


def _instance(described: Any) -> Instance:
    networks = described.network_interfaces
    outside = networks[0].access_configs if networks else ()
    return Instance(
        name=described.name,
        state=described.status.lower(),
        type=_last(described.machine_type),
        zone=_last(described.zone),
        internal_ip=(networks[0].network_i_p or None) if networks else None,
        external_ip=(outside[0].nat_i_p or None) if outside else None,
        created=described.creation_timestamp,
    )


def _last(url: str) -> str:
    """Return the name at the end of a resource's URL."""
    return url.rpartition("/")[2]


def _named(context: PluginContext, names: Sequence[str], zone: str | None) -> list[Instance]:
    return named(_instances(context, zone), names, lambda instance: instance.name, "zone")


def _ordered(
    context: ToolContext, names: Sequence[str], zone: str | None, method: str, state: str
) -> Sequence[Order]:
    """Call a method for each instance, without waiting for the effect."""
    project, compute = client.project(context), client.instances(context)

    def order(instance: Instance) -> Order:
        with client.plain_words():
            getattr(compute, method)(
                project=project, zone=instance.zone, instance=instance.name, timeout=client.SECONDS
            )
        return Order(instance.name, instance.zone, before=instance.state, now=state)

    return each_in_turn(_named(context, names, zone), order, lambda instance: instance.name)
