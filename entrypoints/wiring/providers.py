"""The providers of models, from the settings; each is made when it is first asked."""

from pathlib import Path
from typing import Final, TypedDict

from pydantic import SecretStr

from adapters.llm.anthropic.model import AnthropicChat
from adapters.llm.google.model import GoogleChat
from adapters.llm.openai.chat import OpenAIChat
from adapters.llm.openai.chat_request import PERPLEXITY
from adapters.llm.openai.responses import ResponsesChat
from adapters.llm.registry import Provider
from adapters.llm.scripted.model import ScriptedChat
from domain.models.ports import ChatModel
from entrypoints.settings.settings import Settings

OPENAI_DEFAULT: Final = "gpt-5-mini"
ANTHROPIC_DEFAULT: Final = "claude-sonnet-4-5"
GOOGLE_DEFAULT: Final = "gemini-2.5-flash"
PERPLEXITY_DEFAULT: Final = "sonar"


_SILENCE: Final = 60.0  # seconds
_TOTAL: Final = 600.0
_SILENCE_OF_ONES_OWN: Final = 600.0  # a server may load its model, and read a long prompt slowly
_TOTAL_OF_ONES_OWN: Final = 3600.0


class Times(TypedDict):
    """How long a provider may be silent, and its answer take, in seconds."""

    read_timeout: float
    total_timeout: float


def times_of(silence: float | None, total: float | None, base_url: str | None) -> Times:
    """Return the times that are set; where they are not, what fits whose server it is."""
    usual = (_SILENCE_OF_ONES_OWN, _TOTAL_OF_ONES_OWN) if base_url else (_SILENCE, _TOTAL)
    return {"read_timeout": silence or usual[0], "total_timeout": total or usual[1]}


def model_providers(settings: Settings) -> dict[str, Provider]:
    """Return the providers by name, in the order in which they are to be shown."""
    return {
        "offline": Provider(_offline, "offline-1"),
        "openai": _openai(settings),
        "anthropic": _anthropic(settings),
        "google": _google(settings),
        "perplexity": _perplexity(settings),
        "scripted": _scripted(settings),
    }


def _offline() -> ChatModel:
    from adapters.llm.offline import OfflineChat  # its grammar takes memory where it is not used

    return OfflineChat()


def _openai(settings: Settings) -> Provider:
    key, url = settings.openai_api_key, settings.openai_base_url
    speaks = settings.openai_api or ("chat" if url else "responses")
    times = times_of(settings.openai_silence, settings.openai_total, url)
    adapter = OpenAIChat if speaks == "chat" else ResponsesChat
    return Provider(
        factory=lambda: adapter(api_key=_open(key), base_url=url, **times),
        default_model=settings.openai_model or OPENAI_DEFAULT,
        missing=None if key or url else "OPENAI_API_KEY",
    )


def _anthropic(settings: Settings) -> Provider:
    key, url = settings.anthropic_api_key, settings.anthropic_base_url
    times = times_of(settings.anthropic_silence, settings.anthropic_total, url)
    return Provider(
        factory=lambda: AnthropicChat(api_key=_open(key), base_url=url, **times),
        default_model=ANTHROPIC_DEFAULT,
        missing=None if key else "ANTHROPIC_API_KEY",
    )


def _google(settings: Settings) -> Provider:
    key, url = settings.gemini_api_key, settings.gemini_base_url
    times = times_of(settings.google_silence, settings.google_total, url)
    return Provider(
        factory=lambda: GoogleChat(api_key=_open(key), base_url=url, **times),
        default_model=GOOGLE_DEFAULT,
        missing=None if key else "GEMINI_API_KEY",
    )


def _perplexity(settings: Settings) -> Provider:
    key, url = settings.perplexity_api_key, settings.perplexity_base_url
    times = times_of(settings.perplexity_silence, settings.perplexity_total, url)
    return Provider(
        factory=lambda: OpenAIChat(
            api_key=_open(key), base_url=url, provider="perplexity", dialect=PERPLEXITY, **times
        ),
        default_model=PERPLEXITY_DEFAULT,
        missing=None if key else "PERPLEXITY_API_KEY",
    )


def _scripted(settings: Settings) -> Provider:
    path = settings.cassette
    return Provider(
        factory=lambda: ScriptedChat(path or Path()),
        default_model="cassette",
        missing=None if path else "PUERTO_CASSETTE",
    )


def _open(key: SecretStr | None) -> str:
    return key.get_secret_value() if key is not None else ""
