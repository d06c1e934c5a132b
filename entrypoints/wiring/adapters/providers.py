"""The providers of models, from the settings; each is made when it is first asked."""

from functools import partial

from adapters.llm.providers import PROVIDERS
from adapters.llm.registry import Provider
from entrypoints.settings.settings import Settings


def model_providers(settings: Settings) -> dict[str, Provider]:
    """Return the providers by name, in the order in which they are to be shown."""
    found = {}
    for record in PROVIDERS:
        options = settings.options_of(record)
        factory = partial(record.make, options)
        found[record.name] = Provider(factory, options.model, settings.missing_of(record))
    return found
