"""Google's Gemini models, through the Gemini Developer API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel

if TYPE_CHECKING:
    from adapters.llm.schemas import Target


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.google.model import GoogleChat

    return GoogleChat(**options.connection)


def _schema_rules() -> Sequence["Target"]:
    from adapters.llm.google.schema_rules import GOOGLE

    return (GOOGLE,)


PROVIDER: Final = ProviderRecord(
    name="google",
    title="Google Gemini",
    default_model="gemini-2.5-flash",
    make=_make,
    schema_rules=_schema_rules,
    api=HttpApi(
        sdk="google-genai",
        keys=("GEMINI_API_KEY", "GOOGLE_AI_API_KEY"),
        address="https://generativelanguage.googleapis.com",
        address_variable="GEMINI_BASE_URL",
        servers="another server that speaks the Gemini API, without the version",
    ),
)
