"""Base model whose validation errors list the known fields, where a body has an unknown one."""

from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_UNKNOWN = "extra_forbidden"


class NamesItsFields(BaseModel):
    """A model whose error for an unknown field lists the known ones."""

    @model_validator(mode="wrap")
    @classmethod
    def _name_its_fields(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            items = error.errors(include_url=False)
            if not any(map(_is_own, items)):
                raise
            known = ", ".join(each.alias or name for name, each in cls.model_fields.items())
            lines = [_line(item, known) for item in items]
            raise ValidationError.from_exception_data(error.title, lines) from None


def _is_own(item: ErrorDetails) -> bool:
    """Return whether the unknown field is of this model, not of a nested one."""
    return item["type"] == _UNKNOWN and len(item["loc"]) == 1


def _line(item: ErrorDetails, known: str) -> InitErrorDetails:
    message = f"There is no such field here, but: {known}." if _is_own(item) else item["msg"]
    kind = "unknown_field" if _is_own(item) else item["type"]
    error = PydanticCustomError(kind, message, item.get("ctx"))
    return InitErrorDetails(type=error, loc=item["loc"], input=item["input"])
