"""Settings of each model provider, generated from its record, and the values derived from them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, create_model
from pydantic_settings import BaseSettings

from adapters.llm.provider_record import (
    ANSWER_SECONDS,
    SILENCE_SECONDS,
    HttpApi,
    ProviderConnection,
    ProviderOptions,
    ProviderRecord,
)
from adapters.llm.providers import PROVIDERS
from entrypoints.settings.values import ApiKey, File, check_base_url, variables

# A server of one's own may load its model first, and read a long prompt slowly.
OWN_SERVER_SILENCE_SECONDS: Final = 600.0
OWN_SERVER_ANSWER_SECONDS: Final = 3600.0

BaseUrl = Annotated[str, AfterValidator(check_base_url)]
Seconds = Annotated[float, Field(ge=0.1, le=86_400)]
Fields = Mapping[str, tuple[Any, Any]]


def provider_fields(record: ProviderRecord) -> Fields:
    """Return the settings of a provider: type and pydantic field by name."""
    if record.api is not None:
        return _api_fields(record, record.api)
    if record.file_variable:
        words = f"{record.file_description} that the provider `{record.name}` plays."
        return {_name(record, "file"): _field(File, record.file_variable, words)}
    return {}


def _api_fields(record: ProviderRecord, api: HttpApi) -> Fields:
    own, variable = f"if `{api.address_variable}` is set", f"PUERTO_{record.name.upper()}"
    fields = {
        "key": _field(ApiKey, api.keys, f"Key of the {record.title} API."),
        "address": _field(BaseUrl, api.address_variable, f"Address of {api.servers}."),
    }
    if api.model_variable:
        words = f"Model to ask of the {record.title} API. Not set: `{record.default_model}`."
        fields["model"] = _field(str, api.model_variable, words)
    if api.dialects:
        words = (
            f"Which of {record.title}'s APIs to speak. Not set: `{api.dialects[-1]}` {own}, since "
            f"that is what other servers speak, else `{api.dialects[0]}`."
        )
        fields["dialect"] = _field(Literal[api.dialects], api.dialect_variable, words)
    fields["silence"] = _field(
        Seconds,
        f"{variable}_SILENCE_SECONDS",
        f"Seconds that the provider may be silent, before its answer and within. Not set: "
        f"{SILENCE_SECONDS:.0f}, or {OWN_SERVER_SILENCE_SECONDS:.0f} {own}, since a server of "
        "one's own may have to load the model first.",
    )
    fields["answer"] = _field(
        Seconds,
        f"{variable}_ANSWER_SECONDS",
        "Seconds that one answer of the provider may take in all. Not set: "
        f"{ANSWER_SECONDS:.0f}, or {OWN_SERVER_ANSWER_SECONDS:.0f} {own}.",
    )
    return {_name(record, role): field for role, field in fields.items()}


def _field(kind: Any, variable: str | tuple[str, ...], description: str) -> tuple[Any, Any]:
    alias = AliasChoices(*variable) if isinstance(variable, tuple) else variable
    return kind | None, Field(None, validation_alias=alias, description=description)


def _name(record: ProviderRecord, role: str) -> str:
    return f"{record.name}_{role}"


if TYPE_CHECKING:

    class _ProviderFields(BaseSettings):
        """The fields of all providers, which are read by their names."""

else:
    _ProviderFields = create_model(
        "_ProviderFields",
        __base__=BaseSettings,
        **{name: field for each in PROVIDERS for name, field in provider_fields(each).items()},
    )


class ProviderSettings(_ProviderFields):
    """Settings of all providers."""

    def options_of(self, record: ProviderRecord) -> ProviderOptions:
        """Return the options with which the provider's model is created."""
        dialects = record.api.dialects if record.api else ()
        usual = dialects[-1 if self._value(record, "address") else 0] if dialects else ""
        return ProviderOptions(
            model=self._value(record, "model") or record.default_model,
            connection=self._connection(record),
            dialect=self._value(record, "dialect") or usual,
            file=self._value(record, "file"),
        )

    def missing_of(self, record: ProviderRecord) -> str | None:
        """Return the variable that must be set to use the provider; None if none is missing."""
        present = self._value(record, "key") or self._value(record, "file")
        if record.api is not None and record.api.key_is_optional:
            present = present or self._value(record, "address")
        return None if present or not record.needs else record.needs[0]

    def unused_of(self, record: ProviderRecord) -> Iterator[str]:
        """Yield the provider's variables that are set in vain, since a needed one is missing."""
        if self.missing_of(record) is not None:
            for name, (_, field) in provider_fields(record).items():
                if getattr(self, name) is not None:
                    yield variables(field)[0]

    def address_of(self, provider: str) -> str | None:
        """Return the base URL of a provider; None if it has none, or comes from a plugin."""
        record = next((each for each in PROVIDERS if each.name == provider), None)
        return self._connection(record)["base_url"] or None if record else None

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield each set variable that names a file to replay, with the name of its provider."""
        for record in PROVIDERS:
            if self._value(record, "file") is not None:
                yield record.file_variable, record.name

    @property
    def usual_provider(self) -> str:
        """The default provider: the first usable one, those that replay a file first."""
        ready = [each for each in PROVIDERS if self.missing_of(each) is None]
        ready.sort(key=lambda each: (not each.file_variable, not each.needs))
        return ready[0].name

    def _connection(self, record: ProviderRecord) -> ProviderConnection:
        address, key = self._value(record, "address"), self._value(record, "key")
        silence = OWN_SERVER_SILENCE_SECONDS if address else SILENCE_SECONDS
        answer = OWN_SERVER_ANSWER_SECONDS if address else ANSWER_SECONDS
        return {
            "api_key": key.get_secret_value() if isinstance(key, SecretStr) else "",
            "base_url": address or (record.api.address if record.api else ""),
            "read_timeout": self._value(record, "silence") or silence,
            "total_timeout": self._value(record, "answer") or answer,
        }

    def _value(self, record: ProviderRecord, role: str) -> Any:
        return getattr(self, _name(record, role), None)
