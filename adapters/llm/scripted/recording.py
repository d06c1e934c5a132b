"""Records the model's answers in a stored run as a cassette, with the results of its calls.

The cassette asks for the same calls and has the same text. The results serve who replays them: the
model that plays it does not need them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.models.messages import StopReason
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.events import Chunk, Erred, Event, Retried, StepEnded, Thinking
from domain.runs.states import CallState
from domain.shared.errors import ProviderReason

_GAP = "\n\n"  # the runner puts it between two answers, also when the cassette is played


class _Recorder:
    """Reconstructs the answers of the model from a run's events."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self._pieces: list[dict[str, Any]] = []
        self._calls: dict[str, dict[str, Any]] = {}  # the pieces of calls, by their ids
        self._has_text = False  # in an earlier answer

    def take(self, event: Event) -> None:
        """Read the next event of the run."""
        match event.body:
            case Chunk(content):
                self._add("text", self._without_gap(content))
            case Thinking(content):
                self._add("reasoning", content)
            case ToolIntended(parent=None) as call:  # others are made by tools
                piece = {"tool": call.tool, "arguments": dict(call.params)}
                self._calls[call.call_id] = piece
                self._pieces.append(piece)
            case ToolFinished(call_id=call_id, result=result) if call_id in self._calls:
                self._calls[call_id]["result"] = result
            case ToolErred(call_id=call_id) as erred if call_id in self._calls:
                if erred.outcome is not CallState.REFUSED:  # it is refused again
                    self._calls[call_id]["error"] = erred.problem.to_json()
            case Retried():
                self._pieces = []
            case StepEnded() as step:
                self._end({"stop": step.stop, "usage": _usage(step)})
            case Erred(_, message, details) if details.get("reason") in list(ProviderReason):
                self._pieces.append({"error": _failure(message, details)})
                self._end({})

    def finish(self) -> list[dict[str, Any]]:
        """Return the answers, the last as far as it came."""
        if self._pieces:
            self._end({"stop": StopReason.END})
        return self.answers

    def _end(self, how: Mapping[str, Any]) -> None:
        self._has_text = self._has_text or any("text" in piece for piece in self._pieces)
        self.answers.append({"pieces": self._pieces, **how})
        self._pieces = []

    def _without_gap(self, content: str) -> str:
        is_first = not any("text" in piece for piece in self._pieces)
        return content.removeprefix(_GAP) if is_first and self._has_text else content

    def _add(self, kind: str, content: str) -> None:
        """Add text to the last piece if it is of the same kind, else as a new piece."""
        if self._pieces and kind in self._pieces[-1]:
            self._pieces[-1][kind] += content
        elif content:
            self._pieces.append({kind: content})


def recorded(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the cassette (`adapters.llm.scripted.model`) of a run, given all of its events.

    If a provider's failure ended the run, the cassette ends with that failure. The last answer of a
    cancelled run is as long as it was.
    """
    recorder = _Recorder()
    for event in events:
        recorder.take(event)
    return recorder.finish()


def _usage(step: StepEnded) -> dict[str, int]:
    return {
        "input_tokens": step.input_tokens,
        "output_tokens": step.output_tokens,
        "cached_tokens": step.cached_tokens,
    }


def _failure(message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: details[key] for key in ("reason", "status", "retry_after") if key in details}
    return {**kept, "message": message}
