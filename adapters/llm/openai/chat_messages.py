"""Encodes a conversation as messages of a chat completion request.

The chat templates of many open models (Mistral's, Gemma's) require user and assistant to alternate,
the user first. Conversations do not always: a turn may have failed, or been interrupted after its
tools ran. So the messages always alternate, which every server accepts.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from adapters.llm.encoded_tools import exact_json
from adapters.llm.openai.chat_memento import with_memento
from adapters.llm.sdk.optional_fields import MEMENTOS
from domain.models.messages import AssistantTurn, ModelRequest, ToolTurn, Turn, UserTurn

BLANK_REASONING: Final = "blank reasoning"
"""Stands, among the fields to leave out, for calls without any ``reasoning_content``.

Some servers require it with every call, also with those of another model.
"""

SYSTEM: Final = "system"
"""Stands for the system message, among the fields to leave out: it becomes user text."""

LONG_IDS: Final = "long ids"
"""Stands for call ids longer than Mistral's, which have nine letters and digits."""

_BEFORE: Final = "(What was said before is left out.)"
_NO_ANSWER: Final = "(The answer was interrupted.)"

Message = dict[str, Any]


def messages_of(request: ModelRequest, without: frozenset[str]) -> list[Message]:
    """Return the messages, alternating; ``without`` are the optional parts to leave out."""
    messages: list[Message] = []
    if request.system:
        role = "user" if SYSTEM in without else "system"
        messages.append({"role": role, "content": request.system})
    first = 0 if SYSTEM in without else len(messages)
    for turn in request.turns:
        message = _message(turn, with_mementos=MEMENTOS not in without)
        last = messages[-1] if len(messages) > first else {}
        if _says_nothing(message):
            continue
        if not last and message["role"] != "user":
            messages.append({"role": "user", "content": _BEFORE})
        if last.get("role") == "tool" and message["role"] == "user":
            messages.append({"role": "assistant", "content": _NO_ANSWER})
        if _go_together(last, message):
            last["content"] = "\n\n".join(filter(None, (last["content"], message["content"])))
        else:
            messages.append(message)
    if MEMENTOS not in without:
        _add_blank_reasoning(messages, to_all=BLANK_REASONING in without)
    if LONG_IDS in without:
        _shorten_ids(messages)
    return messages


def _says_nothing(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and not (message["content"] or message.get("tool_calls"))


def _go_together(last: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Return whether two messages can be joined: same role, no calls and no results."""
    return (
        last.get("role") == message["role"] != "tool"
        and "tool_calls" not in last
        and "tool_calls" not in message
    )


def _add_blank_reasoning(messages: list[Message], *, to_all: bool) -> None:
    """Add a blank ``reasoning_content`` to all messages with calls if one has some: all need it."""
    calling = [message for message in messages if "tool_calls" in message]
    if to_all or any("reasoning_content" in message for message in calling):
        for message in calling:
            message.setdefault("reasoning_content", "")


def _shorten_ids(messages: list[Message]) -> None:
    for message in messages:
        if "tool_call_id" in message:
            message["tool_call_id"] = _short(message["tool_call_id"])
        if "tool_calls" in message:
            calls = message["tool_calls"]
            message["tool_calls"] = [{**call, "id": _short(call["id"])} for call in calls]


def _short(call_id: str) -> str:
    return sha256(call_id.encode()).hexdigest()[:9]


def _message(turn: Turn, *, with_mementos: bool) -> Message:
    match turn:
        case UserTurn(content):
            return {"role": "user", "content": content}
        case ToolTurn(call_id, _, content, is_error):
            content = f"Error: {content}" if is_error else content
            return {"role": "tool", "tool_call_id": call_id, "content": content}
        case AssistantTurn(content, ()):
            return {"role": "assistant", "content": content}
        case AssistantTurn(content, uses, memento):
            calls = [
                {
                    "id": use.id,
                    "type": "function",
                    "function": {"name": use.tool, "arguments": exact_json(use.arguments)},
                }
                for use in uses
            ]
            message = {"role": "assistant", "content": content or None, "tool_calls": calls}
            return with_memento(message, memento) if with_mementos else message
