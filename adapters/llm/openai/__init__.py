"""OpenAI's two APIs, responses and chat completions, and every server that speaks the second."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel

if TYPE_CHECKING:
    from adapters.llm.schemas import Target


def _make(options: ProviderOptions) -> ChatModel:
    if options.dialect == "chat":
        from adapters.llm.openai.chat import OpenAIChat

        return OpenAIChat(**options.connection)
    from adapters.llm.openai.responses import ResponsesChat

    return ResponsesChat(**options.connection)


def _schema_rules() -> Sequence["Target"]:
    from adapters.llm.openai.schema_rules import OPENAI, OPENAI_STRICT

    return OPENAI, OPENAI_STRICT


PROVIDER: Final = ProviderRecord(
    name="openai",
    title="OpenAI",
    default_model="gpt-5-mini",
    make=_make,
    schema_rules=_schema_rules,
    api=HttpApi(
        sdk="openai",
        keys=("OPENAI_API_KEY",),
        key_is_optional=True,
        address="https://api.openai.com/v1",
        address_variable="OPENAI_BASE_URL",
        servers="another server that speaks the OpenAI API (vLLM, Ollama, LM Studio, llama.cpp), "
        "such as `http://localhost:11434/v1`",
        dialects=("responses", "chat"),
        dialect_variable="PUERTO_OPENAI_API",
        model_variable="OPENAI_MODEL",
    ),
)
