"""The record in which a provider's folder describes it.

Settings, the registry, ``puerto doctor`` and the documentation read these records and name no
provider. Every process imports them, so they import no SDK and no model; ``make`` does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

from domain.models.ports import ChatModel

if TYPE_CHECKING:
    from adapters.llm.schemas import Target

SILENCE_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 600.0


class ProviderConnection(TypedDict):
    """Where a provider's API is, the key to it, and how long to wait for it, in seconds.

    ``read_timeout`` bounds each silence of the server, ``total_timeout`` a whole answer.
    """

    api_key: str
    base_url: str
    read_timeout: NotRequired[float]
    total_timeout: NotRequired[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """One provider's settings, with the record's defaults for those that are not set.

    ``dialect`` is one of the API's dialects, ``file`` what the record's file variable names.
    """

    model: str
    connection: ProviderConnection = field(repr=False)
    dialect: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApi:
    """A provider's HTTP API, and the environment variables that configure it.

    ``sdk`` is the distribution that makes the requests. ``keys`` are the variables for the key, the
    preferred one first; with ``key_is_optional``, other servers can be used without a key.
    ``address`` is the default of ``address_variable``, and ``servers`` describes which others it
    may name. ``dialects`` are the choices of ``dialect_variable``: the first is the default for
    the provider itself, the last for other servers. ``model_variable`` sets the default model.
    """

    sdk: str
    keys: tuple[str, ...]
    address: str
    address_variable: str
    servers: str
    key_is_optional: bool = False
    dialects: tuple[str, ...] = ()
    dialect_variable: str = ""
    model_variable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRecord:
    """One provider: its names, its settings, and how to create its model.

    ``name`` identifies it in settings, requests and answers; ``title`` is for people. ``make``
    returns its model, which imports the SDK with its first request. ``schema_rules`` returns the
    rules for tools that are its own. A provider that is reached over HTTP has an ``api``; one that
    plays a file has a variable for the file, and a description of the file.
    """

    name: str
    title: str
    default_model: str
    make: Callable[[ProviderOptions], ChatModel]
    schema_rules: Callable[[], Sequence["Target"]] = tuple
    api: HttpApi | None = None
    file_variable: str = ""
    file_description: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The variables of which one must be set; none where the provider always works."""
        if self.api is None:
            return (self.file_variable,) if self.file_variable else ()
        address = (self.api.address_variable,) if self.api.key_is_optional else ()
        return (*self.api.keys, *address)
