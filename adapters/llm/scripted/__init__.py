"""Recorded answers: a model that plays a cassette, and the recording of one."""

from pathlib import Path
from typing import Final

from adapters.llm.provider_record import ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.scripted.model import ScriptedChat

    return ScriptedChat(options.file or Path())


PROVIDER: Final = ProviderRecord(
    name="scripted",
    title="Recorded answers",
    default_model="cassette",
    make=_make,
    file_variable="PUERTO_CASSETTE",
    file_description="File of recorded answers",
)
