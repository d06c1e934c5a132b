"""Settings of the model providers: keys, addresses, timeouts, and the provider to use."""

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from domain.models.messages import ModelChoice
from entrypoints.settings.providers import ProviderSettings
from entrypoints.settings.values import PROVIDER_NAMES, File, check_provider, read_choices

_NAMES: Final = ", ".join(f"`{name}`" for name in PROVIDER_NAMES)


class ModelSettings(ProviderSettings):
    """Settings of the model providers."""

    provider: Annotated[str, AfterValidator(check_provider)] | None = Field(
        None,
        validation_alias="PUERTO_PROVIDER",
        description="Who answers until it is changed over the API. Not set: the first that has "
        f"what it needs ([Providers](providers.md)). One of {_NAMES}.",
    )
    model: str | None = Field(
        None,
        validation_alias="PUERTO_MODEL",
        description="Model of that provider, until it is changed over the API. Not set: the "
        "provider's default.",
    )
    fallbacks: Annotated[tuple[ModelChoice, ...], BeforeValidator(read_choices)] = Field(
        (),
        validation_alias="PUERTO_FALLBACKS",
        description="Who answers where that provider cannot, until it is changed over the API: "
        "`provider` or `provider:model`, separated by commas, in the order in which to try them.",
    )
    prices: File | None = Field(
        None,
        validation_alias="PUERTO_PRICES",
        description="File of prices that replaces the one that comes with Puerto "
        "(`adapters/llm/prices.toml` is its example).",
    )

    @property
    def chosen_provider(self) -> str:
        """Return the name of the default provider, used until another is set over the API."""
        return self.provider or self.usual_provider
