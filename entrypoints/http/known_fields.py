"""A body with a field that is not known is told which ones there are."""

from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_UNKNOWN = "extra_forbidden"


class NamesItsFields(BaseModel):
    """A model whose errors name its fields where somebody sent another."""

    @model_validator(mode="wrap")
    @classmethod
    def _name_its_fields(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
            if not any(map(_is_here, found)):
                raise
            lines = [_line(item, ", ".join(cls.model_fields)) for item in found]
            raise ValidationError.from_exception_data(error.title, lines) from None


def _is_here(item: ErrorDetails) -> bool:
    """Tell whether it is this model, and none within it, that does not know the field."""
    return item["type"] == _UNKNOWN and len(item["loc"]) == 1


def _line(item: ErrorDetails, known: str) -> InitErrorDetails:
    message = f"There is no such field here, but: {known}." if _is_here(item) else item["msg"]
    kind = "unknown_field" if _is_here(item) else item["type"]
    error = PydanticCustomError(kind, message, item.get("ctx"))
    return InitErrorDetails(type=error, loc=item["loc"], input=item["input"])
