"""Settings that are set and do nothing, and why: what `puerto doctor` and the start both tell."""

from collections.abc import Collection, Iterator
from typing import Final

from entrypoints.settings.settings import Settings, environment, near_misses, variables

# Keys, and the provider or plugin without which nobody reads them.
_READER: Final = {
    "openai_api_key": "openai",
    "anthropic_api_key": "anthropic",
    "gemini_api_key": "google",
    "perplexity_api_key": "perplexity",
    "serpapi_api_key": "serpapi",
    "pinecone_api_key": "pinecone",
}

# Settings of a provider, and those of which one must be set for it to be used at all.
_NEEDS: Final = {
    "openai_model": ("openai_api_key", "openai_base_url"),
    "openai_api": ("openai_api_key", "openai_base_url"),
    "openai_silence": ("openai_api_key", "openai_base_url"),
    "openai_total": ("openai_api_key", "openai_base_url"),
    "anthropic_base_url": ("anthropic_api_key",),
    "anthropic_silence": ("anthropic_api_key",),
    "anthropic_total": ("anthropic_api_key",),
    "gemini_base_url": ("gemini_api_key",),
    "google_silence": ("gemini_api_key",),
    "google_total": ("gemini_api_key",),
    "perplexity_base_url": ("perplexity_api_key",),
    "perplexity_silence": ("perplexity_api_key",),
    "perplexity_total": ("perplexity_api_key",),
}
_NOT_USED_YET: Final = ("rate_limit_per_minute",)


def unused_settings(settings: Settings, present: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that are set for nothing, each with why.

    ``present`` are the names of the providers and plugins that there are.
    """
    for field, reader in _READER.items():
        if getattr(settings, field) is not None and reader not in present:
            yield _variable(field), f"nothing here is called {reader}"
    for field, needed in _NEEDS.items():
        if _is_set(settings, field) and not any(getattr(settings, name) for name in needed):
            missing = " or ".join(_variable(name) for name in needed)
            yield _variable(field), f"{missing} is not set"
    for field in _NOT_USED_YET:
        if _is_set(settings, field):
            yield _variable(field), "this version does not use it yet"
    if settings.cassette is not None and settings.chosen_provider != "scripted":
        yield _variable("cassette"), f"{settings.chosen_provider} answers"
    for name in settings.plugins_blocked:
        if name not in present:
            yield _variable("plugins_blocked"), f"there is no plugin {name}"
    yield from near_misses(environment())


def _is_set(settings: Settings, field: str) -> bool:
    return field in settings.model_fields_set and getattr(settings, field) is not None


def _variable(field: str) -> str:
    return variables(Settings.model_fields[field])[0]
