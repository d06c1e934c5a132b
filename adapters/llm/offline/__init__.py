"""The built-in model: no key, no network, deterministic, and honest about what it is."""

from adapters.llm.offline.model import DEFAULT_MODEL, OfflineChat

__all__ = ["DEFAULT_MODEL", "OfflineChat"]
