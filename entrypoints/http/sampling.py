"""Sampling parameters in requests and responses: of a message, a conversation, the configuration.

The bounds are those that all providers share: four texts to stop at (OpenAI), a seed of 31 bits
(Google), a name of 64 characters for a format (OpenAI).
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, field_validator

from domain.conversations.sampling import DEFAULTS, Sampling
from domain.shared.json_values import TooLarge, normalized, storable
from entrypoints.http.fields import RequestBody, Whole

LARGEST_SCHEMA: Final = 64_000  # characters of JSON
_STOP_LENGTH: Final = 200
_STOPS: Final = 4


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_StopText = Annotated[str, Field(min_length=1, max_length=_STOP_LENGTH)]
_STOP_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": _STOP_LENGTH}
Stop = Annotated[
    list[_StopText],
    Field(max_length=_STOPS),
    BeforeValidator(_listed),
    WithJsonSchema(
        {"anyOf": [{"type": "array", "items": _STOP_TEXT, "maxItems": _STOPS}, _STOP_TEXT]}
    ),
]


class TextFormat(RequestBody):
    """Any text, which is the default."""

    type: Literal["text"]


class JsonFormat(RequestBody):
    """Some JSON object. Say in the message which: some providers insist on the word JSON there."""

    type: Literal["json_object"]


class SchemaFormat(RequestBody):
    """JSON of a schema."""

    type: Literal["json_schema"]
    name: str = Field(
        "answer", pattern=r"^[a-zA-Z0-9_-]{1,64}$", description="What the model reads as its name."
    )
    form: dict[str, Any] = Field(alias="schema", description="The JSON Schema of the answer.")
    strict: bool = Field(
        default=False,
        description="Hold OpenAI's models to the schema, which then has to be in its strict form. "
        "Other providers always do.",
    )

    @field_validator("form")
    @classmethod
    def _storable(cls, schema: dict[str, Any]) -> dict[str, Any]:
        try:
            fit: dict[str, Any] = normalized(schema, size=LARGEST_SCHEMA)
        except TooLarge as error:
            raise ValueError(f"It has more than {LARGEST_SCHEMA:,} characters.") from error
        return fit


ResponseFormat = Annotated[TextFormat | JsonFormat | SchemaFormat, Field(discriminator="type")]


class SamplingBody(RequestBody):
    """How the model is to answer. What is left out is as the conversation has it, else configured.

    A parameter that the model does not take has no effect, and is named in `warnings`.
    """

    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        None, description="How much chance is in the answer."
    )
    top_p: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Sample among the likeliest tokens of this probability in all."
    )
    max_output_tokens: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Of each of the model's answers, its reasoning included."
    )
    stop: Stop | None = Field(None, description="The answer ends before the first of these texts.")
    seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="The same seed is to give the same answer."
    )
    tool_choice: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None,
        description="`auto`, `none`, `required`, or the name of the tool to call. It holds until "
        "a tool was called, `none` to the end.",
    )
    response_format: ResponseFormat | None = None

    def change(self) -> dict[str, Any]:
        """Return the parameters in the body; None for those that are to be unset."""
        change = self.model_dump(exclude_unset=True, exclude={"response_format", "stop"})
        if "stop" in self.model_fields_set:
            change["stop"] = None if self.stop is None else tuple(map(storable, self.stop))
        if "response_format" in self.model_fields_set:
            form = self.response_format
            change["response_format"] = None if form is None else form.model_dump(by_alias=True)
        if change.get("tool_choice") is not None:
            change["tool_choice"] = storable(change["tool_choice"])
        return change


def read_sampling(body: SamplingBody | None) -> Sampling:
    """Return the parameters in a body."""
    return DEFAULTS if body is None else DEFAULTS.changed(body.change())


def read_change(body: SamplingBody | None) -> dict[str, Any] | None:
    """Return a change of parameters; None unsets them all."""
    return None if body is None else body.change()


class SamplingView(BaseModel):
    """The sampling parameters that are set."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: list[str] | None = None
    seed: int | None = None
    tool_choice: str | None = None
    response_format: dict[str, Any] | None = None
