"""A plugin in one file with the cloud that the examples are about: 15 machines, and alerts at will.

The file that ALERTS names has a word for each alert that is raised: its severity, and what it is
about after a colon.
"""

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

from puerto import Alert, Registry, Severity, hookimpl, tool
from puerto.models import ModelRequest, Piece, Stop

INSTANCES = [{"id": f"i-{number}", "state": "running"} for number in range(5)]


@tool(effect="read", category="aws")
async def list_ec2_instances(region: str = "us-east-1") -> list[dict[str, str]]:
    """Lista instancias EC2.

    Args:
        region: where they are.

    """
    return [each | {"region": region} for each in INSTANCES]


class BrokenChat:
    """A provider whose adapter has a mistake in it."""

    provider = "broken"

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Fail."""
        if request.model:
            raise ZeroDivisionError(request.model)
        yield Stop()

    async def close(self) -> None:
        """Do nothing."""


def figures() -> Mapping[str, float]:
    """Count the machines."""
    return {"aws_instances": 15, "azure_vms": 8, "gcp_instances": 0}


def alerts() -> Sequence[Alert]:
    """Tell what is raised."""
    file = Path(os.environ["ALERTS"])
    raised = file.read_text(encoding="utf-8").split() if file.exists() else []
    return [Alert(each, Severity(each.partition(":")[0]), f"It is {each}") for each in raised]


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register all of it."""
    registry.add_tools(list_ec2_instances)
    registry.add_chat_model("broken", BrokenChat, default_model="broken-1")
    registry.add_figures(figures)
    registry.add_alerts(alerts)
