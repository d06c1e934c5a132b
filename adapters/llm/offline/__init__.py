"""The built-in model: no key and no network, and the same answer to the same request."""

from typing import Final

from adapters.llm.provider_record import ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(_options: ProviderOptions) -> ChatModel:
    from adapters.llm.offline.model import OfflineChat

    return OfflineChat()


PROVIDER: Final = ProviderRecord(
    name="offline", title="The built-in model", default_model="offline-1", make=_make
)
