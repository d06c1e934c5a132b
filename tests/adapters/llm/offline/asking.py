"""Tools to ask for, and ways to ask the offline model."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from adapters.llm.offline import PROVIDER
from adapters.llm.offline.model import OfflineChat
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Text,
    ToolRequest,
    ToolTurn,
    ToolUse,
    Turn,
    UserTurn,
)
from domain.tools.tool import Effect, ToolSpec

TODAY = date(2026, 11, 20)  # a Friday


def spec(
    name: str,
    description: str,
    properties: dict[str, Any],
    required: Sequence[str] = (),
    effect: Effect = Effect.READ,
) -> ToolSpec:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return ToolSpec(name, description, parameters, effect)


CALCULATOR = spec(
    "calculator",
    "Work out an arithmetic expression exactly.",
    {"expression": {"type": "string", "description": "Such as (2 + 3) * 4."}},
    ["expression"],
)
TIME = spec(
    "current_time",
    "Say what time it is in a time zone.",
    {"timezone": {"type": "string", "description": "IANA name of the zone.", "default": "UTC"}},
)
SEARCH = spec(
    "search_conversations",
    "Search the user's earlier conversations for a text.",
    {
        "query": {"type": "string", "description": "What to look for."},
        "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 50},
    },
    ["query"],
)
INSTANCES = spec(
    "list_ec2_instances",
    "List the EC2 instances of an AWS account.",
    {"region": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}},
)
STOP = spec(
    "stop_instance",
    "Stop a running EC2 instance.",
    {"instance_id": {"type": "string", "description": "Id of the instance, such as i-0abc123."}},
    ["instance_id"],
    Effect.DESTRUCTIVE,
)
INVOICE = spec(
    "create_invoice",
    "Create an invoice for a customer.",
    {
        "customer": {"type": "string", "description": "Name of the customer."},
        "amount": {"type": "number", "description": "In euros.", "exclusiveMinimum": 0},
        "due_date": {"type": "string", "format": "date"},
    },
    ["customer", "amount", "due_date"],
    Effect.WRITE,
)
EMAIL = spec(
    "send_email",
    "Send an e-mail.",
    {
        "to": {"type": "string", "format": "email"},
        "subject": {"type": "string"},
        "body": {"type": "string"},
    },
    ["to", "subject", "body"],
    Effect.WRITE,
)
WEATHER = spec(
    "get_weather",
    "Get the current weather of a city.",
    {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
    },
    ["city"],
)
TOOLS = (CALCULATOR, TIME, SEARCH, INSTANCES, STOP, INVOICE, EMAIL, WEATHER)


def calls_of(pieces: Sequence[Piece]) -> list[tuple[str, dict[str, Any]]]:
    return [(p.tool, json.loads(p.arguments)) for p in pieces if isinstance(p, ToolRequest)]


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.content for piece in pieces if isinstance(piece, Text))


async def ask(turns: Sequence[Turn] | str, tools: Sequence[ToolSpec] = TOOLS) -> list[Piece]:
    """Return every piece of the answer to these turns, or to this message."""
    said = (UserTurn(turns),) if isinstance(turns, str) else turns
    model = OfflineChat(today=lambda: TODAY)
    return [
        piece
        async for piece in model.stream(ModelRequest(PROVIDER.default_model, said, tools=tools))
    ]


class Talk:
    """A conversation that runs its own tools, as the service does around a model."""

    def __init__(self, results: dict[str, Any], tools: Sequence[ToolSpec] = TOOLS) -> None:
        self.turns: list[Turn] = []
        self._results = results
        self._tools = tools

    async def say(self, message: str) -> list[Piece]:
        """Say something, and return the first answer to it: text, or calls."""
        self.turns.append(UserTurn(message))
        first = pieces = await ask(self.turns, self._tools)
        while calls := calls_of(pieces):
            number = len(self.turns)
            uses = [ToolUse(f"c{number}.{at}", *call) for at, call in enumerate(calls)]
            self.turns.append(AssistantTurn(text_of(pieces), uses))
            self.turns.extend(
                ToolTurn(use.id, use.tool, json.dumps(self._results[use.tool])) for use in uses
            )
            pieces = await ask(self.turns, self._tools)
        self.turns.append(AssistantTurn(text_of(pieces)))
        return first

    @property
    def answer(self) -> str:
        """The last thing that the model said."""
        return self.turns[-1].content
