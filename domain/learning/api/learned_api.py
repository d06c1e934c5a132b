"""The record of a learned API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.learning.api.settings import ApiSettings

PLUGIN: Final = "learned"
"""The name of the plugin that the tools of all learned APIs belong to."""


@dataclass(frozen=True, slots=True)
class LearnedApi:
    """A learned API; its versions are stored separately.

    ``source`` is the address of its document, empty if it was uploaded. ``revision`` is incremented
    by each change (optimistic lock). ``endpoints`` counts operations, ``tools`` the offered ones.
    ``digest`` is that of the version in use, ``waiting`` that of one that waits to be accepted, or
    empty. ``problem`` says why the last refresh failed.
    """

    id: str
    name: str
    source: str
    settings: ApiSettings
    user_id: str
    created_at: datetime
    learned_at: datetime
    updated_by: str
    title: str = ""
    digest: str = ""
    waiting: str = ""
    endpoints: int = 0
    tools: int = 0
    revision: int = 1
    problem: str = ""
