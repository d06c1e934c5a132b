"""An agent that looks after a greenhouse: beds that dry out, with figures and alerts."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from puerto import Agent, Alert, PluginContext, Registry, Severity, ToolContext, hookimpl, tool

Bed = Literal["tomatoes", "herbs"]
BEDS: Final[tuple[Bed, ...]] = ("tomatoes", "herbs")


class GreenhouseSettings(BaseModel):
    """When a bed is too dry, in percent of moisture."""

    dry: int = Field(20, ge=0, le=100)


async def _moisture(context: PluginContext, bed: Bed) -> int:
    return int(await context.storage.get(f"moisture/{bed}", 50))


@tool(effect="read", category="greenhouse")
async def read_moisture(bed: Bed, context: ToolContext) -> int:
    """Read how moist a bed is, in percent.

    Args:
        bed: which one.

    """
    return await _moisture(context, bed)


@tool(effect="write", idempotent=True, category="greenhouse")
async def set_moisture(
    bed: Bed, percent: Annotated[int, Field(ge=0, le=100)], context: ToolContext
) -> str:
    """Water or dry a bed until it is as moist as wanted.

    Args:
        bed: which one.
        percent: how moist it shall be.

    """
    await context.storage.set(f"moisture/{bed}", percent)
    return f"The {bed} are at {percent} percent."


async def count(context: PluginContext) -> dict[str, float]:
    """Count how moist the beds are."""
    return {f"moisture_{bed}": await _moisture(context, bed) for bed in BEDS}


async def watch(context: PluginContext) -> list[Alert]:
    """Tell which beds are too dry."""
    limit = context.settings(GreenhouseSettings).dry
    beds = {bed: await _moisture(context, bed) for bed in BEDS}
    return [
        Alert(
            bed,
            Severity.CRITICAL if moisture < limit else Severity.OK,
            f"The {bed} are at {moisture} percent",
            {"moisture": moisture, "limit": limit},
        )
        for bed, moisture in beds.items()
    ]


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the gardener, what it uses, and what it watches."""
    registry.use_settings(GreenhouseSettings)
    registry.add_agents(
        Agent(
            name="gardener",
            description="Looks after the greenhouse.",
            instructions="You look after a greenhouse. Read before you water.",
            tools=["read_moisture", "set_moisture"],
        )
    )
    registry.add_tools(read_moisture, set_moisture)
    registry.add_figures(count)
    registry.add_alerts(watch)
