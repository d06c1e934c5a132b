"""Encodes the parts of a Gemini content."""

from typing import Any

import orjson

from adapters.llm.encoded_tools import exact_json
from domain.models.messages import ToolTurn, ToolUse


def text_part(text: str, signature: str = "") -> dict[str, Any]:
    """Return a part with text."""
    return {"text": text, **_signed(signature)}


def call_part(use: ToolUse, call_id: str, signature: str = "") -> dict[str, Any]:
    """Return a part with a call; ``call_id`` is the id that its result refers to."""
    call = {"id": call_id, "name": use.tool, "args": orjson.Fragment(exact_json(use.arguments))}
    return {"functionCall": call, **_signed(signature)}


def result_part(turn: ToolTurn, call_id: str) -> dict[str, Any]:
    """Return a part with the result of a call.

    The result stays text: Google reads numbers as floats, which loses digits of long ones, and a
    result need not be JSON.
    """
    response = {"error" if turn.is_error else "output": turn.content}
    return {"functionResponse": {"id": call_id, "name": turn.tool, "response": response}}


def _signed(signature: str) -> dict[str, str]:
    return {"thoughtSignature": signature} if signature else {}
