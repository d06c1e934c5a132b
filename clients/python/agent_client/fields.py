"""The fields of requests that a method takes as keywords."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class Sampling(TypedDict, total=False):
    """How the model is to answer; None unsets what a conversation or a configuration says.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or the name of a tool. ``response_format``
    is ``{"type": "json_object"}``, or ``json_schema`` with a ``schema``.
    """

    temperature: float | None
    top_p: float | None
    max_output_tokens: int | None
    stop: Sequence[str] | str | None
    seed: int | None
    tool_choice: str | None
    response_format: Mapping[str, Any] | None


class ChatFields(TypedDict, total=False):
    """What may go with a message: the conversation to go on with, who answers, and how."""

    conversation_id: str | None
    provider: str | None
    model: str | None
    agent: str | None
    sampling: Sampling | None


class ConversationFields(TypedDict, total=False):
    """Who answers in a conversation, and how; None means as configured."""

    provider: str | None
    model: str | None
    sampling: Sampling | None


class ConversationChanges(ConversationFields, total=False):
    """What to change of a conversation; the rest stays as it is."""

    title: str
