"""Field types and base models shared by the requests and responses of several routes."""

from typing import Annotated, Any, Final

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema

from domain.shared.paging import MAX_LIMIT
from entrypoints.http.known_fields import NamesItsFields

MESSAGE_LENGTH: Final = 100_000

EXAMPLE_ID: Final = "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"

Id = Annotated[
    str,
    Field(min_length=1),
    WithJsonSchema({"type": "string", "format": "uuid", "examples": [EXAMPLE_ID]}),
]
Timestamp = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, UTC.",
            "examples": ["2026-11-20T10:15:30.123456Z"],
        }
    ),
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many to return at most.")]


def place_cursor(kind: str) -> Any:
    """Describe the cursor of a list of this kind that `list_cursors.write_place` writes."""
    return _cursor(f"^{kind[0]}[0-9a-f]{{46}}$")


def number_cursor(kind: str) -> Any:
    """Describe the cursor of a list of this kind that `list_cursors.write_number` writes."""
    return _cursor(f"^{kind[0]}[1-9a-f][0-9a-f]{{0,6}}$")


def _cursor(pattern: str) -> Any:
    told = "Where to go on: `next_cursor` of the page before, as it came."
    return Field(description=told, json_schema_extra={"pattern": pattern})


ConversationCursor = Annotated[str, place_cursor("conversations")]
MessageCursor = Annotated[str, number_cursor("messages")]
ConsentCursor = Annotated[str, place_cursor("requests")]
DecisionCursor = Annotated[str, place_cursor("audit")]
RunCursor = Annotated[str, place_cursor("started")]
UserCursor = Annotated[str, place_cursor("users")]
BudgetCursor = Annotated[str, place_cursor("budgets")]
UsageCursor = Annotated[str, number_cursor("usage")]
SessionCursor = Annotated[str, place_cursor("logins")]
# Plugins bring providers and agents, and the document says the same whatever is installed.
ProviderName = Annotated[
    str, Field(description="As `llm_providers` of `GET /api/health` names them.", min_length=1)
]
AgentName = Annotated[str, Field(min_length=1, max_length=200)]
ModelName = Annotated[str, Field(min_length=1, max_length=200)]
NextCursor = Annotated[
    str | None, Field(description="Send it as `cursor` for the next page; null at the end.")
]


def as_whole(value: Any) -> Any:
    """Return a float that is a whole number as one; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# JSON Schema has one kind of number: 10.0 is an integer (2020-12, section 6.1.1).
Whole = Annotated[int, BeforeValidator(as_whole)]


# A call's arguments are `params` in events, `parameters` where a tool is called, and `arguments`
# in consents: each is accepted in place of the others, so that clients can copy them.
_ARGUMENTS: Final = ("arguments", "parameters", "params")


def arguments_named(name: str) -> AliasChoices:
    """Return all accepted names of a field for arguments; ``name`` is the documented one."""
    return AliasChoices(name, *(other for other in _ARGUMENTS if other != name))


class RequestBody(NamesItsFields):
    """A request body, validated strictly: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(body: dict[str, Any]) -> ConfigDict:
    """Return the configuration of a body with an example for the OpenAPI document.

    Each body has one. Sent as it is, it succeeds on a new service, once its ids exist.
    """
    return ConfigDict(json_schema_extra={"examples": [body]})


class Enabling(RequestBody):
    """Switches something on or off."""

    model_config = example({"enabled": True})

    enabled: bool
