"""The list of Puerto's own providers, in the order in which they are shown and chosen."""

from typing import Final

from adapters.llm import anthropic, google, offline, openai, perplexity, scripted
from adapters.llm.provider_record import ProviderRecord

PROVIDERS: Final[tuple[ProviderRecord, ...]] = (
    offline.PROVIDER,
    openai.PROVIDER,
    anthropic.PROVIDER,
    google.PROVIDER,
    perplexity.PROVIDER,
    scripted.PROVIDER,
)
