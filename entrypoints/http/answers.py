"""The answer to a consent request, as a request body and a WebSocket frame both hold it."""

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field, model_validator

from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply
from entrypoints.http.fields import Id, arguments_named

REASON_LENGTH: Final = 2000


class ReplyFields(BaseModel):
    """An answer: `approved`, or `outcome`. Anything but `approved: true` is a no."""

    approved: bool = Field(default=False, strict=True, description="Whether the call may run.")
    arguments: dict[str, Any] | None = Field(
        None,
        validation_alias=arguments_named("arguments"),
        description="Arguments to run it with, in the place of those that were asked for.",
    )
    reason: str = Field("", max_length=REASON_LENGTH, description="Why; the agent is told of a no.")
    outcome: Literal["done", "not_done", "try_again"] | None = Field(
        None, description="Of a request of kind `outcome`: what became of the interrupted call."
    )
    values: dict[str, Any] | None = Field(
        None, description="Of a request of kind `input`: what fits its `schema`."
    )
    confirm: dict[str, Any] | None = Field(
        None,
        description="The arguments that the request names in `confirm`, typed again: equal to "
        "those of the call, the edited ones where there are such.",
    )

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        if not self.model_fields_set & {"approved", "outcome"}:
            raise ValueError("Send approved, or outcome where the outcome is asked for.")
        return self

    def reply(self) -> ConsentReply:
        """Return the reply for the use case."""
        outcome = ConsentStatus(self.outcome) if self.outcome else None
        return ConsentReply(
            self.approved, self.arguments, self.reason, outcome, self.values, self.confirm
        )


class HumanAnswer(ReplyFields):
    """An answer to the request that it names."""

    consent_request_id: Id
