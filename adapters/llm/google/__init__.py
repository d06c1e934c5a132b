"""Google's Gemini models, through the Gemini Developer API."""

from typing import Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.google.model import GoogleChat

    return GoogleChat(**options.connection)


PROVIDER: Final = ProviderRecord(
    name="google",
    title="Google Gemini",
    default_model="gemini-2.5-flash",
    make=_make,
    api=HttpApi(
        sdk="google-genai",
        keys=("GEMINI_API_KEY", "GOOGLE_AI_API_KEY"),
        address="https://generativelanguage.googleapis.com",
        address_variable="GEMINI_BASE_URL",
        servers="another server that speaks the Gemini API, without the version",
    ),
)
