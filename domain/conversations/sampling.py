"""Sampling parameters: how a model is to answer, as a client, a conversation or operators say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

AUTO: Final = "auto"
NONE: Final = "none"
REQUIRED: Final = "required"
TEXT: Final = "text"
TOOL_CHOICES: Final = frozenset({AUTO, NONE, REQUIRED})
"""What ``tool_choice`` may be besides the name of a tool."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model is to answer; None: as the provider does by default.

    ``temperature`` is 0 to 2, ``top_p`` 0 to 1. ``max_output_tokens`` bounds one answer of the
    model, its reasoning included. An answer ends before the first of the texts in ``stop``. The
    same ``seed`` is to give the same answer. ``tool_choice`` is ``auto``, ``none``, ``required``,
    or the name of the tool to call. ``response_format`` is ``{"type": "text"}``,
    ``{"type": "json_object"}``, or ``{"type": "json_schema", "name", "schema", "strict"}``.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    tool_choice: str | None = None
    response_format: Mapping[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """Return the parameters that are set, by name: a JSON object."""
        values = ((name, getattr(self, name)) for name in NAMES)
        return {name: value for name, value in values if value is not None}

    def changed(self, change: Mapping[str, Any] | None) -> "Sampling":
        """Return these parameters after a change: a value of None unsets one; None unsets all."""
        return DEFAULTS if change is None else replace(self, **change)

    def over(self, other: "Sampling") -> "Sampling":
        """Return the parameters of both; these win where both set one."""
        return replace(other, **self.given())

    def at_step(self, *, has_called: bool, has_tools: bool) -> "Sampling":
        """Return the parameters that the model of a run's next step must be sent.

        Those that ask for what is usual are not. Once a tool was called, a choice that asks for a
        call is fulfilled: held to it further, the model could never answer.
        """
        choice, form = self.tool_choice, self.response_format
        if choice == AUTO or (not has_tools if choice == NONE else has_called):
            choice = None
        if form is not None and form["type"] == TEXT:
            form = None
        return replace(self, tool_choice=choice, response_format=form, stop=self.stop or None)

    def __str__(self) -> str:
        """Describe the parameters for the log, without the texts in them."""
        return ", ".join(
            f"{name} {value}" if isinstance(value, int | float) else name
            for name, value in self.given().items()
        )


NAMES: Final = tuple(field.name for field in fields(Sampling))
"""The names of the parameters, as clients write them."""
DEFAULTS: Final = Sampling()


def sampling_of(data: Mapping[str, Any]) -> Sampling:
    """Return the parameters of a stored object; those unknown to this version are dropped."""
    known = {name: data[name] for name in NAMES if name in data}
    if known.get("stop") is not None:
        known["stop"] = tuple(known["stop"])
    return Sampling(**known)
