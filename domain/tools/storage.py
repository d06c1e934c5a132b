"""The key-value storage of plugins: small values that outlive the process."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from domain.shared.json_text import is_larger
from domain.shared.json_values import require_json, storable

KEY_LENGTH: Final = 200
VALUE_SIZE: Final = 64_000  # characters of JSON
MOST_KEYS: Final = 1_000


class Storage(Protocol):
    """JSON values by name, which all workers share.

    A key has at most 200 characters, a value at most 64,000 characters of JSON, and there are at
    most 1,000 keys: what is larger belongs into a database of the plugin's own.
    """

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; ``default`` if there is none."""
        ...

    async def set(self, key: str, value: Any) -> None:
        """Store a JSON value, in the place of the one before.

        Raises:
            ValueError: the key or the value is too large, the value is not JSON, or there are too
                many keys.

        """
        ...

    async def delete(self, key: str) -> bool:
        """Delete a key; return whether there was one."""
        ...

    async def keys(self, prefix: str = "") -> Sequence[str]:
        """Return the keys that begin with a prefix, sorted."""
        ...


class StoredValues(Protocol):
    """The repository of plugins' values; ``owner`` is a user's id, or empty: the plugin's own."""

    async def get(self, plugin: str, owner: str, key: str) -> Any:
        """Return a value; None if there is none, as for a stored null."""
        ...

    async def put(self, plugin: str, owner: str, key: str, value: Any, *, most: int) -> bool:
        """Store a value; False: it is a new key, and there are ``most`` of this owner already."""
        ...

    async def remove(self, plugin: str, owner: str, key: str) -> bool:
        """Delete a value; return whether there was one."""
        ...

    async def keys(self, plugin: str, owner: str, prefix: str, limit: int) -> Sequence[str]:
        """Return the keys that begin with a prefix, sorted."""
        ...


class PluginStorage(Storage):
    """The storage of one plugin, or of one user in one plugin."""

    def __init__(self, stored: StoredValues, plugin: str, owner: str = "") -> None:
        self._stored = stored
        self._plugin = plugin
        self._owner = owner

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; ``default`` if there is none."""
        value = await self._stored.get(self._plugin, self._owner, _valid(key))
        return default if value is None else value

    async def set(self, key: str, value: Any) -> None:
        """Store a JSON value, in the place of the one before.

        Raises:
            ValueError: the key or the value is too large, the value is not JSON, or there are too
                many keys.

        """
        checked = require_json(value)
        if is_larger(checked, VALUE_SIZE):
            raise ValueError(f"the value of {key!r} is larger than {VALUE_SIZE:,} characters")
        name = _valid(key)
        if not await self._stored.put(self._plugin, self._owner, name, checked, most=MOST_KEYS):
            raise ValueError(f"there are {MOST_KEYS:,} keys already: delete some first")

    async def delete(self, key: str) -> bool:
        """Delete a key; return whether there was one."""
        return await self._stored.remove(self._plugin, self._owner, _valid(key))

    async def keys(self, prefix: str = "") -> Sequence[str]:
        """Return the keys that begin with a prefix, sorted."""
        return await self._stored.keys(self._plugin, self._owner, _valid(prefix), MOST_KEYS)


class MemoryValues(StoredValues):
    """Values in memory, for a plugin that is not in use by a service, as in tests."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Any] = {}

    @property
    def values(self) -> dict[tuple[str, str, str], Any]:
        """The values by plugin, owner and key."""
        return self._kept

    async def get(self, plugin: str, owner: str, key: str) -> Any:
        """Return a value, or None."""
        return self.values.get((plugin, owner, key))

    async def put(self, plugin: str, owner: str, key: str, value: Any, *, most: int) -> bool:
        """Store a value, if it is not one too many."""
        is_new = (plugin, owner, key) not in self.values
        if is_new and len(self._keys(plugin, owner)) >= most:
            return False
        self.values[plugin, owner, key] = value
        return True

    async def remove(self, plugin: str, owner: str, key: str) -> bool:
        """Delete a value, if there is one."""
        is_there = (plugin, owner, key) in self.values
        self.values.pop((plugin, owner, key), None)
        return is_there

    async def keys(self, plugin: str, owner: str, prefix: str, limit: int) -> Sequence[str]:
        """Return the keys that begin with a prefix, sorted."""
        found = (key for key in self._keys(plugin, owner) if key.startswith(prefix))
        return sorted(found)[:limit]

    def _keys(self, plugin: str, owner: str) -> Sequence[str]:
        return [key for *of, key in self.values if of == [plugin, owner]]


def _valid(key: str) -> str:
    given: Any = key  # by a plugin
    if not isinstance(given, str):
        raise ValueError(f"a key is text, not a {type(given).__name__}")  # noqa: TRY004  one error
    if len(given) > KEY_LENGTH:
        raise ValueError(f"a key has at most {KEY_LENGTH} characters")
    return storable(given)
