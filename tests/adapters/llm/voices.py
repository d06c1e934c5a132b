"""The dialects, each as a way to say the same things: what the quirks of servers are tried with."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from domain.conversations.sampling import Sampling

Event = dict[str, Any]


def sse(event: Any) -> bytes:
    """Return one server-sent event; characters beyond ASCII as escapes, halves of them, too."""
    return b"data: " + json.dumps(event).encode() + b"\n\n"


class Voice(ABC):
    """One dialect. ``words`` maps what an end is to words for it that a server may use."""

    words: ClassVar[Mapping[str, Sequence[str]]]
    # A field that is left out where it is refused, and what makes it sent.
    optional: ClassVar[str] = "temperature"
    request: ClassVar[Mapping[str, Any]] = {"sampling": Sampling(temperature=0.5)}
    has_calls: ClassVar[bool] = True

    def begin(self) -> list[Event]:
        """Return what stands before everything else."""
        return []

    @abstractmethod
    def text(self, content: str) -> Event:
        """Return a piece of text."""

    @abstractmethod
    def thought(self, content: str) -> Event:
        """Return a piece of reasoning."""

    @abstractmethod
    def call(self, name: str, arguments: Any, *more: str) -> list[Event]:
        """Return a call; its arguments are a text, in pieces, or any other value."""

    @abstractmethod
    def end(self, word: str = "") -> list[Event]:
        """Return the end for this reason; empty: the usual one."""

    @abstractmethod
    def whole(self, content: str) -> Event:
        """Return an answer that is no stream."""

    def said(self, *pieces: str) -> list[bytes]:
        """Return the events of a whole answer of these pieces of text."""
        return [sse(each) for each in (*self.begin(), *map(self.text, pieces), *self.end())]


class Completions(Voice):
    """Chat completions."""

    words: ClassVar = {
        "end": ["stop", "STOP", "eos", "end_turn"],
        "length": ["length", "max_tokens", "MAX_TOKENS", "model_length"],
        "refusal": ["content_filter", "SAFETY", "sensitive"],
        "failed": ["error", "abort", "network_error", "insufficient_system_resource"],
    }

    def _delta(self, **delta: Any) -> Event:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    def text(self, content: str) -> Event:
        return self._delta(content=content)

    def thought(self, content: str) -> Event:
        return self._delta(reasoning_content=content)

    def call(self, name: str, arguments: Any, *more: str) -> list[Event]:
        first = {"index": 0, "id": "c1", "type": "function"}
        function = {"name": name, "arguments": arguments}
        parts = [{**first, "function": function}]
        parts += [{"index": 0, "function": {"arguments": each}} for each in more]
        return [self._delta(tool_calls=[part]) for part in parts]

    def end(self, word: str = "") -> list[Event]:
        return [{"choices": [{"index": 0, "delta": {}, "finish_reason": word or "stop"}]}]

    def whole(self, content: str) -> Event:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": "x", "object": "chat.completion", "choices": [choice]}


class PlainCompletions(Completions):
    """Chat completions of a service without tools: Perplexity's."""

    has_calls = False


class Responses(Voice):
    """OpenAI's Responses API."""

    optional = "max_output_tokens"
    request: ClassVar = {"sampling": Sampling(max_output_tokens=100)}
    words: ClassVar = {
        "end": ["completed"],
        "length": ["max_output_tokens", "max_tokens", "length"],
        "refusal": ["content_filter", "safety"],
        "failed": ["failed", "cancelled", "error"],
    }

    def text(self, content: str) -> Event:
        return {"type": "response.output_text.delta", "output_index": 0, "delta": content}

    def thought(self, content: str) -> Event:
        return {"type": "response.reasoning_text.delta", "output_index": 0, "delta": content}

    def call(self, name: str, arguments: Any, *more: str) -> list[Event]:
        given = "".join([arguments, *more]) if more else arguments
        item = {"type": "function_call", "name": name, "call_id": "c1", "arguments": given}
        return [{"type": "response.output_item.done", "output_index": 0, "item": item}]

    def end(self, word: str = "") -> list[Event]:
        response: Event = {"status": word or "completed"}
        if word in {"max_output_tokens", "max_tokens", "length", "content_filter", "safety"}:
            response = {"status": "incomplete", "incomplete_details": {"reason": word}}
        return [{"type": "response.completed", "response": response}]

    def whole(self, content: str) -> Event:
        message = {"type": "message", "content": [{"type": "output_text", "text": content}]}
        return {"object": "response", "status": "completed", "output": [message]}


class Messages(Voice):
    """Anthropic's messages."""

    optional = "cache_control"
    request: ClassVar = {"system": "Be brief."}
    words: ClassVar = {
        "end": ["end_turn", "stop_sequence", "stop"],
        "length": ["max_tokens", "pause_turn", "length"],
        "refusal": ["refusal", "content_filter"],
        "failed": ["error", "abort", "network_error"],
    }

    def begin(self) -> list[Event]:
        return [
            {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 1}}},
            self._start(0, {"type": "text", "text": ""}),
            self._start(1, {"type": "thinking", "thinking": "", "signature": ""}),
        ]

    def _start(self, index: int, block: Event) -> Event:
        return {"type": "content_block_start", "index": index, "content_block": block}

    def _delta(self, index: int, **delta: Any) -> Event:
        return {"type": "content_block_delta", "index": index, "delta": delta}

    def text(self, content: str) -> Event:
        return self._delta(0, type="text_delta", text=content)

    def thought(self, content: str) -> Event:
        return self._delta(1, type="thinking_delta", thinking=content)

    def call(self, name: str, arguments: Any, *more: str) -> list[Event]:
        given = {} if isinstance(arguments, str) else arguments
        pieces = [arguments, *more] if isinstance(arguments, str) else []
        block = {"type": "tool_use", "id": "c1", "name": name, "input": given}
        parts = (self._delta(2, type="input_json_delta", partial_json=each) for each in pieces)
        return [self._start(2, block), *parts]

    def end(self, word: str = "") -> list[Event]:
        told = {"type": "message_delta", "delta": {"stop_reason": word or "end_turn"}}
        return [told, {"type": "message_stop"}]

    def whole(self, content: str) -> Event:
        blocks = [{"type": "text", "text": content}]
        return {"type": "message", "content": blocks, "stop_reason": "end_turn"}


class Gemini(Voice):
    """Google's streamGenerateContent."""

    words: ClassVar = {
        "end": ["STOP", "stop", "FINISH_REASON_UNSPECIFIED"],
        "length": ["MAX_TOKENS", "max_tokens", "CONTINUATION"],
        "refusal": ["SAFETY", "RECITATION", "OTHER"],
        "failed": ["error", "network_error", "ABORTED"],
    }

    def _part(self, **part: Any) -> Event:
        return {"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}]}

    def text(self, content: str) -> Event:
        return self._part(text=content)

    def thought(self, content: str) -> Event:
        return self._part(text=content, thought=True)

    def call(self, name: str, arguments: Any, *more: str) -> list[Event]:
        given = "".join([arguments, *more]) if more else arguments
        return [self._part(functionCall={"name": name, "args": given})]

    def end(self, word: str = "") -> list[Event]:
        return [{"candidates": [{"finishReason": word or "STOP", "index": 0}]}]

    def whole(self, content: str) -> Event:
        parts = [{"text": content}]
        return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
