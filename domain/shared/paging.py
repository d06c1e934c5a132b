"""Pagination: one page of a long list, and the cursor of the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the opaque cursor of the next page (None at the end)."""

    items: Sequence[T]
    next_cursor: str | None = None
